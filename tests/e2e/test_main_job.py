"""The platform's main job, driven as a manager drives it: define, import, roll up, look, fetch, report."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from pypdf import PdfReader

from apps.core.embedded.paths import REPOSITORY
from tests.e2e.conftest import listen
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
DATA = Path(os.environ.get("OPS_SHARED_DATA") or REPOSITORY.parent / "shared" / "data") / "kpi_xmr"
ROLLUP_SECONDS = 60


@dataclass
class Figures:
    """Numerator and denominator per organisation and month, and what the whole must come to."""

    parts: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    limits: dict[str, float] = field(default_factory=dict)

    @property
    def organisations(self) -> list[str]:
        return sorted({organisation for organisation, _ in self.parts})

    @property
    def months(self) -> list[str]:
        return sorted({month for _, month in self.parts})

    def share(self, month: str) -> Decimal:
        """Per cent of all organisations together."""
        good = sum(one[0] for (_, when), one in self.parts.items() if when == month)
        total = sum(one[1] for (_, when), one in self.parts.items() if when == month)
        return Decimal(good) / Decimal(total) * 100

    def shown(self, month: str) -> str:
        return str(self.share(month).quantize(Decimal("0.0001"), ROUND_HALF_UP))

    def departments_csv(self) -> bytes:
        return csv_file([("code", "name", "parent"), *((one, f"Hospital {one}", "ROOT") for one in self.organisations)])

    def readings_csv(self) -> bytes:
        rows = [
            ("otp", organisation, month, good, total) for (organisation, month), (good, total) in self.parts.items()
        ]
        return csv_file([("kpi", "department", "at", "value", "weight"), *rows])


def csv_file(rows: list[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def figures() -> Figures:
    """The real months of 274 organisations; a generated company where they are absent."""
    if DATA.is_dir():
        sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        with (DATA / "ae_attendances.csv").open() as file:
            for row in csv.DictReader(file):
                pair = sums[(row["org_code"], row["period"])]
                pair[0] += int(row["attendances"]) - int(row["breaches"])
                pair[1] += int(row["attendances"])
        whole = json.loads((DATA / "expected.json").read_text())
        made = Figures(parts=dict(sums))
        assert len(made.organisations) == whole["totals"]["orgs"]
        assert float(made.share(made.months[-1])) == pytest.approx(whole["totals"]["performance_last_month"] * 100)
        made.limits = next(case for case in whole["cases"] if case["id"] == "ENGLAND_perf")["expected"]
        return made
    rng = random.Random(5)
    months = [f"{2021 + index // 12}-{index % 12 + 1:02d}-01" for index in range(36)]
    parts = {}
    for number in range(40):
        for month in months:
            total = rng.randrange(500, 3000)
            parts[(f"H{number:02d}", month)] = [int(total * rng.uniform(0.8, 0.98)), total]
    return Figures(parts=parts)


def upload(page: Page, path: str, name: str, content: bytes) -> str:
    """Through the import pages: choose, check, confirm; large files are worked on by a job. Returns the check's summary."""
    page.goto(f"/{path}/import/")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Check the file").click(timeout=60_000)
    button = page.get_by_role("button", name=re.compile(r"Import [\d ,.\u202f\u00a0]+ rows"))
    _past_the_job(page, button)
    summary = page.locator("main").inner_text()
    button.click(timeout=60_000)
    _past_the_job(page, page.get_by_role("button", name="Undo this import"))
    return summary


def _past_the_job(page: Page, wanted: Locator) -> None:
    done = page.get_by_role("link", name="Open the report")
    expect(wanted.or_(done)).to_be_visible(timeout=90_000)
    if not wanted.is_visible():
        done.click()
        expect(wanted).to_be_visible(timeout=30_000)


def submit(page: Page, values: dict[str, str]) -> None:
    """Fill the form's fields by name, whatever kind they are, and press its button."""
    form = page.locator("main form.o-form")
    for name, value in values.items():
        one = form.locator(f"[name={name}]").last
        if one.evaluate("field => field.tagName") == "SELECT":
            one.select_option(value)
        elif one.get_attribute("type") == "checkbox":
            one.set_checked(bool(value))
        else:
            one.fill(value)
    form.locator("button.is-pri").click()


