"""Spend as a page: choose period, states and how to sum; every row leads to its orders."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.charts import ChartSpec, Series, data_table, responsive
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page
from apps.procurement import panels, queries, spending
from apps.procurement.models import Order
from apps.procurement.spending import Analysis, Spend, percent

MOST_ROWS = 500
FILTERS = {"supplier": "supplier", "department": "department", "state": "state", "category": "category"}

add_page(
    NavPage(
        "supplier_spend",
        "Spend",
        "chart-pie",
        "Purchasing",
        43,
        lambda user: rights_of(user).can_somewhere("purchase_order", "r"),
    )
)


class PeriodForm(forms.Form):
    """Which orders count; the same words as in the API."""

    start = forms.DateField(required=False, label="Ordered from", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(
        required=False, label="Ordered until", widget=forms.DateInput(attrs={"type": "date"}), help_text="The last day"
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("start") and found.get("until") and found["start"] > found["until"]:
            self.add_error("until", "The last day comes before the first.")
        return found


class SpendForm(PeriodForm):
    """And how they are summed."""

    by = forms.ChoiceField(
        required=False, label="Summed by", choices=[(one, one.capitalize()) for one in spending.GROUPS]
    )
    state = forms.MultipleChoiceField(
        required=False,
        label="States",
        choices=Order.State.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: placed and closed orders",
    )


def period_of(data: dict[str, Any]) -> tuple[date, date]:
    """First day and the day after the last: the last twelve months unless something else is said."""
    start, end = queries.last_year(timezone.localdate())
    until: date | None = data.get("until")
    first: date | None = data.get("start")
    return first or (start if until is None else date(1900, 1, 1)), end if until is None else until + timedelta(days=1)


def asked(data: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the analysis: by supplier, placed and closed, unless something else is said."""
    start, end = period_of(data)
    return {
        "start": start,
        "end": end,
        "by": data.get("by") or "supplier",
        "states": data.get("state") or list(spending.COUNTED),
    }


@page("purchase_order", "r")
def supplier_spend(request: HttpRequest) -> HttpResponse:
    form = SpendForm(request.GET or None)
    wanted = asked(form.cleaned_data if form.is_bound and form.is_valid() else {})
    form.initial = {"start": wanted["start"], "until": wanted["end"] - timedelta(days=1), "by": wanted["by"]}
    found = spending.analysis(**wanted)
    shown = pm.ChartPage(
        title="Spend",
        verdict=_verdict(found, wanted["by"]),
        crumbs=(pm.Crumb("Purchasing"), pm.Crumb("Spend")),
        facts=f"Orders of {wanted['start']:%Y-%m-%d} to {wanted['end'] - timedelta(days=1):%Y-%m-%d}, in the currency of the sites",
        buttons=(pm.Button("Scorecards", reverse("supplier_scores"), "trophy"),),
        sections=(_totals(found), *_pareto(found, wanted["by"]), _table(found, wanted)),
    )
    return render(request, "procurement/spend.html", {"page": shown, "form": form}, status=422 if form.errors else 200)


def _verdict(found: Analysis, by: str) -> pm.Alert:
    if not found.rows:
        return pm.Alert("Nothing was ordered.", "Choose another period or other states.", "info")
    counts = found.counts()
    share = sum((one.share for one in found.rows if one.klass == "A"), Decimal(0))
    text = f"{counts['A']} of {len(found.rows)} make {percent(share)} of {format_number(found.total.worth, 2)}."
    worst = max((one for one in found.rows if one.received), key=lambda one: one.rejected, default=None)
    why = ""
    if worst is not None and worst.rejected:
        why = f"Most was rejected at “{worst.name}”: {percent(worst.reject_rate)} of what came in."
    return pm.Alert(f"By {by}: {text}", why, "info")


def _totals(found: Analysis) -> pm.Section:
    total = found.total
    facts = (
        ("Ordered, without tax and freight", format_number(total.worth, 2)),
        ("Tax", format_number(found.tax, 2)),
        ("Freight", format_number(found.freight, 2)),
        ("Total due", format_number(found.due, 2)),
        ("Order lines", format_number(Decimal(total.lines), 0)),
        ("Pieces ordered", panels.quantity(total.ordered)),
        ("Pieces received", panels.quantity(total.received)),
        ("Pieces rejected", panels.quantity(total.rejected)),
        ("Rejected of received", percent(total.reject_rate, 2) or cells.DASH),
    )
    rows = tuple(pm.Row(name, cells=(pm.Cell(name), pm.Cell(value, "number"))) for name, value in facts)
    heads = (pm.Column("what", "Measure", wide=True), pm.Column("value", "Value", align="end"))
    return pm.Section("In all", table=pm.Table(heads, rows, "In all"))


def _pareto(found: Analysis, by: str) -> list[pm.Section]:
    largest = found.rows[:10]
    if len(largest) < 2:
        return []
    spec = ChartSpec(
        kind="bar",
        title=f"Largest by {by}",
        labels=tuple(one.name[:24] for one in largest),
        series=(Series(name="Ordered", values=tuple(one.worth for one in largest)),),
        number=lambda value: format_number(Decimal(str(value)), 0, compact=True),
        label_heading=by.capitalize(),
    )
    return [pm.Section(spec.title, svg=responsive(spec), data_table=data_table(spec))]


def _table(found: Analysis, wanted: dict[str, Any]) -> pm.Section:
    by = str(wanted["by"])
    ends = ("Ordered", "Share", "Cumulative", "Orders", "Lines", "Pieces", "Received", "Rejected", "Rejected, %")
    heads = (
        pm.Column("name", by.capitalize(), wide=True, phone="title"),
        pm.Column("class", "Class"),
        *(pm.Column(one.lower().replace(", ", "-"), one, align="end") for one in ends),
    )
    rows = tuple(_row(one, _orders_url(one, wanted)) for one in found.rows[:MOST_ROWS])
    counts = found.counts()
    note = ", ".join(f"{name} {counts[name]}" for name in "ABC") + "; A up to 80 % of the value, B up to 95 %"
    if len(found.rows) > MOST_ROWS:
        note += f"; the largest {MOST_ROWS} of {len(found.rows)}"
    table = pm.Table(heads, rows, f"Spend by {by}", "Nothing was ordered.")
    return pm.Section(f"By {by}", note=note, table=table)


def _orders_url(one: Spend, wanted: dict[str, Any]) -> str:
    """The list of exactly the orders that sum to the row."""
    by = str(wanted["by"])
    if by not in FILTERS or not one.key:
        return ""
    states = [] if by == "state" else [("state", str(state)) for state in wanted["states"]]
    period = [
        ("ordered_on_after", wanted["start"].isoformat()),
        ("ordered_on_before", (wanted["end"] - timedelta(days=1)).isoformat()),
    ]
    return f"{reverse('list', args=['purchase-orders'])}?{urlencode([(FILTERS[by], one.key), *states, *period])}"


def _row(one: Spend, url: str) -> pm.Row:
    figures = (
        format_number(one.worth, 2),
        percent(one.share, 2),
        percent(one.cumulative, 2),
        str(one.orders),
        str(one.lines),
        panels.quantity(one.ordered),
        panels.quantity(one.received),
        panels.quantity(one.rejected),
        percent(one.reject_rate, 2),
    )
    return pm.Row(
        one.key or "none",
        url=url,
        cells=(
            pm.Cell(one.name, "link" if url else "text", url=url),
            pm.Cell(one.klass),
            *(pm.Cell(text or cells.DASH, "number") for text in figures),
        ),
    )
