"""What inventory shows elsewhere: figures for KPIs, what waits on the overview, and a section of reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer
from apps.core.values import Period, format_number
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Contribution, View, by_cost_of_waiting, contribute
from apps.core.web.waiting import Waits, count_waiting
from apps.inventory import panels, qualityfeed, queries
from apps.inventory.models import Count, Level, Lot, Proposal
from apps.reports import parts as reports
from apps.reports.parts import Part, Table

__all__ = ["qualityfeed"]
# Each day's stock at standard cost, by the place's department: what was there at the end of the day.
VALUE = """
WITH days AS (
    SELECT generate_series(date_trunc(%(grain)s, %(start)s::timestamptz, %(zone)s), %(end)s::timestamptz - interval '1 second',
                           ('1 ' || %(grain)s)::interval) AS at
), flows AS (
    SELECT place.department_id, move.effective_at, move.quantity * item.standard_cost AS value
    FROM inventory_move move JOIN inventory_item item ON item.id = move.item_id
    JOIN inventory_location place ON place.id = move.to_location_id AND place.kind IN ('stock', 'inspection', 'transit')
  UNION ALL
    SELECT place.department_id, move.effective_at, -move.quantity * item.standard_cost
    FROM inventory_move move JOIN inventory_item item ON item.id = move.item_id
    JOIN inventory_location place ON place.id = move.from_location_id AND place.kind IN ('stock', 'inspection', 'transit')
)
SELECT flows.department_id, days.at, sum(flows.value), NULL::numeric
FROM days JOIN flows ON flows.effective_at < days.at + ('1 ' || %(grain)s)::interval
GROUP BY 1, 2
"""
# Counted lines that were right at the first count, within the tolerance of their count.
ACCURACY = """
SELECT line.department_id, date_trunc(%(grain)s, line.found_at, %(zone)s),
       count(*) FILTER (WHERE abs(line.found - line.expected) <= abs(line.expected) * the_count.tolerance / 100), count(*)
FROM inventory_countline line JOIN inventory_count the_count ON the_count.id = line.count_id
WHERE the_count.state = 'closed' AND line.found_at >= %(start)s AND line.found_at < %(end)s GROUP BY 1, 2
"""
SCRAPPED = """
SELECT move.department_id, date_trunc(%(grain)s, move.effective_at, %(zone)s),
       sum(move.quantity * coalesce(move.unit_cost, item.standard_cost)), NULL::numeric
FROM inventory_move move JOIN inventory_item item ON item.id = move.item_id
WHERE move.kind = 'scrap' AND move.effective_at >= %(start)s AND move.effective_at < %(end)s
  AND NOT EXISTS (SELECT 1 FROM inventory_move mirror WHERE mirror.reverses_id = move.id) GROUP BY 1, 2
