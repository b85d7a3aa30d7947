"""Files taken in as a person does it, and budgets drafted and approved through the API."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from apps.core.access import scope
from apps.core.events import delivery
from apps.core.models import Delivery, ImportBatch

API = "application/json"


def csv_of(header: list[str], rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def checked(browser: Client, path: str, content: bytes) -> ImportBatch:
    """Uploaded and tried, by the worker where the file is long."""
    answer = browser.post(f"/{path}/import/", {"file": SimpleUploadedFile("rows.csv", content)})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return worked(seen(lambda: ImportBatch.objects.latest("id")))


def seen(read: Callable[[], Any]) -> Any:
    with transaction.atomic(), scope.system("a test"):
        return read()


def worked(batch: ImportBatch) -> ImportBatch:
    """What a worker does with the job of a long file."""
    if batch.job_id:
        rows = Delivery.objects.filter(event__subject=f"job:{batch.job_id}", handler="core.run_job", done_at=None)
        for key in seen(lambda: list(rows.values_list("pk", flat=True))):
            assert delivery.deliver(key) == "done"
    seen(batch.refresh_from_db)
    return batch


def imported(browser: Client, batch: ImportBatch) -> ImportBatch:
    assert batch.problems == [], batch.problems[:3]
    assert browser.post(f"/{_path(batch)}/import/{batch.pk}/", {"do": "import"}).status_code == 302
    seen(batch.refresh_from_db)
    worked(batch)
    assert batch.state == ImportBatch.State.IMPORTED, batch.problems[:3]
    return batch


def _path(batch: ImportBatch) -> str:
    return {"budget_entry": "budget-entries", "budget_category": "budget-categories", "site": "sites"}.get(
        batch.resource, {"department": "departments", "budget_synonym": "budget-synonyms"}.get(batch.resource, "")
    )


def upload(browser: Client, path: str, header: list[str], rows: list[list[Any]]) -> ImportBatch:
    return imported(browser, checked(browser, path, csv_of(header, rows)))


def post(browser: Client, path: str, **values: Any) -> dict[str, Any]:
    answer = browser.post(f"/api/v1/{path}/", json.dumps(values), content_type=API)
    assert answer.status_code in {200, 201}, answer.content.decode()
    return dict(answer.json())


def plan(browser: Client, **values: Any) -> int:
    return int(post(browser, "budget-plans", **({"currency": "USD", "to_date_check": "allow"} | values))["id"])


def ask(browser: Client, path: str, **params: Any) -> dict[str, Any]:
    answer = browser.get(f"/api/v1/budget-plans/{path}/", params)
    assert answer.status_code == 200, answer.content.decode()
    return {one["key"]: one for one in answer.json()["groups"]}
