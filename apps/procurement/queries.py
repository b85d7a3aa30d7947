"""What procurement's own records say: progress of order lines, the chain of documents, suppliers' activity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import DecimalField, F, Sum

from apps.inventory.models import Proposal
from apps.org import queries as org
from apps.org.models import Department
from apps.procurement.lines import number, price_at
from apps.procurement.models import Flow, Invoice, Order, PriceList, Requisition, Supplier
from apps.procurement.scorecard import Activity, Score, average_of, score

ZERO = Decimal(0)
MONEY = DecimalField(max_digits=38, decimal_places=12)


@dataclass(frozen=True)
class Progress:
    """What came of one order line."""

    received: Decimal = ZERO
    rejected: Decimal = ZERO
    returned: Decimal = ZERO
    invoiced: Decimal = ZERO
    paid: Decimal = ZERO  # what was invoiced less what was credited, in the order's currency

    @property
    def accepted(self) -> Decimal:
        return self.received - self.rejected - self.returned


def progress_of(orders: Iterable[Order]) -> dict[tuple[int, int], Progress]:
    """Progress by (order, line), from the flows alone."""
    rows = (
        Flow.objects.filter(order__in=list(orders))
        .values("order_id", "line", "kind")
        .annotate(sum=Sum("quantity"), worth=Sum(F("quantity") * F("price"), output_field=MONEY))
    )
    found: dict[tuple[int, int], Progress] = {}
    for row in rows.order_by():
        key = (row["order_id"], row["line"])
        more = {"paid": row["worth"]} if row["kind"] == Flow.Kind.INVOICED else {}
        found[key] = replace(found.get(key, Progress()), **{row["kind"]: row["sum"]}, **more)
    return found


def progress(order: Order) -> dict[int, Progress]:
    """Progress of every line of one order, those without flows included."""
    found = progress_of([order])
    return {int(one["line"]): found.get((order.pk, int(one["line"])), Progress()) for one in order.lines}


def outstanding(order: Order) -> dict[int, Decimal]:
    """What is still to come per line."""
    done = progress(order)
    return {
        int(one["line"]): max(number(one, "quantity") - done[int(one["line"])].accepted, ZERO) for one in order.lines
    }


def home_currency(department: Department) -> str:
    """The currency of the nearest site, looking upwards."""
    return next((one.site.currency for one in org.chain(department) if one.site is not None), "EUR")


def agreed_prices(supplier: Supplier, *, on: date, currency: str) -> list[dict[str, Any]]:
    """Lines of the supplier's lists that hold on the day; a contract goes before a list, a later one before an earlier."""
    lists = PriceList.objects.filter(supplier=supplier, archived_at__isnull=True, currency=currency)
    holding = [one for one in lists.order_by("-valid_from", "-pk") if one.holds_on(on)]
    holding.sort(key=lambda one: one.kind != PriceList.Kind.CONTRACT)
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for one in holding:
        found += [line for line in one.lines if line["part"] not in seen]
        seen |= {line["part"] for line in one.lines}
    return found


def agreed_price(supplier: Supplier, part: str, quantity: Decimal, *, on: date, currency: str) -> Decimal | None:
    return price_at(agreed_prices(supplier, on=on, currency=currency), part, quantity)


def cheapest(part: str, quantity: Decimal, *, on: date, currency: str) -> tuple[Supplier, Decimal] | None:
    """The supplier with the lowest agreed price for this quantity on the day."""
    lists = PriceList.objects.filter(
        archived_at__isnull=True,
        currency=currency,
        valid_from__lte=on,
        lines__contains=[{"part": part}],
        supplier__state=Supplier.State.ACTIVE,
        supplier__archived_at__isnull=True,
    ).select_related("supplier")
    found = []
    for supplier in {one.supplier for one in lists if one.holds_on(on)}:
        price = agreed_price(supplier, part, quantity, on=on, currency=currency)
        if price is not None:
            found.append((supplier, price))
    return min(found, key=lambda one: (one[1], one[0].pk), default=None)


def ordered_of(requisition: Requisition) -> dict[int, Decimal]:
    """Quantity per requisition line in orders that live."""
    found: dict[int, Decimal] = {}
    live = Order.objects.filter(requisition=requisition).exclude(
        state__in=[Order.State.CANCELLED, Order.State.REJECTED]
    )
    for order in live:
        for line in order.lines:
            code, _, place = str(line.get("source", "")).rpartition("/")
            if code == requisition.code and place.isdigit():
                found[int(place)] = found.get(int(place), ZERO) + number(line, "quantity")
    return found


def proposal_stands(requisition: Requisition) -> tuple[str, str]:
    """Where the purchase of a stock proposal stands, and why it fell away."""
    state, code = requisition.state, requisition.code
    if state == Requisition.State.DRAFT:
        return Proposal.State.ACCEPTED, ""
    if state in {Requisition.State.REJECTED, Requisition.State.CANCELLED}:
        return Proposal.State.DISMISSED, f"{code}: {requisition.note}"
    if state != Requisition.State.ORDERED:
        return Proposal.State.REQUESTED, ""
    orders = list(
        Order.objects.filter(requisition=requisition).exclude(state__in=[Order.State.CANCELLED, Order.State.REJECTED])
    )
    done = progress_of(orders)
    if any(
        number(line, "quantity") > done.get((order.pk, int(line["line"])), Progress()).accepted
        for order in orders
        if order.state != Order.State.CLOSED
        for line in order.lines
    ):
        return Proposal.State.ORDERED, ""
    if any(one.accepted > 0 for one in done.values()):
        return Proposal.State.DONE, ""
    return Proposal.State.DISMISSED, f"{code}: closed, nothing came"


