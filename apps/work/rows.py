"""Tasks and approvals as rows of what waits."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.work import panels
from apps.work.models import Approval, Task


def task_row(task: Task, user: Any, *, claim: bool = False) -> pm.NeedsRow:
    tone, words = panels.task_state(task)
    record = reverse("record", args=["tasks", task.pk])
    do = reverse("do_task", args=[task.pk])
    parts = [task.code, task.department.name]
    if task.assignee_id and task.assignee_id != user.pk:
        parts.append(f"for {task.assignee}")
    if task.state == Task.State.HELD:
        parts.append(f"on hold: {task.hold_reason}")
    if claim:
        button = pm.Button("Take it", reverse("act", args=["tasks", task.pk, "claim"]), "hand", "soft", dialog=True)
    elif task.state == Task.State.HELD:
        button = pm.Button("Go on", reverse("act", args=["tasks", task.pk, "resume"]), "play", dialog=True)
    else:
        button = pm.Button("Start", do, "play", "soft")
    late = f"{words.lower()}, " if tone == "bad" else ""
    return pm.NeedsRow(
        title=task.title,
        url=record if claim else do,
        why=" · ".join(parts),
        icon="square-check",
        tone=tone,  # type: ignore[arg-type]
        due=f"{late}due {cells.when(task.due_at, cells.zone_of(user))[0]}" if task.due_at else "",
        due_on=timezone.localdate(task.due_at) if task.due_at else None,
        buttons=(button,),
        key=f"task:{task.pk}",
    )


def approval_row(approval: Approval, user: Any) -> pm.NeedsRow:
    record = reverse("record", args=["approvals", approval.pk])
    amount = format_number(approval.amount, 2, unit=approval.currency) if approval.amount is not None else ""
    return pm.NeedsRow(
        title=f"Approve: {approval.title}",
        url=record,
        why=" · ".join(part for part in (approval.code, f"asked by {approval.requested_by}", amount) if part),
        icon="stamp",
        tone="hold",
        due=f"since {cells.when(approval.created_at, cells.zone_of(user))[0]}",
        due_on=timezone.localdate(approval.created_at),
        buttons=(
            pm.Button(
                "Approve", reverse("act", args=["approvals", approval.pk, "approve"]), "check", "soft", dialog=True
            ),
            pm.Button("Review", record),
        ),
        key=f"approval:{approval.pk}",
    )
