"""PDF files: accessible, the same twice, whole over many pages, and deaf to every address in hostile HTML."""

from __future__ import annotations

import io
import os
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.utils.safestring import mark_safe

from apps.core import sandbox
from apps.core.errors import Refused
from apps.core.pdf import Chart, Fact, KpiRow, PdfFailed, Promise, WeeklyReport, render, render_weekly
from apps.core.pdf.weekly import weekly_html
from apps.core.sandbox import Limits

SPARK = mark_safe('<svg viewBox="0 0 9 9"><title>Yield, 26 weeks</title><path d="M0 9L9 0" stroke="#00f"/></svg>')
ROW = KpiRow(
    name="First-pass yield",
    actual="98.1 %",
    target="min 97.5 %",
    gap="+0.6 pt",
    change="↑ 0.4",
    spark_svg=SPARK,
    tone="good",
    status_word="On target",
)
REPORT = WeeklyReport(
    title="Weekly operations report",
    period_label="Week 47 · 16–22 November 2026",
    site="Plant 2, Gothenburg",
    prepared_for="Executive board",
    prepared_by="Maria Duarte",
    approved="19 Nov 2026",
    verdict="Quality is on target. Lead time is not.",
    as_of="19 Nov 2026 06:55 CET",
    report_id="2026-W47-01",
    created=datetime(2026, 11, 19, 5, 55, tzinfo=UTC),
    facts=[Fact(finding="Lead time 4.8 days.", reason="61 % is waiting.")],
    decisions=["Second leak bench, late shift."],
    kpi_rows=[ROW],
    charts=[Chart(title="Orders shipped", unit="per week", svg=mark_safe(SPARK.replace("Yield", "Orders")))],
    promises=[Promise(action="Sort lot L-2291", owner="S. Lindqvist", due="18 Nov", result="Done", tone="good")],
)
TIGHT = Limits(memory_mb=1024, cpu_seconds=6, wall_seconds=10, output_mb=16)


