"""What management uses: drilling down, a dashboard of one's own, a 20-page pack, and a worker that makes 200 reports."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.ingest import company
from benchmarks.measure import Report, interleaved
from benchmarks.pages import fill, queries_of
from benchmarks.pdf import BARE
from benchmarks.place import installation, postgres_pid

ROUNDS = {"XS": 1, "S": 5, "M": 9}
REPORTS = {"XS": 3, "S": 200, "M": 200}
SECTION_ROWS = {"XS": 4, "S": 90, "M": 90}
SECTIONS = {"XS": 2, "S": 6, "M": 6}
BATCH = 5


def pack(sections: int, rows: int) -> Any:
    """A pack of words and numbers only, some three pages to a section."""
    from apps.core import pdf

    made = tuple(
        pdf.PackSection(
            name=f"s{number}",
            title=f"Section {number}",
            commentary="What moved and why, in two sentences.",
            tables=(
                pdf.PackTable(
                    title="Lines",
                    heads=(("Line", False), ("Value", True), ("State", False)),
                    rows=tuple(
                        ((f"Line {n}", False), (f"{n * 7 % 100}.{n % 10}", True), ("on target", False))
                        for n in range(rows)
                    ),
                ),
            ),
        )
        for number in range(sections)
    )
    return pdf.PackReport(
        title="Pack",
        period_label="October 2026",
        site="Company",
        prepared_for="Upper management",
        prepared_by="Somebody",
        verdict="All is well.",
        as_of="1 Nov 2026 08:00 CET",
        report_id="P-1",
        created=datetime(2026, 11, 1, tzinfo=UTC),
        decisions=("Buy a bench",),
        sections=made,
    )


def resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def measure_pack(report: Report, size: str) -> None:
    from apps.core import pdf
    from apps.core.pdf.weekly import report_assets

    made = pack(SECTIONS[size], SECTION_ROWS[size])
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.html", Path(folder) / "out.pdf"
        style = report_assets(None)["print-pdf.css"].decode()
        page = pdf.pack_html(made).replace(
            '<link rel="stylesheet" href="asset:print-pdf.css">', f"<style>{style}</style>"
        )
        source.write_text(page)

        def bare() -> None:
            subprocess.run([sys.executable, "-c", BARE, str(source), str(target)], check=True, capture_output=True)

        found = interleaved({"bare": bare, "ours": lambda: pdf.render_pack(made, font=None)}, rounds=ROUNDS[size])
        pages = target.read_bytes().count(b"/Type /Page\n") or target.read_bytes().count(b"/Type/Page")
    for name, index in (("wall", 0), ("CPU", 1)):
        note = f"{pages} pages" if pages else ""
        report.add(
            "P11", f"pack as PDF / bare WeasyPrint, {name}", found["bare"][index], found["ours"][index], 1.15, note=note
        )


def measure_memory(report: Report, size: str, manager: Any, places: Any) -> None:
    """Reports one after the other in this process, which stands for a worker; the renderer is a child each time."""
    from django.db import transaction

    from apps.core.access import scope
    from apps.reports import handlers, services

    def one() -> None:
        with transaction.atomic(), scope.of(manager):
            run = services.request_report(period_key="2026-W40", department=places.root, actor=manager)
        services.make_report(handlers.run_of(run.pk), now=datetime.now(UTC))

    count = REPORTS[size]
    warm = max(1, count // 10)
    for _ in range(warm):
        one()
    before = resident_mb()
    for _ in range(count - warm):
        one()
    report.add("P20", f"memory after {count} reports / after {warm}", before, resident_mb(), 1.05, unit="MB")


def run(size: str) -> Report:
    report = Report("management", size)
    with installation() as home:
        from django.db import transaction
        from django.test import Client

        from apps.core.access import scope
        from apps.dashboard import services as dashboards
        from apps.kpis.models import Definition

        places, manager, _ = company()
        fill(places, 50)
        cards = [{"card": "kpis.figures", "size": "full"}, {"card": "kpis.exceptions"}, {"card": "dashboard.needs"}]
        cards += [{"card": "kpis.chart", "param": f"tile{number}"} for number in range(3)]
        with transaction.atomic(), scope.of(manager):
            own = dashboards.make_dashboard(title="Mine", cards=cards, actor=manager)
            tile = Definition.objects.get(code="tile0")
        client = Client(HTTP_HOST="localhost")
        client.force_login(manager, backend="allauth.account.auth_backends.AuthenticationBackend")
        paths = {"drill": f"/kpis/{tile.pk}/origin/", "dashboard": f"/dashboards/{own.pk}/", "strategy": "/strategy/"}
        counted = {name: queries_of(client, path) for name, path in paths.items()}

        def get(path: str) -> Any:
            return lambda: [client.get(path) for _ in range(BATCH)]

        work = {"ping": get("/-/ping"), **{name: get(path) for name, path in paths.items()}}
        found = interleaved(work, rounds=ROUNDS[size] * 2, pids=[postgres_pid(home)])
        for name, goal in (("drill", 8), ("dashboard", 15), ("strategy", 8)):
            note = f"{counted[name]} queries"
            report.add("P5", f"{name} page / ping", found["ping"][0] / BATCH, found[name][0] / BATCH, goal, note=note)
        measure_pack(report, size)
        measure_memory(report, size, manager, places)
    return report
