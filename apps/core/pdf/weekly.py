"""What a weekly report is made of, as ready words and drawings, so that any app can fill it and one template prints it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from apps.core.pdf.rendering import render

Tone = Literal["good", "warn", "bad", "none"]
Paper = Literal["a4", "letter"]
STYLE = Path(__file__).resolve().parents[3] / "static" / "css" / "print-pdf.css"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line beside the decisions: the finding in bold, then its reason."""

    finding: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiRow:
    """One key figure; numbers are texts made by the one formatter, `spark_svg` is markup of the chart room."""

    name: str
    actual: str
    target: str
    gap: str
    change: str
    spark_svg: SafeString
    tone: Tone
    status_word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing with its title and unit; the SVG opens with a <title>, which readers of the PDF hear."""

    title: str
    unit: str
    svg: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What was promised last week and what came of it."""

    action: str
    owner: str
    due: str
    result: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """The whole report. `as_of` names its time zone in words; `klass` is the handling class, such as internal."""

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
    facts: Sequence[Fact] = ()
    decisions: Sequence[str] = ()
    kpi_rows: Sequence[KpiRow] = ()
    charts_title: str = "Money and flow"
    charts: Sequence[Chart] = ()
    promises: Sequence[Promise] = ()
    lang: str = "en"
    paper: Paper = "a4"
    change_label: str = "Week"
    spark_label: str = "26 weeks"
    notes: Sequence[str] = field(default=())


def weekly_html(report: WeeklyReport) -> str:
    """The report as the HTML that is laid out; also fit for a preview on screen."""
    return render_to_string("pdf/weekly.html", {"report": report})


def render_weekly(report: WeeklyReport, *, font: Path | None) -> bytes:
    """The report as PDF. `font` is the Inter file (woff2); without it the system's fallback is embedded."""
    return render(
        weekly_html(report),
        title=f"{report.title}, {report.period_label}, {report.site}",
        lang=report.lang,
        assets=report_assets(font),
        created=report.created,
    )


def report_assets(font: Path | None) -> dict[str, bytes]:
    """The style sheet and the font every report of ours is set in."""
    face = b""
    assets: dict[str, bytes] = {}
    if font is not None and font.exists():
        assets["inter.woff2"] = font.read_bytes()
        face = b'@font-face{font-family:Inter;font-weight:100 900;src:url("asset:inter.woff2") format("woff2")}\n'
    return {"print-pdf.css": face + STYLE.read_bytes(), **assets}
