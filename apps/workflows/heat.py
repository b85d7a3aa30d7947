"""Where the cases of a workflow spend their time: one row of measures per step, counted by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from apps.workflows.bpmn.model import ACTIVITIES, Process
from apps.workflows.models import Workflow

MEASURES = {
    "count": "Times",
    "wait": "Mean wait",
    "work": "Mean work",
    "breaches": "SLA missed",
    "rework": "Rework",
    "cost": "Cost of work",
}
# A task waits until somebody starts it and is worked on from then; what no person does is all work. Steps of a loop
# (parent_token) are turns of one piece of work, not rework. Steps that were taken back say nothing about duration.
QUERY = """
SELECT step.element, min(step.name), min(step.kind),
       count(*),
       count(*) FILTER (WHERE step.left_at IS NULL),
       avg(extract(epoch FROM coalesce(task.started_at, task.done_at, step.left_at) - step.entered_at))
           FILTER (WHERE task.id IS NOT NULL AND step.state = 'done'),
       avg(extract(epoch FROM step.left_at - coalesce(task.started_at, task.done_at, step.entered_at)))
           FILTER (WHERE step.state = 'done' AND NOT step.instant),
       sum(extract(epoch FROM step.left_at - coalesce(task.started_at, task.done_at, step.entered_at)))
           FILTER (WHERE step.state = 'done' AND NOT step.instant),
       count(*) FILTER (WHERE task.breached_at IS NOT NULL),
       count(*) FILTER (WHERE task.sla_minutes IS NOT NULL),
       count(*) FILTER (WHERE step.parent_token = 0)
           - count(DISTINCT step.case_id) FILTER (WHERE step.parent_token = 0)
FROM workflows_step step
JOIN workflows_case the_case ON the_case.id = step.case_id
LEFT JOIN work_task task ON task.id = step.task_id
WHERE the_case.workflow_id = %(workflow)s
  AND (%(since)s::timestamptz IS NULL OR step.entered_at >= %(since)s::timestamptz)
GROUP BY step.element
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """Measures of one step. Seconds throughout; cost in the company's currency, None where no rate is set."""

    element: str
    name: str
    kind: str
    count: int
    here: int
    wait: float | None
    work: float | None
    breaches: int
    with_sla: int
    rework: int
    cost: Decimal | None

    def measure(self, name: str) -> float | None:
        value = getattr(self, name)
        return None if value is None else float(value)


def heat_of(workflow: Workflow, process: Process | None, *, since: datetime | None = None) -> list[Heat]:
    """Every step that cases stood on since then, most often first; the reader's own walls decide which cases count."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY, {"workflow": workflow.pk, "since": since})
        rows = cursor.fetchall()
    rates = {key: node.work.rate for key, node in process.nodes.items()} if process is not None else {}
    found = [
        Heat(
            element=row[0],
            name=row[1],
            kind=row[2],
            count=row[3],
            here=row[4],
            wait=_seconds(row[5]),
            work=_seconds(row[6]) if row[2] in ACTIVITIES else None,
            breaches=row[8],
            with_sla=row[9],
            rework=row[10],
            cost=_cost(rates.get(row[0], ""), row[7]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.count, one.name))


def _seconds(value: Decimal | None) -> float | None:
    return None if value is None else max(0.0, float(value))


def _cost(rate: str, seconds: Decimal | None) -> Decimal | None:
    """Hours of work at the rate the diagram names."""
    if not rate or seconds is None:
        return None
    return (Decimal(rate) * max(Decimal(0), seconds) / 3600).quantize(Decimal("0.01"))
