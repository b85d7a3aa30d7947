"""Requisitions: written by those who need something, approved, then ordered in one or more parts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.procurement import events, queries
from apps.procurement.lines import REQUISITION, Line, check_lines, number, plain_number
from apps.procurement.models import Order, Requisition, Supplier
from apps.procurement.services import funds
from apps.procurement.services.common import asked_amount, at_home, check_currency, locked
from apps.procurement.services.moving import mark_ordered, move, withdraw_questions
from apps.procurement.services.orders import draft_order
from apps.work import services as work

State = Requisition.State
EDITABLE = (State.DRAFT, State.REJECTED)


def write_requisition(*, actor: Any, **values: Any) -> Requisition:
    check_currency(values.get("currency") or "EUR")
    values["lines"] = check_lines(values.get("lines") or [], REQUISITION, least=0)
    with transaction.atomic():
        requisition = Requisition(requested_by=actor, **values)
        requisition.code = requisition.code or f"R{next_number('requisition')}"
        return write.create(requisition, actor=actor, fact=events.RequisitionWritten)


def change_requisition(
    requisition: Requisition, *, actor: Any, version: int | None = None, **values: Any
) -> Requisition:
    """While nobody has been asked, or after a refusal."""
    if requisition.state not in EDITABLE:
        raise Refused("It is on its way. Cancel it and write another one.", code="wrong_state")
    if "lines" in values:
        values["lines"] = check_lines(values["lines"] or [], REQUISITION, least=0)
    if "currency" in values:
        check_currency(values["currency"])
    values["code"] = values.get("code") or requisition.code
    return write.change(requisition, values, actor=actor, fact=events.RequisitionChanged, version=version)


def submit_requisition(requisition: Requisition, *, override: str = "", actor: Any) -> Requisition:
    """Ask for approval by the amount; the person who asks never answers."""
    with transaction.atomic():
        found = locked(requisition, *EDITABLE)
        if not found.lines:
            raise Refused("Enter at least one line first.", code="no_lines", field="lines")
        moved = move(found, State.WAITING, actor=actor)
        funds.reserve(moved, override=override, actor=actor)
        home = at_home(moved.department, moved.total, moved.currency, timezone.localdate())
        asked, currency = asked_amount(moved.subject(), moved.department, home, timezone.localdate())
        work.request_approval(
            title=f"Requisition {moved.code}: {moved.title}"[:160],
            department=moved.department,
            about=moved.subject(),
            amount=asked,
            currency=currency,
            source="procurement",
            reason=moved.reason,
            written_by=moved.requested_by,
            actor=actor,
        )
        return moved


def decide_requisition(requisition: Requisition, *, approved: bool, reason: str, actor: Any) -> Requisition:
    """What the approval engine answered."""
    with transaction.atomic():
        found = locked(requisition, State.WAITING)
        if not approved:
            funds.release(found, actor=actor)
        return move(found, State.APPROVED if approved else State.REJECTED, actor=actor, reason=reason)


def order_requisition(
    requisition: Requisition, *, supplier: Supplier, lines: Iterable[Any] = (), actor: Any
) -> Requisition:
    """Draft an order of what is not ordered yet, or of these lines only; prices come from what was agreed."""
    with transaction.atomic():
        found = locked(requisition, State.APPROVED)
        wanted = {int(one) for one in lines}
        done = queries.ordered_of(found)
        taken = [
            _order_line(found, one, rest, supplier)
            for one in found.lines
            if (not wanted or int(one["line"]) in wanted)
            and (rest := number(one, "quantity") - done.get(int(one["line"]), Decimal(0))) > 0
        ]
        if not taken:
            raise Refused("Everything of it is ordered already.", code="ordered", field="lines")
        draft_order(
            supplier=supplier,
            department=found.department,
            requisition=found,
            category=found.category,
            project=found.project,
            currency=found.currency,
            lines=taken,
            actor=actor,
        )
        return mark_ordered(found, actor=actor)


def _order_line(requisition: Requisition, line: Line, quantity: Decimal, supplier: Supplier) -> Line:
    agreed = None
    if line.get("part"):
        day = timezone.localdate(requisition.created_at)
        agreed = queries.agreed_price(supplier, line["part"], quantity, on=day, currency=requisition.currency)
    price = agreed if agreed is not None else number(line, "price")
    kept = {name: line[name] for name in ("part", "text", "unit", "due_on") if line.get(name)}
    if "due_on" not in kept and requisition.needed_on:
        kept["due_on"] = requisition.needed_on.isoformat()
    return kept | {
        "quantity": plain_number(quantity),
        "price": plain_number(price),
        "source": f"{requisition.code}/{line['line']}",
    }


def cancel_requisition(requisition: Requisition, *, reason: str, actor: Any) -> Requisition:
    with transaction.atomic():
        found = locked(requisition, State.DRAFT, State.WAITING, State.APPROVED, State.REJECTED)
        live = Order.objects.filter(requisition=found).exclude(state__in=[Order.State.CANCELLED, Order.State.REJECTED])
        if live.exists():
            raise Refused("Something of it is ordered. Cancel the order first.", code="ordered")
        withdraw_questions(found)
        funds.release(found, actor=actor)
        return move(found, State.CANCELLED, actor=actor, reason=reason)


def archive_requisition(requisition: Requisition, *, actor: Any) -> Requisition:
    if requisition.state in {State.WAITING, State.APPROVED}:
        raise Refused("It is open. Cancel it first.", code="open")
    return write.archive(requisition, actor=actor, fact=events.RequisitionChanged)


def restore_requisition(requisition: Requisition, *, actor: Any) -> Requisition:
    return write.restore(requisition, actor=actor, fact=events.RequisitionChanged)
