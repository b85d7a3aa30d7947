"""Turns our own HTML into accessible PDF in a confined child that can reach nothing but what it was handed."""

from apps.core.pdf.pack import PackReport, PackSection, PackTable, pack_html, render_pack
from apps.core.pdf.rendering import MAX_TABLE_ROWS, PdfFailed, render
from apps.core.pdf.weekly import Chart, Fact, KpiRow, Promise, WeeklyReport, render_weekly

__all__ = [
    "MAX_TABLE_ROWS",
    "Chart",
    "Fact",
    "KpiRow",
    "PackReport",
    "PackSection",
    "PackTable",
    "PdfFailed",
    "Promise",
    "WeeklyReport",
    "pack_html",
    "render",
    "render_pack",
    "render_weekly",
]
