"""What work shows elsewhere: what waits for a person, figures of tasks and approvals, a section of reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from apps.core.insights import measured
from apps.core.metrics import Measure, Metric, offer
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Card, Contribution, View, contribute, offer_card
from apps.core.web.waiting import Waits, count_waiting
from apps.work import queries, rows


def needs(view: View) -> list[pm.NeedsRow]:
    """Approvals that wait for the reader, and their own tasks that are late or due today."""
    found = queries.inbox(view.user, now=timezone.now())
    return [
        *(rows.approval_row(one, view.user) for one in found.approvals[:6]),
        *(rows.task_row(one, view.user) for one in (*found.late, *found.today)[:6]),
    ]


def _waits(user: Any) -> Waits:
    """Open tasks and approvals of one's own; hot when one is late."""
    found = queries.inbox(user, now=timezone.now())
    tasks = (found.late, found.today, found.week, found.later, found.held)
    return Waits(sum(map(len, tasks)) + len(found.approvals), hot=bool(found.late))


count_waiting("my_work", _waits)


def _inbox_card(view: View, _param: str) -> pm.Section:
    found = queries.inbox(view.user, now=timezone.now())
    shown = [rows.task_row(one, view.user) for one in (*found.late, *found.today, *found.week)[:8]]
    return pm.Section(
        "My tasks",
        note=f"{len(found.late)} overdue" if found.late else "",
        text="" if shown else "No task is due within a week.",
        body=render_to_string("work/rows.html", {"rows": shown}) if shown else "",
        button=pm.Button("My work", reverse("my_work"), "inbox"),
    )


# Per department and period on the site's days; what ended counts when it ended.
DONE = """
SELECT department_id, date_trunc(%(grain)s, done_at, %(zone)s), count(*), NULL::numeric FROM work_task
WHERE state = 'done' AND done_at >= %(start)s AND done_at < %(end)s GROUP BY 1, 2
"""
ON_TIME = """
SELECT department_id, date_trunc(%(grain)s, done_at, %(zone)s),
  count(*) FILTER (WHERE due_at IS NULL OR done_at <= due_at), count(*) FROM work_task
WHERE state = 'done' AND done_at >= %(start)s AND done_at < %(end)s GROUP BY 1, 2
"""
CYCLE = """
SELECT department_id, date_trunc(%(grain)s, done_at, %(zone)s),
  sum(extract(epoch FROM done_at - created_at)) / 3600, count(*) FROM work_task
WHERE state = 'done' AND done_at >= %(start)s AND done_at < %(end)s GROUP BY 1, 2
"""
BREACHES = """
SELECT department_id, date_trunc(%(grain)s, breached_at, %(zone)s), count(*), NULL::numeric FROM work_task
WHERE breached_at >= %(start)s AND breached_at < %(end)s GROUP BY 1, 2
"""
DECIDING = """
SELECT department_id, date_trunc(%(grain)s, decided_at, %(zone)s),
  sum(extract(epoch FROM decided_at - created_at)) / 3600, count(*) FROM work_approval
WHERE decided_at >= %(start)s AND decided_at < %(end)s AND state IN ('approved', 'rejected') GROUP BY 1, 2
"""


def _offer(
    name: str, label: str, words: str, sql: str, *, unit: str, rule: str, direction: str, records: str, factor: int = 1
) -> None:
    def collect(start: datetime, end: datetime, grain: str, zone: str) -> Iterable[Measure]:
        return measured(sql, start, end, grain, zone)

    offer(
        Metric(
            name=name,
            label=label,
            help=words,
            unit=unit,
            rule=rule,
            direction=direction,
            grain="day",
            collect=collect,
            records=records,
            factor=factor,
        )
    )


_TASKS, _APPROVALS = "/tasks/?state=done", "/approvals/"
_offer(
    "work.tasks_done",
    "Tasks done",
    "Tasks that were completed in the period.",
    DONE,
    unit="",
    rule="sum",
    direction="higher",
    records=_TASKS,
)
_offer(
    "work.tasks_on_time",
    "Tasks done on time",
    "Share of the tasks completed in the period that were completed by their due time.",
    ON_TIME,
    unit="%",
    rule="ratio",
    factor=100,
    direction="higher",
    records=_TASKS,
)
_offer(
    "work.task_cycle_time",
    "Task cycle time",
    "Mean hours from opening a task to completing it, by the clock.",
    CYCLE,
    unit="h",
    rule="ratio",
    direction="lower",
    records=_TASKS,
)
_offer(
    "work.sla_breaches",
    "SLA breaches of tasks",
    "Tasks whose SLA in working time passed in the period before they were done.",
    BREACHES,
    unit="",
    rule="sum",
    direction="lower",
    records="/tasks/",
)
_offer(
    "work.approval_time",
    "Time to approve",
    "Mean hours from asking to the decision, by the clock.",
    DECIDING,
    unit="h",
    rule="ratio",
    direction="lower",
    records=_APPROVALS,
)
contribute(Contribution("work", "Work", 10, needs=needs))
offer_card(
    Card(
        "work.inbox",
        "My tasks",
        _inbox_card,
        "Your tasks of this week",
        row="task",
        roles=frozenset({"OPM", "DPM", "SUP", "OPR", "QAI", "BUY"}),
    )
)
