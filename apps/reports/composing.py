"""Putting a report's words, drawings and figures together in one person's view; reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.core import pdf
from apps.core.events import seal
from apps.core.tabular import write_book
from apps.core.values import Period
from apps.reports.models import Pack, Promise, ReportRun
from apps.reports.parts import Part, Source, chosen

PROMISE_TONES = {"open": "warn", "kept": "good", "missed": "bad"}


@dataclass(frozen=True)
class Composed:
    """A report ready to be laid out, and the plain figures behind it."""

    report: pdf.WeeklyReport | pdf.PackReport
    figures: dict[str, Any]
    parts: tuple[tuple[Source, Part], ...]

    def render(self) -> bytes:
        if isinstance(self.report, pdf.PackReport):
            return pdf.render_pack(self.report, font=settings.FONT_FILE)
        return pdf.render_weekly(self.report, font=settings.FONT_FILE)


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def compose(run: ReportRun, *, owner: Any, now: datetime) -> Composed:
    """Every chosen section in the owner's scope; one that raises fails the whole report."""
    period = Period.parse(run.period_key, zone())
    wanted = chosen(run.pack.section_names if run.pack else [])
    parts = tuple((source, source.make(owner, period)) for source in wanted)
    figures: dict[str, Any] = {}
    for _, part in parts:
        figures |= part.figures
    paged = run.pack is not None and run.pack.layout == Pack.Layout.PACK
    report = _pack(run, parts, period, owner, now) if paged else _page(run, parts, period, owner, now)
    return Composed(report, figures, parts)


def _common(
    run: ReportRun, parts: Sequence[tuple[Source, Part]], period: Period, owner: Any, now: datetime
) -> dict[str, Any]:
    local = now.astimezone(zone())
    signed = f"{run.signed_by}, {run.signed_at.astimezone(zone()):%d %b %Y %H:%M}" if run.signed_at else ""
    return {
        "title": run.pack.title if run.pack else "Weekly operations report",
        "period_label": f"{period.label}{_days(period)}",
        "site": str(run.department),
        "prepared_for": str(owner) if run.copy_of_id else "Upper management",
        "prepared_by": _author(run, owner),
        "verdict": run.commentary or verdict([part for _, part in parts]),
        "decisions": tuple(line.strip() for line in run.decisions.splitlines() if line.strip()),
        "as_of": f"{local.day} {local:%b %Y %H:%M} {local.tzname()}",
        "report_id": run.number,
        "created": now,
        "approved": signed,
        "klass": f"internal · audit {seal.head()[:12]}",
        "promises": promises(run) if run.pack else (),
    }


def _days(period: Period) -> str:
    """The days of a week, which nobody knows by its number."""
    first, last = period.first, period.last
    if str(getattr(period.grain, "value", period.grain)) != Pack.Cadence.WEEK:
        return ""
    begin = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f" · {begin}–{last.day} {last:%b %Y}"


def _author(run: ReportRun, owner: Any) -> str:
    person = run.copy_of.requested_by if run.copy_of else owner
    return f"{person}{f', {person.title}' if person.title else ''}"


def _page(
    run: ReportRun, parts: Sequence[tuple[Source, Part]], period: Period, owner: Any, now: datetime
) -> pdf.WeeklyReport:
    return pdf.WeeklyReport(
        **_common(run, parts, period, owner, now),
        facts=tuple(fact for _, part in parts for fact in part.facts)[:4],
        kpi_rows=tuple(row for _, part in parts for row in part.kpi_rows),
        charts_title="Trends",
        charts=tuple(chart for _, part in parts for chart in part.charts)[:2],
        notes=tuple(text for text in run.comments.values() if text),
    )


def _pack(
    run: ReportRun, parts: Sequence[tuple[Source, Part]], period: Period, owner: Any, now: datetime
) -> pdf.PackReport:
    sections = tuple(
        pdf.PackSection(
            name=f"section-{source.name}",
            title=source.title or source.name.capitalize(),
            commentary=run.comments.get(source.name, ""),
            facts=part.facts,
            kpi_rows=part.kpi_rows,
            charts=part.charts,
            tables=tuple(
                pdf.PackTable(
                    title=table.title,
                    heads=tuple((head, at in table.numbers) for at, head in enumerate(table.columns)),
                    rows=tuple(tuple((cell, at in table.numbers) for at, cell in enumerate(row)) for row in table.rows),
                )
                for table in part.tables
            ),
        )
        for source, part in parts
    )
    grain = str(getattr(period.grain, "value", period.grain))
    return pdf.PackReport(
        **_common(run, parts, period, owner, now),
        sections=sections,
        change_label=grain.capitalize(),
        spark_label=f"26 {grain}s",
    )


def promises(run: ReportRun) -> tuple[pdf.Promise, ...]:
    """What the same pack promised in its period before this one."""
    before = Period.parse(run.period_key, zone()).previous().key
    rows = Promise.objects.filter(pack=run.pack, period_key=before, archived_at__isnull=True).select_related("owner")
    return tuple(
        pdf.Promise(
            action=one.action,
            owner=str(one.owner),
            due=f"{one.due_on.day}\u00a0{one.due_on:%b}\u00a0{one.due_on:%Y}",
            result=one.result or one.get_state_display(),
            tone=PROMISE_TONES[one.state],  # type: ignore[arg-type]
        )
        for one in rows.order_by("due_on", "id")
    )


def verdict(parts: Sequence[Part]) -> str:
    """Two plain sentences made from the figures, where nobody wrote any."""
    good = [name for part in parts for name in part.on_target]
    bad = [name for part in parts for name in part.off_target]
    if not good and not bad:
        return "No key figure has a target for this period yet."
    if not bad:
        return f"All {len(good)} key figures with a target are on target."
    shown = [*bad[:3], f"{len(bad) - 3} more"] if len(bad) > 3 else bad
    names = " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
    verb = "is" if len(bad) == 1 else "are"
    return f"{len(good)} of {len(good) + len(bad)} key figures are on target. {names} {verb} not."


def write_workbook(composed: Composed, path: Path) -> None:
    """The same figures as a workbook: one sheet per section, texts as the report prints them."""
    report = composed.report
    sheets: list[tuple[str, Sequence[str], Sequence[Sequence[Any]]]] = []
    for source, part in composed.parts:
        title = source.title or source.name.capitalize()
        if part.kpi_rows:
            heads = ("Indicator", "Actual", "Target", "Gap", "Change", "Status")
            rows = [(row.name, row.actual, row.target, row.gap, row.change, row.status_word) for row in part.kpi_rows]
            sheets.append((title, heads, rows))
        for name, values in part.figures.items():
            if isinstance(values, list) and values and isinstance(values[0], dict):
                sheets.append(
                    (
                        f"{title} exact {name}",
                        list(values[0]),
                        [[_number(cell) for cell in one.values()] for one in values],
                    )
                )
        sheets += [(f"{title} {table.title}", table.columns, table.rows) for table in part.tables]
    note = (
        f"{report.title}\n{report.period_label}\n{report.site}\nData as of {report.as_of}\nReport {report.report_id}\n"
    )
    write_book(path, sheets or [("Empty", ("Nothing to show",), [])], f"{note}{report.verdict}")


def _number(cell: Any) -> Any:
    """Exact figures are texts in the snapshot and numbers in the workbook."""
    try:
        return Decimal(cell) if isinstance(cell, str) and cell[:1] in "-0123456789" else cell
    except InvalidOperation:
        return cell
