"""What procurement shows elsewhere: exceptions and late deliveries that wait, figures for KPIs, cards, a section of reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core import pdf
from apps.core.access.rights import rights_of
from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer
from apps.core.values import Period, format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.core.web.waiting import Waits, count_waiting
from apps.procurement import panels, qualityfeed, queries, supply
from apps.procurement.lines import number
from apps.procurement.models import Invoice, Order, Requisition, Supplier
from apps.reports import parts

__all__ = ["qualityfeed", "supply"]
# Late payment costs: reference rate and eight points a year, the usual rule between companies in the EU.
INTEREST_PER_DAY = Decimal("0.11") / 365
MOST = 6


def _blocked(invoice: Invoice) -> pm.NeedsRow:
    today = timezone.localdate()
    cost = invoice.amount * INTEREST_PER_DAY
    late = invoice.due_on is not None and invoice.due_on < today
    url = reverse("record", args=["supplier-invoices", invoice.pk])
    return pm.NeedsRow(
        title=f"Clear invoice {invoice.number}",
        url=url,
        why=f"{invoice.code} · {invoice.supplier} · {invoice.reason}",
        icon="octagon-alert",
        tone="bad" if late else "warn",
        cost=f"{panels.money(cost, invoice.currency)} interest a day"
        if late
        else panels.money(invoice.amount, invoice.currency),
        due=f"to pay by {cells.when(invoice.due_on, cells.zone_of(None))[0]}" if invoice.due_on else "",
        due_on=invoice.due_on,
        buttons=(pm.Button("Open", url),),
        key=f"supplier_invoice:{invoice.pk}",
        cost_per_day=cost if late else Decimal(0),
    )


def late_orders(user: Any) -> list[tuple[Order, Decimal, str]]:
    """Placed orders with lines past their day: the order, the worth outstanding, the earliest day."""
    today = timezone.localdate().isoformat()
    orders = list(Order.objects.visible_to(user).filter(state=Order.State.PLACED).select_related("supplier")[:500])
    done = queries.progress_of(orders)
    found = []
    for order in orders:
        worth, first = Decimal(0), ""
        for line in order.lines:
            came = done.get((order.pk, int(line["line"])), queries.Progress()).accepted
            rest = number(line, "quantity") - came
            if rest > 0 and line.get("due_on", "9") < today:
                worth += rest * number(line, "price")
                first = min(first or line["due_on"], line["due_on"])
        if first:
            found.append((order, worth, first))
    return sorted(found, key=lambda one: -one[1])


def _late(order: Order, worth: Decimal, first: str) -> pm.NeedsRow:
    url = reverse("record", args=["purchase-orders", order.pk])
    return pm.NeedsRow(
        title=f"Chase {order.code} at {order.supplier}",
        url=url,
        why=f"due {cells.when(date.fromisoformat(first), cells.zone_of(None))[0]}, not all is here",
        icon="truck",
        tone="warn",
        cost=f"{panels.money(worth, order.currency)} outstanding",
        buttons=(pm.Button("Open", url),),
        key=f"purchase_order:{order.pk}",
    )


def _to_order(wish: Requisition) -> pm.NeedsRow:
    url = reverse("record", args=["requisitions", wish.pk])
    return pm.NeedsRow(
        title=f"Order: {wish.title}",
        url=url,
        why=f"{wish.code} · approved for {wish.department}",
        icon="clipboard-check",
        tone="info",
        due=f"needed {cells.when(wish.needed_on, cells.zone_of(None))[0]}" if wish.needed_on else "",
        due_on=wish.needed_on,
        buttons=(pm.Button("Open", url),),
        key=f"requisition:{wish.pk}",
    )


def needs(view: View) -> list[pm.NeedsRow]:
    """For those who buy: blocked invoices, late deliveries, approved requisitions nobody has ordered."""
    if not rights_of(view.user).can_somewhere("purchase_order", "u"):
        return []
    blocked = queries.exceptions(view.user).select_related("supplier").order_by("due_on")[:MOST]
    wishes = Requisition.objects.visible_to(view.user).filter(state=Requisition.State.APPROVED)
    return [
        *(_blocked(one) for one in blocked),
        *(_late(*one) for one in late_orders(view.user)[:MOST]),
        *(_to_order(one) for one in wishes.select_related("department").order_by("needed_on")[:MOST]),
    ]


contribute(Contribution("procurement", "Purchasing", 30, needs=needs))
count_waiting("supplier_invoice", lambda user: Waits(queries.exceptions(user).count(), hot=True))


def _exceptions_card(view: View, _param: str) -> pm.Section:
    found = list(queries.exceptions(view.user).select_related("supplier").order_by("due_on")[:8])
    rows = tuple(
        pm.Row(
            str(one.pk),
            url=reverse("record", args=["supplier-invoices", one.pk]),
            cells=(
                pm.Cell(one.number, "link", url=reverse("record", args=["supplier-invoices", one.pk])),
                pm.Cell(str(one.supplier)),
                pm.Cell(panels.money(one.amount, one.currency), "money"),
                pm.Cell(one.reason),
            ),
        )
        for one in found
    )
    heads = (
        pm.Column("number", "Invoice"),
        pm.Column("supplier", "Supplier"),
        pm.Column("amount", "Amount", align="end"),
        pm.Column("why", "Why", wide=True),
    )
    table = pm.Table(heads, rows, "Blocked invoices", "Every invoice matches.")
    url = f"{reverse('list', args=['supplier-invoices'])}?state=blocked"
    return pm.Section("Blocked invoices", table=table, button=pm.Button("All", url, "receipt"))


offer_card(
    Card(
        name="procurement.exceptions",
        title="Blocked invoices",
        make=_exceptions_card,
        help="Invoices that do not match order and goods, and why.",
        row="purchase_order",
    )
)

# Per department and period on the site's days.
SPEND = """
SELECT o.department_id, date_trunc(%(grain)s, f.day::timestamp) AT TIME ZONE %(zone)s,
  sum(f.quantity * f.price * coalesce(o.rate, 1)), NULL::numeric
