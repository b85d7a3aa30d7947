"""Supplier invoices: entered once, matched three ways, paid only when they match or somebody else releases them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.procurement import events, queries
from apps.procurement.lines import INVOICE, by_number, check_lines, number, worth
from apps.procurement.match import (
    Claim,
    LineState,
    Outcome,
    Tolerance,
    Verdict,
    match_credits,
    match_invoice,
    match_price_credits,
)
from apps.procurement.models import Flow, Invoice, Order
from apps.procurement.services import funds, pricing
from apps.procurement.services.common import check_currency, locked

State = Invoice.State
CENT = Decimal("0.01")
TOLD = ("supplier", "kind", "order", "currency", "amount", "lines")  # what an invoice asks to be paid, and for what
# Nobody may release these: something else has to be put right first.
HARD = {Outcome.NO_ORDER, Outcome.OVER, Outcome.MISSING, Outcome.NOT_RETURNED}


def enter_invoice(*, actor: Any, **values: Any) -> Invoice:
    """Match at once; what does not match waits in the exception queue and is never paid by itself."""
    with transaction.atomic():
        invoice = Invoice(entered_by=actor, **_checked(values))
        invoice.number_key = _key(invoice.number)
        if not invoice.due_on:
            invoice.due_on = invoice.invoiced_on + timedelta(days=invoice.supplier.payment_days)
        invoice.code = invoice.code or f"SI{next_number('supplier_invoice')}"
        _judge(invoice)
        return _book(
            write.create(
                invoice, actor=actor, fact=events.InvoiceEntered, state=str(invoice.state), reason=invoice.reason
            ),
            actor,
        )


def change_invoice(invoice: Invoice, *, actor: Any, version: int | None = None, **values: Any) -> Invoice:
    """Correct a blocked invoice; it is matched again."""
    if invoice.state != State.BLOCKED:
        raise Refused("Only a blocked invoice is corrected.", code="wrong_state")
    values = _checked(values)
    values["code"] = values.get("code") or invoice.code
    if values.get("number", invoice.number) != invoice.number:
        values["number_key"] = _key(values["number"])
    with transaction.atomic():
        found = locked(invoice, State.BLOCKED)  # two corrections at once would both book it
        if getattr(actor, "pk", None) and any(one in values and values[one] != getattr(found, one) for one in TOLD):
            values["entered_by"] = actor  # whoever changes what is to be paid does not release it
        trial = _copy(found)
        for name, value in values.items():
            setattr(trial, name, value)
        _judge(trial)
        values |= {name: getattr(trial, name) for name in ("state", "reason", "verdicts")}
        changed = write.change(found, values, actor=actor, fact=events.InvoiceChanged, version=version)
        return _book(changed, actor) if changed.state == State.MATCHED else changed


def _copy(invoice: Invoice) -> Invoice:
    return Invoice(**{one.attname: getattr(invoice, one.attname) for one in Invoice._meta.concrete_fields})


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    if "currency" in values:
        check_currency(values["currency"])
    if values.get("invoiced_on") and values["invoiced_on"] > timezone.localdate():
        raise Refused("An invoice is dated today or earlier. Check the day.", code="future", field="invoiced_on")
    if "lines" in values:
        order = values.get("order")
        given = [dict(one) for one in values["lines"] or []]
        if order is not None:
            given = [{"order": order.code} | {k: v for k, v in one.items() if v not in (None, "")} for one in given]
        values["lines"] = check_lines(given, INVOICE, least=0)
    return values


def _key(text: str) -> str:
    """The number without the ways of writing it: "RE-0012/26" and "re 0012 26" are one invoice."""
    return "".join(one for one in text.casefold() if one.isalnum())[:60] or text[:60]


def _orders(invoice: Invoice) -> dict[str, Order]:
    """The orders its lines name, held so that two invoices never take the same goods."""
    codes = {one["order"] for one in invoice.lines if one.get("order")}
    if invoice.order_id and invoice.order:
        codes.add(invoice.order.code)
    found = (
        Order.objects.select_for_update(of=("self",)).filter(code__in=codes, supplier=invoice.supplier).order_by("pk")
    )
    return {one.code: one for one in found}


def _judge(invoice: Invoice) -> None:
    """Set state, reason and verdicts from the match."""
    orders = _orders(invoice)
    problem = _whole(invoice, orders)
    verdicts = _verdicts(invoice, orders)
    invoice.verdicts = [_plain(one) for one in verdicts]
    wrong = [one for one in verdicts if one.outcome != Outcome.MATCHED]
    if not problem and wrong:
        problem = f"Line {wrong[0].claim.key[1]}: {wrong[0].outcome}, {wrong[0].reason}"
    invoice.reason = problem[:300]
    invoice.state = State.BLOCKED if problem else State.MATCHED
    if problem and invoice.blocked_at is None:
        invoice.blocked_at = timezone.now()


def _whole(invoice: Invoice, orders: dict[str, Order]) -> str:
    """What is wrong with the invoice as a whole, or nothing."""
    if not orders:
        return "No order: name the order it belongs to"
    if not invoice.lines:
        return "No lines: enter what is invoiced on each order line"
    foreign = next((one for one in orders.values() if one.currency != invoice.currency), None)
    if foreign is not None:
        return f"In {invoice.currency}, but {foreign.code} is in {foreign.currency}"
    closed = next((one for one in orders.values() if one.state not in {Order.State.PLACED, Order.State.CLOSED}), None)
    if closed is not None:
        return f"{closed.code} is {closed.get_state_display().lower()}"
    if abs(invoice.amount - worth(invoice.lines)) > CENT:
        return f"Its lines add up to {worth(invoice.lines).normalize():f}, not {invoice.amount.normalize():f}"
    return ""


def _verdicts(invoice: Invoice, orders: dict[str, Order]) -> list[Verdict]:
    done = queries.progress_of(orders.values())
    states = {}
    for order in orders.values():
        for place, line in by_number(order.lines).items():
            one = done.get((order.pk, place), queries.Progress())
            states[order.code, place] = LineState(
                number(line, "quantity"), number(line, "price"), one.accepted, one.invoiced, one.paid
            )
    claims = [
        Claim((one.get("order", ""), int(one["line"])), number(one, "quantity"), number(one, "price"))
        for one in invoice.lines
    ]
    tolerance = Tolerance(invoice.supplier.price_percent, invoice.supplier.price_amount)
    if invoice.kind == Invoice.Kind.CREDIT:
        return match_credits(claims, states, price=tolerance)
    if invoice.kind == Invoice.Kind.PRICE:
        return match_price_credits(claims, states)
    return match_invoice(claims, states, price=tolerance, over_percent=invoice.supplier.over_percent)


def _plain(one: Verdict) -> dict[str, Any]:
    return {
        "order": one.claim.key[0],
        "line": one.claim.key[1],
        "outcome": str(one.outcome),
        "price_variance": str(one.price_variance),
        "quantity_variance": str(one.quantity_variance),
        "reason": one.reason,
    }


def _book(invoice: Invoice, actor: Any) -> Invoice:
    """A payable invoice uses up the goods it pays for."""
    if invoice.state in {State.MATCHED, State.RELEASED}:
        orders = _orders(invoice)
        flows = list(_flows(invoice, orders))
        pricing.revalue(invoice, orders, actor=actor)
        if invoice.is_credit:
            Flow.objects.bulk_create(flows)
            funds.give_back(invoice, orders, actor=actor)
        else:
            funds.spend(invoice, orders, actor=actor)
            Flow.objects.bulk_create(flows)
    return invoice


def _flows(invoice: Invoice, orders: dict[str, Order]) -> Iterable[Flow]:
    """A credit for price alone turns the quantity back at the difference and takes it anew for nothing: only money moves."""
    signs = {Invoice.Kind.INVOICE: (1,), Invoice.Kind.CREDIT: (-1,), Invoice.Kind.PRICE: (-1, 1)}[
        Invoice.Kind(invoice.kind)
    ]
    for line in invoice.lines:
        order = orders[line["order"]]
        for sign in signs:
            free = invoice.kind == Invoice.Kind.PRICE and sign == 1
            yield Flow(
                order=order,
                line=int(line["line"]),
                department=order.department,
                kind=Flow.Kind.INVOICED,
                quantity=sign * number(line, "quantity"),
                price=Decimal(0) if free else number(line, "price"),
                day=invoice.invoiced_on,
                document=invoice.subject(),
            )


def match_again(invoice: Invoice, *, actor: Any) -> Invoice:
    """After goods came in or the order was revised."""
    with transaction.atomic():
        found = locked(invoice, State.BLOCKED)
        trial = _copy(found)
        _judge(trial)
        values = {name: getattr(trial, name) for name in ("state", "reason", "verdicts")}
        if trial.state == State.BLOCKED:
            return write.change(found, values, actor=actor, fact=events.InvoiceChanged)
        return _book(
            write.change(found, values, actor=actor, fact=events.InvoiceCleared, state=str(State.MATCHED)), actor
        )


def release_invoice(invoice: Invoice, *, reason: str, actor: Any) -> Invoice:
    """Somebody other than who entered it takes the difference; without an order or beyond it, nobody can."""
    with transaction.atomic():
        found = locked(invoice, State.BLOCKED)
        if found.entered_by_id and found.entered_by_id == getattr(actor, "pk", None):
            raise Refused("Somebody else releases an invoice you entered.", code="own_invoice")
        trial = _copy(found)
        _judge(trial)
        problem = _whole(trial, _orders(trial))
        hard = [one for one in trial.verdicts if one["outcome"] in HARD]
        if problem or hard:
            raise Refused(
                f"This cannot be released: {problem or hard[0]['outcome'] + ', ' + hard[0]['reason']}. "
                "Correct it, or send it back.",
                code="not_releasable",
            )
        values = {"state": State.RELEASED, "reason": reason[:300], "verdicts": trial.verdicts}
        return _book(
            write.change(
                found, values, actor=actor, fact=events.InvoiceCleared, state=str(State.RELEASED), reason=reason
            ),
            actor,
        )


def reject_invoice(invoice: Invoice, *, reason: str, actor: Any) -> Invoice:
    """Send it back; the number may be used again by a corrected one."""
    with transaction.atomic():
        found = locked(invoice, State.BLOCKED)
        values = {"state": State.REJECTED, "reason": reason[:300]}
        return write.change(found, values, actor=actor, fact=events.InvoiceRejected, reason=reason)


def archive_invoice(invoice: Invoice, *, actor: Any) -> Invoice:
    if invoice.state != State.REJECTED:
        raise Refused("An invoice stays as long as it counts. Send it back first.", code="counts")
    return write.archive(invoice, actor=actor, fact=events.InvoiceChanged)


def restore_invoice(invoice: Invoice, *, actor: Any) -> Invoice:
    return write.restore(invoice, actor=actor, fact=events.InvoiceChanged)
