"""Every fact may fire rules; a queued run is a call for any free worker; a dry run is a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.core.access import scope
from apps.core.events.handlers import on, on_every
from apps.core.jobs.running import Progress, job
from apps.core.models import Event, Job
from apps.org.events import DepartmentOpened
from apps.org.models import Department
from apps.workflows import dry_run, matching, runner, starter
from apps.workflows.events.rules import MissedDue, RunQueued
from apps.workflows.models import Rule
from apps.workflows.rule_definition import OWN_FACTS
from apps.workflows.services import rules


def awaited(event: Event) -> bool | str:
    """Whether a rule waits for such a fact; the database knows when the fact is written."""
    return event.name not in OWN_FACTS and "workflows_awaited(told.name, split_part(told.subject, ':', 1))"


@on_every(name="workflows.match_rules", when=awaited)
def match_rules(event: Event) -> None:
    matching.match_event(event)


@on(DepartmentOpened, name="workflows.starter_rules")
def give_starter_rules(event: Event) -> None:
    """A new company begins with the starter set, all off."""
    company = Department.objects.filter(pk=int(event.subject.partition(":")[2]), parent__isnull=True).first()
    if company is not None:
        starter.add_starter_rules(company)


@on(MissedDue, name="workflows.run_missed")
def run_missed(event: Event) -> None:
    told = event.payload
    since, until = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
    matching.run_missed(told["rule_id"], since=since, until=until, after=told["after"])


@on(RunQueued, name="workflows.work_off_runs", slow=True)
def work_off_runs(event: Event) -> None:
    """Not the run that called, but the fairest one: so a rule with many runs delays no other."""
    runner.work_off()


@job("workflows.dry_run", "Dry run of a rule")
def run_dry(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    with scope.transacted(scope.for_system("reading the rule of a dry run")):
        rule = Rule.objects.select_related("owner", "department").get(pk=row.params["rule"])
    found = dry_run.dry_run(rule, days=row.params["days"], now=timezone.now(), progress=progress)
    with scope.transacted(scope.for_system("noting a dry run")):
        rules.mark_dry_run(rule, number=found["number"])
    return found | {"url": f"/automation/{rule.pk}/dry-runs/?job={row.pk}", "label": "Open the result"}
