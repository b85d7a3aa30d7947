"""What a report pack is made of, as ready words and drawings: cover, contents, decisions, promises, sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.template.loader import render_to_string

from apps.core.pdf.rendering import render
from apps.core.pdf.weekly import Chart, Fact, KpiRow, Paper, Promise, report_assets


@dataclass(frozen=True, slots=True, kw_only=True)
class PackTable:
    """A table; `cells` are (text, is a number) pairs."""

    title: str
    heads: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[tuple[str, bool]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSection:
    """One section with its commentary; `name` is its anchor."""

    name: str
    title: str
    commentary: str = ""
    facts: Sequence[Fact] = ()
    kpi_rows: Sequence[KpiRow] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[PackTable] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackReport:
    """The whole pack. `as_of` names its time zone in words; `klass` is the handling class, such as internal."""

    title: str
    period_label: str
    site: str
    prepared_for: str
    prepared_by: str
    verdict: str
    as_of: str
    report_id: str
    created: datetime
    approved: str = ""
    klass: str = "internal"
    decisions: Sequence[str] = ()
    promises: Sequence[Promise] = ()
    sections: Sequence[PackSection] = ()
    lang: str = "en"
    paper: Paper = "a4"
    change_label: str = "Change"
    spark_label: str = "26 periods"


def pack_html(report: PackReport) -> str:
    """The pack as the HTML that is laid out."""
    return render_to_string("pdf/pack.html", {"report": report})


def render_pack(report: PackReport, *, font: Path | None) -> bytes:
    """The pack as tagged PDF with bookmarks, contents and page numbers."""
    return render(
        pack_html(report),
        title=f"{report.title}, {report.period_label}, {report.site}",
        lang=report.lang,
        assets=report_assets(font),
        created=report.created,
    )