def called_off(supplier: Supplier, prices: PriceList) -> Decimal:
    """What was ordered from the supplier while the contract holds."""
    orders = Order.objects.filter(
        supplier=supplier, state__in=[Order.State.PLACED, Order.State.CLOSED], ordered_on__gte=prices.valid_from
    )
    if prices.valid_until:
        orders = orders.filter(ordered_on__lte=prices.valid_until)
    return sum((one.total for one in orders if one.currency == prices.currency), ZERO)


def exceptions(user: Any) -> Any:
    return Invoice.objects.visible_to(user).filter(state=Invoice.State.BLOCKED, archived_at__isnull=True)


ACTIVITY = """
WITH line AS (
  SELECT o.id, o.supplier_id, (l->>'line')::int AS line, (l->>'quantity')::numeric AS quantity,
    (l->>'price')::numeric AS price, (l->>'due_on')::date AS due_on
  FROM procurement_order o CROSS JOIN LATERAL jsonb_array_elements(o.lines) l
  WHERE o.state IN ('placed', 'closed') AND o.archived_at IS NULL
), due AS (
  SELECT line.supplier_id, count(*) AS lines, count(*) FILTER (WHERE coalesce(got.accepted, 0) >= line.quantity) AS hits
  FROM line LEFT JOIN LATERAL (
    SELECT sum(CASE kind WHEN 'received' THEN quantity WHEN 'rejected' THEN -quantity ELSE 0 END) AS accepted
    FROM procurement_flow f WHERE f.order_id = line.id AND f.line = line.line AND f.day <= line.due_on
  ) got ON true
  WHERE line.due_on >= %(start)s AND line.due_on < %(end)s GROUP BY 1
), goods AS (
  SELECT o.supplier_id, count(DISTINCT (f.document, f.line)) FILTER (WHERE f.kind = 'received' AND f.quantity > 0) AS lines,
    sum(f.quantity) FILTER (WHERE f.kind = 'received') AS received,
    sum(f.quantity) FILTER (WHERE f.kind = 'rejected') AS rejected
  FROM procurement_flow f JOIN procurement_order o ON o.id = f.order_id
  WHERE f.day >= %(start)s AND f.day < %(end)s AND f.kind IN ('received', 'rejected') GROUP BY 1
), money AS (
  SELECT line.supplier_id, sum(f.quantity * line.price) AS at_order, sum(f.quantity * f.price) AS invoiced
  FROM procurement_flow f JOIN line ON line.id = f.order_id AND line.line = f.line
  WHERE f.day >= %(start)s AND f.day < %(end)s AND f.kind = 'invoiced' GROUP BY 1
), answers AS (
  SELECT supplier_id, array_agg(extract(epoch FROM answered_at - asked_at) / 86400.0) AS days
  FROM procurement_quotation WHERE answered_at >= %(start)s AND answered_at < %(end)s GROUP BY 1
)
SELECT s.id, coalesce(due.lines, 0), coalesce(due.hits, 0), coalesce(goods.lines, 0), coalesce(goods.received, 0),
  coalesce(goods.rejected, 0), coalesce(money.at_order, 0), coalesce(money.invoiced, 0), answers.days
FROM procurement_supplier s LEFT JOIN due ON due.supplier_id = s.id LEFT JOIN goods ON goods.supplier_id = s.id
  LEFT JOIN money ON money.supplier_id = s.id LEFT JOIN answers ON answers.supplier_id = s.id
WHERE s.archived_at IS NULL ORDER BY s.id
"""


def activity(start: date, end: date) -> dict[int, Activity]:
    """What every supplier did from `start` until before `end`, within the reader's reach."""
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITY, {"start": start, "end": end})
        return {
            key: Activity(due, hits, lines, received, rejected, at_order, invoiced, [float(one) for one in days or ()])
            for key, due, hits, lines, received, rejected, at_order, invoiced, days in cursor.fetchall()
        }


def scorecards(start: date, end: date) -> dict[int, Score]:
    found = activity(start, end)
    average = average_of(list(found.values()))
    return {key: score(one, average=average) for key, one in found.items()}


def last_year(today: date) -> tuple[date, date]:
    """The twelve months up to and with today."""
    return today - timedelta(days=364), today + timedelta(days=1)


SPEND = """
SELECT o.supplier_id, sum((l->>'quantity')::numeric * (l->>'price')::numeric * coalesce(o.rate, 1))
FROM procurement_order o CROSS JOIN LATERAL jsonb_array_elements(o.lines) l
WHERE o.state IN ('placed', 'closed') AND o.archived_at IS NULL AND o.ordered_on >= %(start)s AND o.ordered_on < %(end)s
GROUP BY 1
"""


def spend(start: date, end: date) -> dict[int, Decimal]:
    """Ordered value by supplier, in the site's currency."""
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"start": start, "end": end})
        return dict(cursor.fetchall())
