"""P11: the weekly report as PDF from its confined child, against bare WeasyPrint on the same HTML in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Report, interleaved
from benchmarks.place import installation

ROUNDS = {"XS": 1, "S": 5, "M": 9}
TABLE_ROWS = {"XS": 5, "S": 400, "M": 900}
BARE = """
import sys
from weasyprint import HTML
HTML(sys.argv[1]).write_pdf(sys.argv[2], pdf_variant="pdf/ua-1")
"""


def table(rows: int) -> str:
    """A long table of plain words and numbers, some twenty rows to a page."""
    lines = "".join(
        f"<tr><th scope='row'>Line {number}</th><td>{number * 7 % 100}.{number % 10}</td><td>on target</td></tr>"
        for number in range(rows)
    )
    style = "body{font-family:sans-serif;font-size:12pt}td,th{padding:4pt;border-bottom:1px solid #999}"
    return f"<html lang='en'><head><title>Pack</title><style>{style}</style></head><body><h1>Pack</h1><table><thead><tr><th>Line</th><th>Value</th><th>State</th></tr></thead><tbody>{lines}</tbody></table></body></html>"


def run(size: str) -> Report:
    report = Report("pdf", size)
    with installation(), tempfile.TemporaryDirectory() as folder:
        from apps.core import pdf

        html = table(TABLE_ROWS[size])
        source, target = Path(folder) / "in.html", Path(folder) / "out.pdf"
        source.write_text(html)

        def bare() -> Any:
            subprocess.run([sys.executable, "-c", BARE, str(source), str(target)], check=True, capture_output=True)

        def ours() -> Any:
            return pdf.render(html, title="Pack", created=datetime(2026, 11, 23, tzinfo=UTC))

        found = interleaved({"bare": bare, "ours": ours}, rounds=ROUNDS[size])
    for name, index in (("wall", 0), ("CPU", 1)):
        work = f"table of {TABLE_ROWS[size]} rows as PDF / bare WeasyPrint, {name}"
        report.add("P11", work, found["bare"][index], found["ours"][index], 1.15)
    return report
