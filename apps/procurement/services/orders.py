"""Purchase orders: drafted, approved by amount, placed, revised, closed or cancelled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.procurement import events, queries
from apps.procurement.lines import ORDER, by_number, check_lines, number, worth
from apps.procurement.models import Order, PriceList, Requisition, Supplier
from apps.procurement.services import funds
from apps.procurement.services.common import asked_amount, at_home, check_currency, locked
from apps.procurement.services.moving import mark_ordered, tell_planning, withdraw_questions
from apps.work import services as work
from apps.work.models import Policy, PolicyStep
from apps.work.services.approvals import policy_for

State = Order.State
EDITABLE = (State.DRAFT, State.REJECTED)
# Orders of one person to one supplier within this time are one purchase when the policy looks at the amount.
SPLIT_DAYS = 7


def draft_order(*, actor: Any, **values: Any) -> Order:
    values["lines"] = check_lines(values.get("lines") or [], ORDER, least=0)
    check_currency(values.get("currency") or "EUR")
    with transaction.atomic():
        order = Order(buyer=actor, **values)
        _check_supplier(order.supplier)
        order.code = order.code or f"PO{next_number('purchase_order')}"
        return write.create(order, actor=actor, fact=events.OrderDrafted)


def change_order(order: Order, *, actor: Any, version: int | None = None, **values: Any) -> Order:
    """A draft; a placed order is revised instead."""
    if order.state not in EDITABLE:
        raise Refused("It is no draft any more. Revise it instead.", code="wrong_state")
    if "lines" in values:
        values["lines"] = check_lines(values["lines"] or [], ORDER, least=0)
    if "currency" in values:
        check_currency(values["currency"])
    values["code"] = values.get("code") or order.code
    return write.change(order, values, actor=actor, fact=events.OrderChanged, version=version)


def _check_supplier(supplier: Supplier) -> None:
    if supplier.state == Supplier.State.BLOCKED:
        raise Refused(f"{supplier} is blocked. Take another supplier.", code="blocked", field="supplier")


def submit_order(order: Order, *, override: str = "", actor: Any) -> Order:
    """Ask for approval by the amount; orders that look like parts of one purchase count together."""
    with transaction.atomic():
        found = locked(order, *EDITABLE)
        _check_ready(found)
        funds.check(found, override=override, actor=actor)
        return _ask(found, override=override, actor=actor)


def _check_ready(order: Order) -> None:
    if not order.lines:
        raise Refused("Enter at least one line first.", code="no_lines", field="lines")
    _check_supplier(order.supplier)
    wish = order.requisition
    if wish is not None and wish.state not in {Requisition.State.APPROVED, Requisition.State.ORDERED}:
        raise Refused(
            f"{wish.code} is {wish.get_state_display().lower()}. It is approved before it is ordered.",
            code="not_approved",
            field="requisition",
        )
    _home(order)
    _check_contract(order)


def _check_contract(order: Order) -> None:
    """A call-off stays within the limit of the contract that holds."""
    today = order.ordered_on or timezone.localdate()
    contracts = PriceList.objects.filter(
        supplier=order.supplier, currency=order.currency, value_limit__isnull=False, archived_at__isnull=True
    )
    for contract in contracts:
        if not contract.holds_on(today) or contract.value_limit is None:
            continue
        rest = contract.value_limit - queries.called_off(order.supplier, contract) + worth(order.approved_lines)
        if order.total > rest:
            raise Refused(
                f"{contract.code} allows {contract.value_limit} {contract.currency}; {max(rest, Decimal(0))} is left.",
                code="contract_limit",
                field="lines",
            )


def _ask(order: Order, *, actor: Any, override: str = "") -> Order:
    others = _parts_of_one_purchase(order, actor)
    amount = _home(order) + sum((_home(one) for one in others), Decimal(0))
    reason = f"Counted together with {', '.join(one.code for one in others)} of these days" if others else ""
    values: dict[str, Any] = {"split_with": [one.code for one in others], "override": override[:300]}
    if override.strip():
        values["override_by"] = actor
    moved = _move(order, State.WAITING, actor=actor, **values)
    asked, currency = asked_amount(order.subject(), order.department, amount, timezone.localdate())
    work.request_approval(
        title=f"Order {order.code} to {order.supplier}"[:160],
        department=order.department,
        about=order.subject(),
        amount=asked,
        currency=currency,
        source="procurement",
        reason=reason,
        written_by=order.buyer,
        actor=actor,
    )
    return moved


def _home(order: Order) -> Decimal:
    """The order's worth in the site's currency."""
    return at_home(order.department, order.total, order.currency, order.ordered_on or timezone.localdate())


def _parts_of_one_purchase(order: Order, actor: Any) -> list[Order]:
    """Orders of the same person to the same supplier in these days, where all together need more approval than each."""
    with scope.system("the policy may stand above the buyer's reach"):
        policy = policy_for(order.subject(), order.department)
        since = timezone.now() - timedelta(days=SPLIT_DAYS)
        others = list(
            Order.objects.filter(
                supplier=order.supplier,
                department=order.department,
                buyer=order.buyer,
                created_at__gte=since,
                state__in=[State.WAITING, State.PLACED],
            ).exclude(pk=order.pk)
        )
        if policy is None or not others:
            return []
        together = _home(order) + sum((_home(one) for one in others), Decimal(0))
        both = [
            asked_amount(order.subject(), order.department, one, timezone.localdate())[0]
            for one in (together, _home(order))
        ]
        return others if _band(policy, both[0]) != _band(policy, both[1]) else []


def _band(policy: Policy, amount: Decimal) -> set[int]:
    return {
        one.pk
        for one in PolicyStep.objects.filter(policy=policy, archived_at__isnull=True)
        if (one.from_amount is None or amount >= one.from_amount)
        and (one.below_amount is None or amount < one.below_amount)
    }


def _move(order: Order, state: str, *, actor: Any, reason: str = "", **values: Any) -> Order:
    return write.change(
        order,
        {"state": state, "note": reason[:300], **values},
        actor=actor,
        fact=events.OrderMoved,
        state=str(state),
        reason=reason,
        people=(order.buyer_id,) if order.buyer_id else (),
    )


def decide_order(order: Order, *, approved: bool, reason: str, actor: Any) -> Order:
    """What the approval engine answered; a refused revision goes back to what was approved before."""
    with transaction.atomic():
        found = locked(order, State.WAITING)
        if approved:
            try:
                with transaction.atomic():
                    return place(found, actor=actor)
            except Refused as error:
                # The budget may have gone meanwhile: somebody else's order took the last of it.
                reason, found = error.message, locked(order, State.WAITING)
        if found.approved_lines:
            back = {"lines": found.approved_lines, "revision": found.revision - 1}
            return _move(found, State.PLACED, actor=actor, reason=f"Revision refused: {reason}", **back)
        moved = _move(found, State.REJECTED, actor=actor, reason=reason)
        if moved.requisition:
            mark_ordered(moved.requisition, actor=actor)
        return moved


def place(order: Order, *, actor: Any) -> Order:
    """The approved order binds its money and goes out."""
    total = order.total
    placed = write.change(
        order,
        {
            "state": State.PLACED,
            "ordered_on": order.ordered_on or timezone.localdate(),
            "approved_lines": order.lines,
            "rate": round(_home(order) / total, 8) if total else None,
            "note": "",
        },
        actor=actor,
        fact=events.OrderPlaced,
        supplier_id=order.supplier_id,
        amount=str(order.total),
        currency=order.currency,
        revision=order.revision,
        people=(order.buyer_id,) if order.buyer_id else (),
    )
    funds.encumber(placed, actor=actor)
    if placed.requisition:
        mark_ordered(placed.requisition, actor=actor)
    return placed


def revise_order(order: Order, *, lines: Any, reason: str, actor: Any) -> Order:
    """A change after approval is a new revision; one that costs more waits for approval again."""
    checked = check_lines(lines or [], ORDER)
    with transaction.atomic():
        found = locked(order, State.PLACED)
        if checked == found.lines:
            raise Refused("Nothing is changed.", code="no_change", field="lines")
        _check_flows(found, by_number(checked))
        before = found.total
        grows = worth(checked) > worth(found.approved_lines)
        revised = write.change(
            found,
            {"lines": checked, "revision": found.revision + 1, "note": reason[:300]},
            actor=actor,
            fact=events.OrderRevised,
            revision=found.revision + 1,
            before=str(before),
            after=str(worth(checked)),
        )
        if grows:
            _check_ready(revised)
            funds.check(revised, override="", actor=actor)
            return _ask(revised, actor=actor)
        settled = write.change(revised, {"approved_lines": checked}, actor=actor, fact=events.OrderChanged)
        funds.encumber(settled, actor=actor)
        tell_planning(settled.requisition, actor=actor)
        return settled


def _check_flows(order: Order, lines: dict[int, dict[str, Any]]) -> None:
    """No line shrinks below what came in or was invoiced, and no price changes under an invoice."""
    before = by_number(order.lines)
    for place_, done in queries.progress(order).items():
        least = max(done.accepted, done.invoiced)
        if place_ not in lines and (done.received or done.invoiced):
            raise Refused(f"Line {place_} has deliveries. Keep it.", code="delivered", field="lines")
        if place_ in lines and number(lines[place_], "quantity") < least:
            raise Refused(f"Line {place_}: {least.normalize():f} came in already.", code="delivered", field="lines")
        if place_ in lines and done.invoiced and lines[place_]["price"] != before[place_]["price"]:
            raise Refused(f"Line {place_} is invoiced. Its price stays.", code="invoiced", field="lines")


def close_order(order: Order, *, reason: str = "", actor: Any) -> Order:
    """Nothing more is expected; what came in and is not invoiced yet stays bound."""
    with transaction.atomic():
        found = locked(order, State.PLACED)
        if not reason.strip() and any(queries.outstanding(found).values()):
            raise Refused("Not everything came in. Say why nothing more is expected.", code="no_reason", field="reason")
        closed = _move(found, State.CLOSED, actor=actor, reason=reason)
        funds.encumber(closed, actor=actor)
        tell_planning(closed.requisition, actor=actor)
        return closed


def cancel_order(order: Order, *, reason: str, actor: Any) -> Order:
    """Before anything came in."""
    with transaction.atomic():
        found = locked(order, State.DRAFT, State.WAITING, State.PLACED, State.REJECTED)
        if any(one.accepted or one.invoiced for one in queries.progress(found).values()):
            raise Refused("Goods or invoices came in. Close the order instead.", code="delivered")
        withdraw_questions(found)
        funds.release(found, actor=actor)
        placed = bool(found.approved_lines)
        moved = _move(found, State.CANCELLED, actor=actor, reason=reason)
        if moved.requisition:
            mark_ordered(moved.requisition, actor=actor)
            if placed:
                funds.set_aside_again(moved, actor=actor)
        return moved


def archive_order(order: Order, *, actor: Any) -> Order:
    if order.state in {State.WAITING, State.PLACED}:
        raise Refused("It is open. Close or cancel it first.", code="open")
    return write.archive(order, actor=actor, fact=events.OrderChanged)


def restore_order(order: Order, *, actor: Any) -> Order:
    return write.restore(order, actor=actor, fact=events.OrderChanged)
