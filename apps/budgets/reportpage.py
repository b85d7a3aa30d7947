"""The budget report as a page: tables whose numbers lead to their entries, and the charts beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from apps.budgets import outlook, panels, quality, variance
from apps.budgets.comparepage import NO_FORECAST
from apps.budgets.models import Account, Entry, Plan
from apps.budgets.panels import money, percent
from apps.budgets.quality import Source
from apps.budgets.queries import ZERO, Standing
from apps.budgets.variance import Group, Row
from apps.core.charts import ChartSpec, Series, data_table, responsive
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm

HEADS = (
    ("original", "Original"),
    ("revised", "Revised"),
    ("reserved", "Pre-enc."),
    ("encumbered", "Encumbered"),
    ("actual", "Actual"),
    ("available", "Available"),
    ("used", "Used"),
)
FORECAST = ("forecast", "Forecast")


def _columns(first: str, *more: tuple[str, str]) -> tuple[pm.Column, ...]:
    return (
        pm.Column("name", first, wide=True),
        *(pm.Column(name, label, align="end") for name, label in (*HEADS, *more)),
    )


def _figures(original: Decimal | None, year: Standing, plan: Plan) -> tuple[pm.Cell, ...]:
    amounts = (original, year.appropriated, year.reserved, year.encumbered, year.actual, year.available)
    return (
        *(pm.Cell(money(one, plan.currency) if one or one is None else cells.DASH, "number") for one in amounts),
        pm.Cell(percent(year.share_used), "status", tone=panels.used_tone(year.share_used, plan)),
    )


def lines_section(rows: list[Row], plan: Plan, through: int) -> pm.Section:
    """One row per line; each number opens the entries that sum to it."""
    made = []
    for row in rows[:300]:
        url = reverse("record", args=["budget-lines", row.line.pk])
        original, revised, *rest = _figures(row.original, row.year, plan)
        drilled = [
            pm.Cell(cell.text, "link", url=panels.entries_url(row.line, account)) if cell.text != cells.DASH else cell
            for account, cell in zip(
                (Account.APPROPRIATED, Account.RESERVED, Account.ENCUMBERED, Account.ACTUAL, Account.AVAILABLE),
                (revised, *rest[:4]),
                strict=True,
            )
        ]
        made.append(
            pm.Row(
                str(row.line.pk),
                url,
                (pm.Cell(str(row.line), "link", url=url), original, *drilled, rest[-1], _verdict_cell(row, plan)),
            )
        )
    note = f"variance through period {through} of {len(plan.period_ends)}"
    table = pm.Table(
        _columns("Line", ("variance", "Variance")), tuple(made), "Lines", "No line here. Choose another budget."
    )
    return pm.Section("Lines", note=note, table=table, name="lines")


def _verdict_cell(row: Row, plan: Plan) -> pm.Cell:
    """Signed, in words too: favourable or unfavourable."""
    if row.favourable is None:
        return pm.Cell(cells.DASH, "number")
    word = "F" if row.favourable else "U"
    tone: pm.Tone = "good" if row.favourable else "bad" if row.past_tolerance else "warn"
    text = f"{panels.money(row.variance, plan.currency)} {word}"
    title = "favourable" if row.favourable else "unfavourable"
    return pm.Cell(text, "status", tone=tone, title=title)


def groups_section(groups: list[Group], plan: Plan, by: str, forecasts: dict[str, Decimal]) -> pm.Section:
    """Sums by group; without a forecast of its own a group says so, it does not say zero."""

    def row(key: str, group: Group, forecast: Decimal | None) -> pm.Row:
        told = pm.Cell(NO_FORECAST) if forecast is None else pm.Cell(money(forecast, plan.currency), "number")
        return pm.Row(key, "", (pm.Cell(group.name), *_figures(group.original, group.year, plan), told))

    rows = [row(group.key or "none", group, forecasts.get(group.key)) for group in groups]
    if groups:
        whole = variance.summed("", "All", [row for group in groups for row in group.rows])
        rows.append(row("all", whole, sum(forecasts.values(), ZERO) if forecasts else None))
    table = pm.Table(_columns(by.capitalize(), FORECAST), tuple(rows), f"By {by}", "Nothing to sum yet.")
    return pm.Section(f"By {by}", table=table)


def bars_section(groups: list[Group], plan: Plan, by: str) -> pm.Section | None:
    """Budget beside what is used, the largest first."""
    largest = sorted(groups, key=lambda one: -abs(one.year.appropriated) - abs(one.year.used))[:8]
    if not largest:
        return None
    spec = ChartSpec(
        kind="bar",
        title=f"Budget and use by {by}",
        unit=plan.currency,
        labels=tuple(one.name for one in largest),
        series=(
            Series(name="Budget", values=tuple(one.year.appropriated for one in largest)),
            Series(name="Committed", values=tuple(one.year.reserved + one.year.encumbered for one in largest)),
            Series(name="Actual", values=tuple(one.year.actual for one in largest)),
        ),
        number=lambda value: format_number(Decimal(str(value)), 0, compact=True),
        label_heading=by.capitalize(),
    )
    note = f"{plan.currency}: budget, committed and actual, from left to right"
    return pm.Section(spec.title, note=note, svg=responsive(spec), data_table=data_table(spec))


def comments_section(rows: list[Row], plan: Plan) -> pm.Section | None:
    """Lines past their tolerance, with why, or with what is missing."""
    past = sorted((one for one in rows if one.past_tolerance), key=lambda one: -abs(one.variance))[:50]
    if not past:
        return None
    made = []
    for row in past:
        url = reverse("record", args=["budget-lines", row.line.pk])
        words = row.remark.text if row.remark else "Comment due"
        cell = pm.Cell(words) if row.remark else pm.Cell(words, "status", tone="warn")
        share = cells.DASH if row.per_cent is None else f"{format_number(row.per_cent, 1, signed=True)} %"
        made.append(
            pm.Row(
                str(row.line.pk),
                url,
                (
                    pm.Cell(str(row.line), "link", url=url),
                    _verdict_cell(row, plan),
                    pm.Cell(share, "number"),
                    pm.Cell(split_words(row, plan)),
                    cell,
                ),
            )
        )
    columns = (
        pm.Column("line", "Line", wide=True),
        pm.Column("variance", "Variance", align="end"),
        pm.Column("share", "Of budget", align="end"),
        pm.Column("split", "Made of"),
        pm.Column("why", "Why"),
    )
    tolerance = f"{format_number(variance.family_of(plan).tolerance.normalize())} %"
    return pm.Section(
        "Past tolerance", note=f"more than {tolerance} off", table=pm.Table(columns, tuple(made), "Past tolerance")
    )


def split_words(row: Row, plan: Plan) -> str:
    if row.split is None:
        return cells.DASH
    parts = [("price", row.split.price), ("volume", row.split.volume), ("efficiency", row.split.efficiency)]
    return ", ".join(
        f"{name} {panels.money(round(part, 2), plan.currency)} {'F' if part < 0 else 'U'}"
        for name, part in parts
        if part
    )


def forecast_section(rows: list[Row], plan: Plan, passed: int) -> pm.Section:
    """Year end by line and how far earlier forecasts were off."""
    kept = [one.line for one in rows if one.year.actual][:100]
    found = outlook.courses(kept, passed=passed)
    made = []
    for line in kept:
        one = outlook.best(found[line.ledger_id])
        if one is None:
            continue
        budget = sum(found[line.ledger_id].budget, ZERO)
        interval = _interval(one, plan)
        over = one.total > budget
        made.append(
            pm.Row(
                str(line.pk),
                "",
                (
                    pm.Cell(str(line), "link", url=reverse("record", args=["budget-lines", line.pk])),
                    pm.Cell(one.method.capitalize()),
                    pm.Cell(money(budget, plan.currency), "number"),
                    pm.Cell(money(one.total, plan.currency), "status", tone="bad" if over else "good"),
                    pm.Cell(interval, "number"),
                ),
            )
        )
    columns = (
        pm.Column("line", "Line", wide=True),
        pm.Column("method", "By"),
        pm.Column("budget", "Budget", align="end"),
        pm.Column("total", "Year end", align="end"),
        pm.Column("interval", "95 % interval", align="end"),
    )
    return pm.Section(
        "Forecast to year end",
        note=_error_words(kept, passed),
        table=pm.Table(columns, tuple(made), "Forecast to year end", "A forecast needs a whole period with actuals."),
    )


def _interval(one: outlook.Estimate, plan: Plan) -> str:
    if one.lower is None or one.upper is None:
        return cells.DASH
    return f"{money(one.lower, plan.currency)} to {money(one.upper, plan.currency)}"


def _error_words(lines: list[Any], passed: int) -> str:
    errors = outlook.tracked(lines, passed=passed)
    words = [
        f"{name}: bias {one.me:+.0f}, "
        + (f"MAPE {one.mape:.1f} %" if one.mape is not None else f"MAE {one.mae:.0f}")
        + (f", MASE {one.mase:.2f}" if one.mase is not None else "")
        for name, one in sorted(errors.items())
    ]
    return "; ".join(words) or "no forecast has been kept yet; closing a period keeps one"


def overrides_section(rows: list[Row], plan: Plan) -> pm.Section | None:
    """Who committed more than a line had, and why."""
    keys = [one.line.ledger_id for one in rows]
    found = Entry.objects.filter(line_id__in=keys).exclude(override="").select_related("actor").order_by("-pk")[:50]
    names = {one.line.ledger_id: str(one.line) for one in rows}
    made = tuple(
        pm.Row(
            str(one.pk),
            "",
            (
                pm.Cell(names[one.line_id], "link", url=reverse("record", args=["budget-entries", one.pk])),
                pm.Cell(one.document),
                pm.Cell(money(-one.amount, plan.currency), "number"),
                pm.Cell(one.override),
                pm.Cell(str(one.actor or cells.DASH)),
                pm.Cell(f"{one.on:%Y-%m-%d}"),
            ),
        )
        for one in found
    )
    if not made:
        return None
    columns = (
        pm.Column("line", "Line", wide=True),
        pm.Column("document", "Document"),
        pm.Column("amount", "Amount", align="end"),
        pm.Column("reason", "Reason"),
        pm.Column("by", "By"),
        pm.Column("day", "Day"),
    )
    return pm.Section("Overridden checks", table=pm.Table(columns, made, "Overridden checks"))


def quality_section(found: list[Source], plan: Plan) -> pm.Section | None:
    """Cost of quality in its four classes, beside each other."""
    sums = quality.by_class(found)
    if not any(sums.values()):
        return None
    spec = ChartSpec(
        kind="bar",
        title=gettext("Cost of quality"),
        unit=plan.currency,
        labels=tuple(gettext(quality.CLASSES[key]) for key in sums),
        series=(Series(name=gettext("Cost"), values=tuple(sums.values())),),
        number=lambda value: format_number(Decimal(str(value)), 0, compact=True),
        label_heading=gettext("Class"),
    )
    total = sum(sums.values(), ZERO)
    return pm.Section(
        spec.title,
        note=gettext("%(sum)s in all") % {"sum": money(total, plan.currency)},
        svg=responsive(spec),
        data_table=data_table(spec),
    )
