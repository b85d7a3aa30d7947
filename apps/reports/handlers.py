"""The job that makes a report."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.jobs.running import Progress, job
from apps.core.models import Job
from apps.reports import services
from apps.reports.models import ReportRun


@job("reports.make", "Make a report")
def make(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    progress.tell("Collecting figures", 0, 2)
    with transaction.atomic(), scope.of(owner):
        run = ReportRun.objects.get(pk=row.params["run"])
    progress.tell("Laying out pages", 1, 2)
    try:
        services.make_report(run, owner=owner, now=timezone.now())
    except Refused as error:
        services.fail_report(run, problem=error.message)
        raise
    return {"url": f"/reports/{run.pk}/report.pdf", "label": "Download PDF"}