"""
ISSUED = SCRAPPED.replace("move.kind = 'scrap'", "move.kind IN ('issue', 'consume')")


def _offer(name: str, label: str, words: str, sql: str, records: str, **values: Any) -> None:
    def collect(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
        return measured(sql, start, end, grain, zone)

    offer(
        Metric(
            name=f"inventory.{name}", label=label, help=words, grain="day", collect=collect, records=records, **values
        )
    )


_offer(
    "value",
    "Stock value",
    "Stock at standard cost at the end of the period, by the department of the place.",
    VALUE,
    "/items/",
    unit="EUR",
    rule="last",
    direction="lower",
    across="sum",
)
_offer(
    "accuracy",
    "Inventory record accuracy",
    "Share of counted lines whose record was right at the first count, within the count's tolerance (IRA).",
    ACCURACY,
    "/stock-counts/?state=closed",
    unit="%",
    rule="ratio",
    factor=100,
    direction="higher",
)
_offer(
    "issued",
    "Stock issued",
    "Issues and consumption at cost; over the mean stock value it gives inventory turns.",
    ISSUED,
    "/stock-moves/?kind=issue",
    unit="EUR",
    rule="sum",
    direction="higher",
)
_offer(
    "scrapped",
    "Stock scrapped",
    "What was scrapped, at cost, reversals taken off.",
    SCRAPPED,
    "/stock-moves/?kind=scrap",
    unit="EUR",
    rule="sum",
    direction="lower",
)


def needs(view: View) -> list[pm.NeedsRow]:
    """Shortages by days of cover, lots about to expire, held lots and counts that are due."""
    user, today = view.user, timezone.localdate()
    accepts = rights_of(user).can_somewhere("requisition", "u")
    rows = [_shortage(one, accepts=accepts) for one in queries.shortages(user) if one.waits]
    rows = by_cost_of_waiting(rows)[:5]
    for level in queries.expiring(user, within_days=14)[:4]:
        if level.lot is not None and level.lot.expires_on is not None:
            rows.append(_expiring(level, late=level.lot.expires_on < today))
    rows += [_held(one) for one in Lot.objects.visible_to(user).exclude(status="released").order_by("-id")[:3]]
    counts = Count.objects.visible_to(user).filter(state__in=("open", "recount"), due_on__lte=today)
    return rows + [
        _count(one, late=one.due_on < today) for one in counts.select_related("location").order_by("due_on")[:4]
    ]


def _shortage(one: queries.Shortage, *, accepts: bool) -> pm.NeedsRow:
    """The act that helps: accept the proposal, else look at the item."""
    item = one.policy.item
    url = reverse("record", args=["items", one.policy.item_id])
    cover = "no stock" if one.on_hand <= 0 else f"{one.days:.1f} days of cover" if one.days is not None else "below s"
    coming = f", {panels.amount(one.supply)} on its way" if one.supply and one.proposal is None else ""
    buttons = [pm.Button("Open", url)]
    if one.proposal is not None:
        buttons = [pm.Button("Review", reverse("record", args=["stock-proposals", one.proposal]))]
        if accepts:
            act = reverse("act", args=["stock-proposals", one.proposal, "accept"])
            buttons.insert(0, pm.Button("Accept", act, kind="soft", dialog=True))
    return pm.NeedsRow(
        title=f"{'Reorder' if one.proposal else 'Short'}: {item}",
        url=url,
        why=f"{one.policy.location.code} · {cover}{coming}",
        icon="package-minus",
        tone="bad" if one.on_hand <= 0 else "warn",
        cost=f"{format_number(one.cost_per_day, 2, unit=item.currency)} / day" if one.cost_per_day else "",
        cost_per_day=one.cost_per_day,
        buttons=tuple(buttons),
        key=f"shortage:{one.policy.pk}",
    )


def _expiring(level: Level, *, late: bool) -> pm.NeedsRow:
    url = reverse("record", args=["lots", level.lot_id])
    return pm.NeedsRow(
        title=f"{'Expired' if late else 'Expires soon'}: {level.lot}",
        url=url,
        why=f"{panels.amount(level.quantity, level.item.unit)} at {level.location.code}",
        icon="calendar-x",
        tone="bad" if late else "warn",
        due_on=level.lot.expires_on if level.lot else None,
        buttons=(pm.Button("Open", url),),
        key=f"expiring:{level.pk}",
    )


def _held(lot: Lot) -> pm.NeedsRow:
    url = reverse("record", args=["lots", lot.pk])
    return pm.NeedsRow(
        title=f"{lot.get_status_display()}: {lot}",
        url=url,
        why=lot.reason,
        icon="octagon-pause",
        tone="hold",
        buttons=(pm.Button("Open", url),),
        key=f"lot:{lot.pk}",
    )


def _count(count: Count, *, late: bool) -> pm.NeedsRow:
    url = reverse("count_do", args=[count.pk])
    return pm.NeedsRow(
        title=f"Count {count.location}",
        url=reverse("record", args=["stock-counts", count.pk]),
        why=str(count.get_state_display()),
        icon="clipboard-list",
        tone="warn" if late or count.state == "recount" else "info",
        due_on=count.due_on,
        buttons=(pm.Button("Count", url),),
        key=f"count:{count.pk}",
    )


def _proposed(user: Any) -> Waits:
    return Waits(Proposal.objects.visible_to(user).filter(state=Proposal.State.OPEN, archived_at__isnull=True).count())


count_waiting("stock_proposal", _proposed)
contribute(Contribution("inventory", "Inventory", 40, needs=needs))


def report_part(user: Any, _period: Period) -> Part:
    """The dearest stock and what is short, as of the report's making."""
    levels = Level.objects.visible_to(user)
    values = queries.value_by_currency(levels)
    short = queries.shortages(user, most=15)
    rows = tuple(
        (
            str(one.policy.item),
            one.policy.location.code,
            panels.amount(one.on_hand),
            panels.amount(one.supply),
            "–" if one.days is None else f"{one.days:.1f}",
        )
        for one in short
    )
    held = levels.filter(lot__isnull=False).exclude(lot__status="released").aggregate(sum=Sum("quantity"))[
        "sum"
    ] or Decimal(0)
    heads = ("Item", "Place", "On hand", "On its way", "Days of cover")
    told = (
        ("Stock at standard cost", panels.worth(values.items())),
        ("Items short", str(len(short))),
        ("Held, in pieces", panels.amount(held)),
    )
    tables: tuple[Table, ...] = (Table("Stock", ("What", "How much"), told, frozenset({1})),)
    if rows:
        tables = (*tables, Table("What is short", heads, rows, frozenset({2, 3, 4})))
    return Part(tables=tables, figures={"value": panels.worth(values.items()), "short": len(short), "held": str(held)})


reports.contribute(reports.Source("inventory", 45, report_part, title="Inventory"))