def define_kpi(page: Page, root: int) -> str:
    page.goto("/kpis/new/")
    values = {"code": "otp", "name": "Seen within four hours", "unit": "%", "rule": "ratio", "grain": "month"}
    values |= {"factor": "100", "decimals": "4", "department": str(root), "on_overview": "yes"}
    submit(page, values)
    page.wait_for_url(re.compile(r"/kpis/\d+/$"))
    return page.url.rstrip("/").rsplit("/", 1)[1]


def set_target(page: Page, key: str, root: int) -> None:
    page.goto(f"/kpi-targets/new/?kpi={key}")
    submit(page, {"department": str(root), "valid_from": "2017-01-01", "target": "95", "amber": "90"})
    page.wait_for_url(re.compile(r"/kpi-targets/\d+/$"))


def wait_for_roll_up(stack: Stack) -> None:
    """The web process never rolls up: the relay and a worker do."""
    deadline = time.monotonic() + ROLLUP_SECONDS
    with stack.owner() as connection, connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*), count(rolled_up_at) FROM kpis_readingbatch WHERE added > 0")
            batches, done = cursor.fetchone()
            if batches and batches == done:
                return
            assert time.monotonic() < deadline, (
                f"the worker did not roll up:\n{stack.log('worker')}\n{stack.log('relay')}"
            )
            time.sleep(0.2)


def download_report(page: Page, week: str) -> PdfReader:
    page.goto("/reports/")
    page.goto("/reports/new/")
    submit(page, {"period_key": week})
    page.wait_for_load_state()
    link = page.get_by_role("link", name="Download PDF").first
    deadline = time.monotonic() + 60
    while not link.is_visible():
        assert time.monotonic() < deadline, page.locator("main").inner_text()
        page.wait_for_timeout(500)
        page.goto("/reports/")
    with page.expect_download() as download:
        link.click()
    return PdfReader(download.value.path())


def test_from_a_file_to_the_report_of_upper_management(
    stack: Stack, manager: BrowserContext, company: dict[str, Any]
) -> None:
    source = figures()
    last = source.months[-1]
    page = manager.new_page()
    heard = listen(page)
    upload(page, "departments", "departments.csv", source.departments_csv())
    key = define_kpi(page, company["root"])
    set_target(page, key, company["root"])
    summary = upload(page, "kpi-readings", "readings.csv", source.readings_csv())
    assert f"{len(source.parts):,}"[:1] in summary
    wait_for_roll_up(stack)

    page.goto("/overview/?period=month")
    assert source.shown(last) in page.locator("main").inner_text()
    page.goto(f"/kpis/{key}/chart/?period=month")
    chart = page.locator("main").inner_text()
    assert source.shown(last) in chart
    answer = page.request.get(f"/api/v1/kpis/{key}/values/?period=month&points=36").json()
    assert [one["key"] for one in answer["values"]] == [month[:7] for month in source.months]
    for one in answer["values"]:
        exact = Decimal(one["value"])
        assert abs(exact - source.share(f"{one['key']}-01")) < Decimal("1e-18")
        assert str(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP)) == source.shown(f"{one['key']}-01")
    if source.limits:
        for name in ("mean", "lower_process_limit", "upper_process_limit"):
            assert f"{source.limits[name] * 100:.4f}" in chart, name

    report = download_report(page, "2019-W14" if DATA.is_dir() else "2024-W02")
    text = "".join(piece.extract_text() for piece in report.pages)
    assert source.shown(last) in text
    assert report.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert str(report.trailer["/Root"]["/Lang"]).startswith("en")  # type: ignore[index]
    assert heard == []


def test_the_same_file_again_brings_nothing_new(manager: BrowserContext) -> None:
    page = manager.new_page()
    page.goto("/kpi-readings/import/")
    content = figures().readings_csv()
    page.locator("input[type=file]").set_input_files({"name": "again.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Check the file").click(timeout=60_000)
    _past_the_job(page, page.get_by_text("There is nothing to import"))