FROM procurement_flow f JOIN procurement_order o ON o.id = f.order_id WHERE f.kind = 'invoiced'
  AND f.day::timestamp AT TIME ZONE %(zone)s >= %(start)s AND f.day::timestamp AT TIME ZONE %(zone)s < %(end)s GROUP BY 1, 2
"""
PPM = """
SELECT f.department_id, date_trunc(%(grain)s, f.day::timestamp) AT TIME ZONE %(zone)s,
  coalesce(sum(f.quantity) FILTER (WHERE f.kind = 'rejected'), 0), sum(f.quantity) FILTER (WHERE f.kind = 'received')
FROM procurement_flow f WHERE f.kind IN ('received', 'rejected')
  AND f.day::timestamp AT TIME ZONE %(zone)s >= %(start)s AND f.day::timestamp AT TIME ZONE %(zone)s < %(end)s
GROUP BY 1, 2 HAVING sum(f.quantity) FILTER (WHERE f.kind = 'received') > 0
"""
OTIF = """
SELECT line.department_id, date_trunc(%(grain)s, line.due_on::timestamp) AT TIME ZONE %(zone)s,
  count(*) FILTER (WHERE coalesce(got.accepted, 0) >= line.quantity), count(*)
FROM (
  SELECT o.id, o.department_id, (l->>'line')::int AS line, (l->>'quantity')::numeric AS quantity, (l->>'due_on')::date AS due_on
  FROM procurement_order o CROSS JOIN LATERAL jsonb_array_elements(o.lines) l WHERE o.state IN ('placed', 'closed')
) line LEFT JOIN LATERAL (
  SELECT sum(CASE kind WHEN 'received' THEN quantity WHEN 'rejected' THEN -quantity ELSE 0 END) AS accepted
  FROM procurement_flow f WHERE f.order_id = line.id AND f.line = line.line AND f.day <= line.due_on
) got ON true
WHERE line.due_on < (now() AT TIME ZONE %(zone)s)::date AND line.due_on::timestamp AT TIME ZONE %(zone)s >= %(start)s
  AND line.due_on::timestamp AT TIME ZONE %(zone)s < %(end)s GROUP BY 1, 2
"""
PRICE = """
SELECT o.department_id, date_trunc(%(grain)s, f.day::timestamp) AT TIME ZONE %(zone)s,
  sum(f.quantity * (f.price - (l->>'price')::numeric)), sum(f.quantity * (l->>'price')::numeric)
FROM procurement_flow f JOIN procurement_order o ON o.id = f.order_id
  CROSS JOIN LATERAL jsonb_array_elements(o.lines) l