def opened(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def structure(reader: pypdf.PdfReader) -> Iterator[dict[str, Any]]:
    def walk(node: Any) -> Iterator[dict[str, Any]]:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                yield from walk(child)
        elif isinstance(node, dict):
            if "/S" in node:
                yield node
            if "/K" in node:
                yield from walk(node["/K"])

    yield from walk(reader.trailer["/Root"]["/StructTreeRoot"])  # type: ignore[index]


@pytest.fixture(scope="module")
def weekly() -> bytes:
    return render_weekly(REPORT, font=settings.FONT_FILE)


def test_the_report_is_accessible(weekly: bytes) -> None:
    reader = opened(weekly)
    root: Any = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("en", True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] is not None
    assert reader.metadata is not None
    assert reader.metadata.title == "Weekly operations report, Week 47 · 16–22 November 2026, Plant 2, Gothenburg"
    assert b'pdfuaid:part="1"' in root["/Metadata"].get_object().get_data()
    tags = list(structure(reader))
    kinds = Counter(tag["/S"] for tag in tags)
    assert (kinds["/H1"], kinds["/Table"], kinds["/THead"]) == (1, 2, 2)
    figures = [tag.get("/Alt") for tag in tags if tag["/S"] == "/Figure"]
    assert figures == ["Yield, 26 weeks", "Orders, 26 weeks"]
    first_bookmark: Any = reader.outline[0]
    assert first_bookmark["/Title"] == "Weekly operations report"


def test_every_font_is_embedded(weekly: bytes) -> None:
    fonts = {
        font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object().get("/FontFile2")
        is not None
        for page in opened(weekly).pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert fonts == {True}


def test_page_one_stands_alone(weekly: bytes) -> None:
    reader = opened(weekly)
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    for words in (
        "Weekly operations report",
        "Prepared for Executive board",
        "Approved 19 Nov 2026",
        "Decisions needed",
        "Second leak bench",
        "On target",
        "Promised last week",
        "Data as of 19 Nov 2026 06:55 CET · report 2026-W47-01 · internal",
        "Page 1 of 1",
    ):
        assert words in text


def test_the_same_report_gives_the_same_bytes(weekly: bytes) -> None:
    assert render_weekly(REPORT, font=settings.FONT_FILE) == weekly


def test_long_tables_repeat_their_head_on_letter_paper_too() -> None:
    reader = opened(render_weekly(replace(REPORT, kpi_rows=[ROW] * 60, paper="letter"), font=None))
    pages = [page.extract_text() for page in reader.pages]
    assert len(pages) > 1
    assert [float(side) for side in reader.pages[0].mediabox[2:]] == [612, 792]
    assert all("Indicator" in text for text in pages[:2])
    assert "Week 47" in pages[1]
    assert sum(text.count("First-pass yield") for text in pages) == 60


def test_words_of_people_stay_words() -> None:
    payload = '<script>alert(1)</script>{{7*7}}"><img src=x>'
    html = weekly_html(
        replace(REPORT, verdict=payload, report_id=payload, kpi_rows=[replace(ROW, name=payload, spark_svg=payload)])  # type: ignore[arg-type]
    )
    assert "<script" not in html
    assert "<img" not in html
    assert html.count("{{7*7}}") == 4


def test_no_address_in_hostile_html_is_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = listener.getsockname()[1]
        html = f"""<html><head><title>x</title>
            <link rel="stylesheet" href="http://127.0.0.1:{port}/a.css">
            <link rel="attachment" href="file:///etc/passwd"><style>@import "file:///etc/passwd";
            @font-face {{ font-family: y; src: url("http://127.0.0.1:{port}/f.woff2") }}
            p {{ background: url("http://127.0.0.1:{port}/b.png"); font-family: y }}</style></head>
            <body><p>still here</p><img src="file:///etc/passwd" alt="a"><img src="http://127.0.0.1:{port}/i" alt="b">
            <img src="//127.0.0.1:{port}/j" alt="c"><img src="../../etc/passwd" alt="d"><a rel="attachment" href="file:///etc/passwd">x</a>
            <object data="http://127.0.0.1:{port}/o"></object><svg><title>s</title><image href="http://127.0.0.1:{port}/s"/>
            <use href="file:///etc/passwd#a"/></svg><embed src="ftp://127.0.0.1:{port}/e"></body></html>"""
        try:
            content = render(html, title="x", limits=TIGHT)
        except PdfFailed:
            content = b""
        with pytest.raises(TimeoutError):
            listener.accept()
    if content:
        reader = opened(content)
        assert not reader.attachments
        assert "root:" not in "".join(page.extract_text() for page in reader.pages)


@pytest.mark.slow
@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td colspan=100000>x</td></tr><tr>" + "<td>y</td>" * 200 + "</tr></table>" * 3,
        "<div>" * 3000 + "deep" + "</div>" * 3000,
        "<style>@page{size:1px 1px;margin:0}</style>" + "word " * 20_000,
        "x" * (9 << 20),
    ],
    ids=["colspan", "nesting", "tiny-pages", "huge"],
)
def test_bombs_are_refused_with_a_sentence(html: str) -> None:
    with pytest.raises(Refused, match="too large for a PDF") as refused:
        render(html, title="x", limits=TIGHT)
    assert refused.value.code == "pdf_too_large"


def test_a_forgotten_asset_is_told_loudly() -> None:
    with pytest.raises(PdfFailed, match="chart"):
        render('<title>x</title><img src="asset:chart.svg" alt="x">', title="x")


def test_a_server_without_pango_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weasyprint.py").write_text("raise OSError(\"cannot load library 'libpango-1.0-0'\")")
    monkeypatch.setattr(sandbox, "ROOT", f"{tmp_path}{os.pathsep}{sandbox.ROOT}")
    with pytest.raises(Refused, match="PDFs are off on this server") as refused:
        render("<p>x</p>", title="x")
    assert refused.value.code == "pdf_unavailable"
