"""Parts of the pages of tasks and approvals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from apps.core.models import Attachment
from apps.core.resources.resource import of_subject
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.connections import connect, subject_link
from apps.work.fields import out_of_limits
from apps.work.models import Approval, ApprovalStep, Policy, PolicyStep, Task

TASK_TONES = {"open": "info", "started": "info", "held": "hold", "done": "good", "cancelled": "idle"}
APPROVAL_TONES = {"pending": "hold", "approved": "good", "rejected": "bad", "withdrawn": "idle"}
STEP_TONES = {"waiting": "idle", "open": "hold", "approved": "good", "rejected": "bad", "skipped": "idle"}
MOST_CONNECTIONS = 8


def task_state(task: Task) -> tuple[str, str]:
    """Late before anything else, then what the state says."""
    if task.is_open and task.state != Task.State.HELD:
        now = timezone.now()
        if task.breached_at is not None or (task.due_at is not None and task.due_at < now):
            return "bad", "Overdue"
        if task.due_at is not None and task.due_at < now + timedelta(days=1):
            return "warn", "Due soon"
    return TASK_TONES[task.state], str(task.get_state_display())


def approval_state(approval: Approval) -> tuple[str, str]:
    return APPROVAL_TONES[approval.state], str(approval.get_state_display())


def task_panel(task: Task, user: Any) -> pm.Section | None:
    """The checklist and what was answered."""
    rows = [_point(place, one) for place, one in enumerate(task.checklist, 1)]
    wrong = set(out_of_limits(task.form, task.answers))
    people = _people(task)
    for field in task.form:
        value = task.answers.get(field["name"])
        bad = field["label"] in wrong
        text = _answer(field, value, people, task)
        tone = "bad" if bad else ("good" if value is not None else "idle")
        cell = pm.Cell(text, "status" if bad else "text", tone=tone, unit=field.get("unit", ""))  # type: ignore[arg-type]
        rows.append(pm.Row(field["name"], cells=(pm.Cell(field["label"]), cell)))
    if task.answers.get("note"):
        rows.append(pm.Row("note", cells=(pm.Cell("Note"), pm.Cell(task.answers["note"]))))
    if task.signed_as:
        rows.append(pm.Row("signed", cells=(pm.Cell("Signed by"), pm.Cell(task.signed_as))))
    if not rows:
        return None
    columns = (pm.Column("what", "Asked for", wide=True), pm.Column("answer", "Answer"))
    return pm.Section("What to do", table=pm.Table(columns, tuple(rows), "What to do"))


def _point(place: int, point: dict[str, Any]) -> pm.Row:
    state = ("good", "Done") if point["done"] else ("idle", "To do")
    return pm.Row(f"point-{place}", cells=(pm.Cell(point["text"]), pm.Cell(state[1], "status", tone=state[0])))  # type: ignore[arg-type]


def _people(task: Task) -> dict[int, Any]:
    keys = [task.answers.get(one["name"]) for one in task.form if one["kind"] == "person"]
    return dict(get_user_model()._default_manager.in_bulk([key for key in keys if key]))


def _answer(field: dict[str, Any], value: Any, people: dict[int, Any], task: Task) -> str:
    if value is None:
        return cells.DASH
    if field["kind"] == "yesno":
        return "Yes" if value else "No"
    if field["kind"] == "person":
        return str(people.get(value, cells.DASH))
    if field["kind"] == "photo":
        name = Attachment.objects.filter(pk=value, subject=task.subject()).values_list("name", flat=True).first()
        return f"Photo {name}" if name else "Photo"
    return str(value)


def steps_panel(approval: Approval, user: Any) -> pm.Section:
    """Who was asked in which order, who answered, and for whom."""
    zone = cells.zone_of(user)
    rows = []
    for step in approval.steps.prefetch_related("taken__user", "taken__answered_by"):
        seats: list[Any] = list(step.taken.all())
        for seat in seats or [None]:
            answer = (seat.get_answer_display() if seat and seat.answer else "") or step.get_state_display()
            tone = "good" if seat and seat.answer == "yes" else STEP_TONES[step.state]
            rows.append(
                pm.Row(
                    f"{step.pk}-{seat.pk if seat else 0}",
                    cells=(
                        pm.Cell(f"{step.position} · {step.need} of {len(seats) or step.need}"),
                        pm.Cell(seat.words if seat else _asked(step)),
                        pm.Cell(answer, "status", tone=tone),  # type: ignore[arg-type]
                        pm.Cell(cells.when(seat.answered_at, zone)[0] if seat and seat.answered_at else cells.DASH),
                        pm.Cell(seat.note if seat else ""),
                    ),
                )
            )
    columns = (
        pm.Column("step", "Step"),
        pm.Column("who", "Who"),
        pm.Column("answer", "Answer"),
        pm.Column("at", "When"),
        pm.Column("note", "Reason", wide=True),
    )
    return pm.Section("Steps", table=pm.Table(columns, tuple(rows), "Steps"))


def _asked(step: ApprovalStep) -> str:
    if step.kind == "role":
        return str(step.get_role_display())
    return str(step.person or step.team or step.get_kind_display())


def policy_panel(policy: Policy, user: Any) -> pm.Section:
    rows = tuple(
        pm.Row(
            str(one.pk),
            cells=(
                pm.Cell(str(one.position)),
                pm.Cell(band(one)),
                pm.Cell(str(one.person or one.team or one.get_role_display() or one.get_kind_display())),
                pm.Cell(str(one.need)),
            ),
        )
        for one in PolicyStep.objects.filter(policy=policy, archived_at__isnull=True).select_related("person", "team")
    )
    columns = (
        pm.Column("position", "Step"),
        pm.Column("band", "Amount"),
        pm.Column("who", "Who", wide=True),
        pm.Column("need", "How many", align="end"),
    )
    empty = "No step yet: nobody can be asked."
    return pm.Section("Steps by amount", table=pm.Table(columns, rows, "Steps by amount", empty))


def band(step: PolicyStep) -> str:
    if step.from_amount is None and step.below_amount is None:
        return "any"
    low = f"from {format_number(step.from_amount, 2)}" if step.from_amount is not None else ""
    high = f"below {format_number(step.below_amount, 2)}" if step.below_amount is not None else ""
    return " ".join(part for part in (low, high) if part)


def about_panel(record: Any, user: Any) -> pm.Section | None:
    """The record a task or an approval is about."""
    found = [subject_link(one, user) for one in dict.fromkeys((record.about, record.source)) if one]
    links = tuple(one for one in found if one is not None)
    return pm.Section("About", links=links) if links else None


@connect("work")
def about_it(subject: str, user: Any) -> list[pm.Connection]:
    """Tasks and approvals about a record, the open ones first."""
    if of_subject(subject) is None or subject.startswith(("task:", "approval:")):
        return []
    tasks = Task.objects.visible_to(user).filter(about=subject, archived_at__isnull=True)
    approvals = Approval.objects.visible_to(user).filter(about=subject, archived_at__isnull=True)
    found = [("tasks", "square-check", one, task_state(one)) for one in tasks.order_by("-id")[:MOST_CONNECTIONS]]
    found += [("approvals", "stamp", one, approval_state(one)) for one in approvals.order_by("-id")[:MOST_CONNECTIONS]]
    return [
        pm.Connection(str(one), f"/{path}/{one.pk}/", icon, one.code, tone, words)  # type: ignore[arg-type]
        for path, icon, one, (tone, words) in found
    ]