WHERE f.kind = 'invoiced' AND (l->>'line')::int = f.line
  AND f.day::timestamp AT TIME ZONE %(zone)s >= %(start)s AND f.day::timestamp AT TIME ZONE %(zone)s < %(end)s
GROUP BY 1, 2 HAVING sum(f.quantity * (l->>'price')::numeric) > 0
"""
EXCEPTIONS = """
SELECT department_id, date_trunc(%(grain)s, blocked_at, %(zone)s), count(*), NULL::numeric FROM procurement_invoice
WHERE blocked_at >= %(start)s AND blocked_at < %(end)s GROUP BY 1, 2
"""
RESPONSE = """
SELECT department_id, date_trunc(%(grain)s, answered_at, %(zone)s),
  sum(extract(epoch FROM answered_at - asked_at)) / 86400, count(*) FROM procurement_quotation
WHERE answered_at >= %(start)s AND answered_at < %(end)s GROUP BY 1, 2
"""


def _offer(name: str, label: str, words: str, sql: str, records: str, **values: Any) -> None:
    def collect(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
        return measured(sql, start, end, grain, zone)

    offer(Metric(name=name, label=label, help=words, grain="day", collect=collect, records=records, **values))


_offer(
    "procurement.spend",
    "Spend with suppliers",
    "Invoiced value that may be paid, by the department of the order, at the rate of the order.",
    SPEND,
    "/supplier-invoices/",
    unit="EUR",
    rule="sum",
    direction="lower",
)
_offer(
    "procurement.otif",
    "Deliveries on time in full",
    "Share of the order lines due in the period of which everything was accepted by the day due.",
    OTIF,
    "/purchase-orders/",
    unit="%",
    rule="ratio",
    factor=100,
    direction="higher",
)
_offer(
    "procurement.ppm",
    "Rejected parts per million",
    "Rejected of a million received.",
    PPM,
    "/goods-receipts/",
    unit="ppm",
    rule="ratio",
    factor=1_000_000,
    direction="lower",
)
_offer(
    "procurement.price_variance",
    "Purchase price variance",
    "Invoiced prices against ordered prices, on what was invoiced.",
    PRICE,
    "/supplier-invoices/",
    unit="%",
    rule="ratio",
    factor=100,
    direction="lower",
)
_offer(
    "procurement.exceptions",
    "Invoices blocked",
    "Invoices that did not match when they came in.",
    EXCEPTIONS,
    "/supplier-invoices/?state=blocked",
    unit="",
    rule="sum",
    direction="lower",
)
_offer(
    "procurement.response",
    "Days until suppliers answer",
    "Mean days from a request for quotation to its answer.",
    RESPONSE,
    "/rfqs/",
    unit="d",
    rule="ratio",
    direction="lower",
)


def _part(user: Any, period: Period) -> parts.Part:
    """The largest suppliers of the period with how they did, and what is blocked."""
    if not rights_of(user).can_somewhere("purchase_order", "r"):
        return parts.Part()
    start, end = period.first, period.end.astimezone(period.zone).date()
    spend, scores = queries.spend(start, end), queries.scorecards(start, end)
    if not spend and not any(one.lines for one in scores.values()):
        return parts.Part()
    names = Supplier.objects.in_bulk(list(spend))
    largest = sorted(spend.items(), key=lambda one: -one[1])[:8]
    rows = tuple(
        (
            str(names[key]),
            format_number(value, 0),
            panels.percent(scores[key].otif) or cells.DASH,
            cells.DASH if (ppm := scores[key].ppm) is None else format_number(ppm, 0),
            "small sample" if scores[key].small else "",
        )
        for key, value in largest
        if key in names and key in scores
    )
    blocked = queries.exceptions(user).count()
    table = parts.Table(
        "Suppliers by spend",
        ("Supplier", "Ordered", "On time in full", "Rejected, per million", "Note"),
        rows,
        frozenset({1, 2, 3}),
    )
    facts = (pdf.Fact(finding=f"{blocked} invoices are blocked", reason="They do not match order and goods."),)
    return parts.Part(
        facts=facts if blocked else (),
        tables=(table,) if rows else (),
        figures={"blocked": blocked, "spend": str(sum(spend.values(), Decimal(0)))},
    )


parts.contribute(parts.Source("procurement", 60, _part, title="Purchasing"))
