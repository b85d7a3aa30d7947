"""Requests for quotation: sent to suppliers, answered, compared and awarded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.procurement import events
from apps.procurement.lines import OFFER, RFQ, Line, by_number, check_lines, number, plain_number
from apps.procurement.models import Quotation, Requisition, Rfq, Supplier
from apps.procurement.services.common import check_currency, locked
from apps.procurement.services.orders import draft_order

State = Rfq.State


def write_rfq(*, actor: Any, **values: Any) -> Rfq:
    """Lines come from the requisition where none are typed."""
    requisition: Requisition | None = values.get("requisition")
    check_currency(values.get("currency") or "EUR")
    lines = values.get("lines") or []
    if requisition is not None and not lines:
        names = ("part", "text", "quantity", "unit", "due_on")
        lines = [
            {name: one[name] for name in names if name in one} | {"source": f"{requisition.code}/{one['line']}"}
            for one in requisition.lines
        ]
    values["lines"] = check_lines(lines, RFQ, least=0)
    with transaction.atomic():
        rfq = Rfq(buyer=actor, **values)
        rfq.code = rfq.code or f"Q{next_number('rfq')}"
        return write.create(rfq, actor=actor, fact=events.RfqWritten)


def change_rfq(rfq: Rfq, *, actor: Any, version: int | None = None, **values: Any) -> Rfq:
    if rfq.state != State.DRAFT:
        raise Refused("Suppliers were asked already. Cancel it and write another one.", code="wrong_state")
    if "lines" in values:
        values["lines"] = check_lines(values["lines"] or [], RFQ, least=0)
    if "currency" in values:
        check_currency(values["currency"])
    values["code"] = values.get("code") or rfq.code
    return write.change(rfq, values, actor=actor, fact=events.RfqChanged, version=version)


def send_rfq(rfq: Rfq, *, suppliers: Iterable[Supplier] = (), actor: Any, now: datetime | None = None) -> Rfq:
    """Ask these suppliers; more may be asked later. The clock of their answer starts."""
    moment = now or timezone.now()
    with transaction.atomic():
        found = locked(rfq, State.DRAFT, State.SENT)
        if not found.lines:
            raise Refused("Enter at least one line first.", code="no_lines", field="lines")
        asked = list(suppliers)
        if not asked:
            raise Refused("Choose at least one supplier.", code="nobody", field="suppliers")
        blocked = next((one for one in asked if one.state == Supplier.State.BLOCKED), None)
        if blocked:
            raise Refused(f"{blocked} is blocked. Take another supplier.", code="blocked", field="suppliers")
        rows = [Quotation(rfq=found, supplier=one, department=found.department, asked_at=moment) for one in asked]
        Quotation.objects.bulk_create(rows, ignore_conflicts=True)
        return write.change(
            found, {"state": State.SENT, "sent_at": found.sent_at or moment}, actor=actor, fact=events.RfqChanged
        )


def record_quotation(
    rfq: Rfq,
    *,
    supplier: Supplier,
    lines: Any = (),
    lead_days: int | None = None,
    valid_until: date | None = None,
    note: str = "",
    actor: Any,
    now: datetime | None = None,
) -> Rfq:
    """A supplier's prices per line; no line means that it declined."""
    moment = now or timezone.now()
    offered = check_lines(list(lines or ()), OFFER, least=0)
    with transaction.atomic():
        found = locked(rfq, State.SENT)
        _check_known(found, offered)
        quotation = Quotation.objects.filter(rfq=found, supplier=supplier).first()
        if quotation is None:
            raise Refused(
                f"{supplier} was not asked. Send the request to it first.", code="not_asked", field="supplier"
            )
        quotation.lines, quotation.lead_days, quotation.valid_until = offered, lead_days, valid_until
        quotation.note, quotation.answered_at = note, max(moment, quotation.asked_at)
        quotation.state = Quotation.State.OFFERED if offered else Quotation.State.DECLINED
        quotation.save()
        quotation.rfq, total = found, quotation.total()
        emit(
            events.QuotationRecorded(
                subject=found.subject(),
                departments=found.departments_concerned(),
                title=str(found),
                changes={"quotation": [None, str(supplier)]},
                supplier_id=supplier.pk,
                state=str(quotation.state),
                total="" if total is None else str(total),
            ),
            actor=actor,
        )
        return found


def _check_known(found: Rfq, offered: list[Line]) -> None:
    unknown = sorted({int(one["line"]) for one in offered} - set(by_number(found.lines)))
    if unknown:
        raise Refused(f"The request has no line {unknown[0]}.", code="unknown_line", field="lines")


def award_rfq(rfq: Rfq, *, supplier: Supplier, reason: str = "", actor: Any, today: date | None = None) -> Rfq:
    """Draft the order at the prices offered; another than the cheapest needs a reason."""
    day = today or timezone.localdate()
    with transaction.atomic():
        found = locked(rfq, State.SENT)
        offers = list(found.quotations.filter(state=Quotation.State.OFFERED).select_related("supplier", "rfq"))
        chosen = next((one for one in offers if one.supplier_id == supplier.pk), None)
        if chosen is None:
            raise Refused(f"{supplier} has not offered.", code="no_offer", field="supplier")
        if chosen.valid_until and chosen.valid_until < day:
            raise Refused("The offer is past its date. Ask for a new one.", code="expired", field="supplier")
        totals = {one.pk: total for one in offers if (total := one.total()) is not None}
        cheapest = min(totals.values(), default=None)
        if not reason.strip() and cheapest is not None and totals.get(chosen.pk) != cheapest:
            raise Refused("Another offer is cheaper. Say why this one is taken.", code="no_reason", field="reason")
        offered = by_number(chosen.lines)
        lines = [
            {name: one[name] for name in ("part", "text", "unit", "due_on") if name in one}
            | {
                "quantity": _offered_quantity(one, offered[int(one["line"])]),
                "price": offered[int(one["line"])]["price"],
                "source": one.get("source") or f"{found.code}/{one['line']}",
            }
            for one in found.lines
            if int(one["line"]) in offered
        ]
        requisition = found.requisition
        draft_order(
            supplier=supplier,
            department=found.department,
            requisition=requisition,
            rfq=found,
            category=requisition.category if requisition else "",
            project=requisition.project if requisition else "",
            currency=found.currency,
            lines=lines,
            actor=actor,
        )
        Quotation.objects.filter(pk=chosen.pk).update(state=Quotation.State.AWARDED, note=reason[:300] or chosen.note)
        return write.change(found, {"state": State.AWARDED}, actor=actor, fact=events.RfqChanged)


def _offered_quantity(asked: Line, offer: Line) -> str:
    """What the supplier can deliver, at most what was asked."""
    return plain_number(min(number(asked, "quantity"), number(offer, "quantity") or number(asked, "quantity")))


def cancel_rfq(rfq: Rfq, *, actor: Any) -> Rfq:
    with transaction.atomic():
        found = locked(rfq, State.DRAFT, State.SENT)
        return write.change(found, {"state": State.CANCELLED}, actor=actor, fact=events.RfqChanged)


def archive_rfq(rfq: Rfq, *, actor: Any) -> Rfq:
    return write.archive(rfq, actor=actor, fact=events.RfqChanged)


def restore_rfq(rfq: Rfq, *, actor: Any) -> Rfq:
    return write.restore(rfq, actor=actor, fact=events.RfqChanged)
