"""Tasks: open, take, hold, do, cancel; and the clock that tells a breach once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.org import queries as org
from apps.org.models import Department, Team
from apps.work import events
from apps.work.fields import check_checklist, check_fields
from apps.work.models import Priority, Task

BATCH = 500


def open_task(
    *,
    title: str,
    department: Department,
    actor: Any,
    assignee: User | None = None,
    role: str = "",
    team: Team | None = None,
    priority: int | str = Priority.NORMAL,
    form: Any = (),
    checklist: Any = (),
    now: datetime | None = None,
    **values: Any,
) -> Task:
    """One task in one inbox; without anybody named it waits for whoever opened it, or for the department's manager."""
    moment = now or timezone.now()
    task = Task(
        title=title,
        department=department,
        assignee=assignee,
        role=role,
        team=team,
        priority=priority_of(priority),
        form=check_fields(list(form or ())),
        checklist=check_checklist(list(checklist or ())),
        opened_by=actor if isinstance(actor, User) else None,
        **values,
    )
    if assignee is None and not role and team is None:
        _give_to_somebody(task)
    _check_assignee(task.assignee)
    task.code = task.code or next_code()
    _set_clock(task, moment)
    return write.create(task, actor=actor, fact=events.TaskOpened, people=_people(task))


def open_task_about(record: Any, *, title: str, actor: Any, **values: Any) -> Task:
    """A task on demand: it stands in the record's department and leads back to it."""
    return open_task(title=title, department=record.department, about=record.subject(), actor=actor, **values)


def priority_of(value: int | str) -> int:
    """A priority by number or by name: "high"."""
    if isinstance(value, str) and not value.isdigit():
        found = {one.label.lower(): int(one) for one in Priority}.get(value.lower())
        if found is None:
            raise Refused("Choose low, normal, high or urgent.", code="priority", field="priority")
        return found
    return int(value)


def next_code() -> str:
    """Task numbers come from a sequence: thousands a minute may be opened, and a gap harms nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('work_task_number')")
        return f"T{cursor.fetchone()[0]}"


def _people(task: Task) -> tuple[int, ...]:
    return (task.assignee_id,) if task.assignee_id else ()


def _give_to_somebody(task: Task) -> None:
    if task.opened_by is not None and rights_of(task.opened_by).roles & {"OPR", "QAI", "BUY"}:
        task.assignee = task.opened_by
    else:
        leaders = org.line_above(task.department)
        task.assignee = leaders[0] if len(leaders) == 1 else None
        if task.assignee is None:
            task.role = "DPM"


def _check_assignee(person: User | None) -> None:
    if person is not None and not person.is_active:
        raise Refused(f"{person} has left. Choose somebody else.", code="inactive", field="assignee")


def _set_clock(task: Task, now: datetime) -> None:
    if task.sla_minutes:
        task.breaches_at = org.worktime_in(task.department).after(now, timedelta(minutes=task.sla_minutes))
        task.due_at = task.due_at or task.breaches_at


def change_task(task: Task, *, actor: Any, version: int | None = None, **values: Any) -> Task:
    """Only while it is open. A new SLA counts from when the task was opened, without the time it was on hold."""
    require_open(task)
    if "form" in values:
        values["form"] = check_fields(list(values["form"] or ()))
    if "checklist" in values:
        values["checklist"] = check_checklist(list(values["checklist"] or ()))
    if values.get("code") == "":
        values["code"] = task.code
    if "assignee" in values:
        _check_assignee(values["assignee"])
    if values.get("sla_minutes", task.sla_minutes) != task.sla_minutes:
        values |= _clock_for(task, values["sla_minutes"], timezone.now())
    return write.change(task, values, actor=actor, fact=events.TaskChanged, version=version)


def _clock_for(task: Task, minutes: int | None, now: datetime) -> dict[str, Any]:
    """Where the clock stands with another SLA: what is left grows or shrinks by the difference."""
    if not minutes:
        return {"breaches_at": None, "sla_left": None}
    worktime, more = org.worktime_in(task.department), timedelta(minutes=minutes - (task.sla_minutes or 0))
    if task.state == Task.State.HELD:
        return {"sla_left": max((task.sla_left or timedelta()) + more, timedelta())} if task.breached_at is None else {}
    if task.breaches_at is None:
        return {"breaches_at": worktime.after(task.created_at, timedelta(minutes=minutes))}
    if more > timedelta():
        return {"breaches_at": worktime.after(task.breaches_at, more)}
    left = worktime.between(now, task.breaches_at) if now < task.breaches_at else timedelta()
    return {"breaches_at": worktime.after(now, max(left + more, timedelta()))}


def locked_task(task: Task) -> Task:
    locked: Task = Task.objects.select_for_update(of=("self",)).select_related("department", "assignee").get(pk=task.pk)
    return locked


def require_open(task: Task) -> None:
    if not task.is_open:
        who = f" by {task.done_by_words}" if task.done_by_id else ""
        raise Refused(
            f"{task.code} is {task.get_state_display().lower()}{who} already. Nothing was changed.", code="not_open"
        )


def claim_task(task: Task, *, actor: Any) -> Task:
    """Two people racing for a task: one gets it, the other hears who."""
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if locked.assignee_id is not None and locked.assignee_id != actor.pk:
            raise Refused(f"{locked.assignee} took {locked.code} before you.", code="taken")
        return write.change(locked, {"assignee": actor}, actor=actor, fact=events.TaskChanged)


def release_task(task: Task, *, actor: Any) -> Task:
    """Give it back to those who may claim it."""
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if not locked.role and locked.team_id is None:
            raise Refused("Nobody else could claim it. Assign it to somebody instead.", code="no_pool")
        values = {"assignee": None, "state": Task.State.WAITING}
        return write.change(locked, values, actor=actor, fact=events.TaskChanged)


def assign_task(task: Task, *, assignee: User, actor: Any) -> Task:
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        _check_assignee(assignee)
        return write.change(
            locked, {"assignee": assignee}, actor=actor, fact=events.TaskAssigned, people=(assignee.pk,)
        )


def start_task(task: Task, *, actor: Any) -> Task:
    """Whoever starts a task nobody holds takes it."""
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if locked.state == Task.State.HELD:
            raise Refused("It is on hold. Let it go on first.", code="held")
        values: dict[str, Any] = {"state": Task.State.STARTED, "started_at": locked.started_at or timezone.now()}
        if locked.assignee_id is None:
            values["assignee"] = actor
        return write.change(locked, values, actor=actor, fact=events.TaskChanged)


def hold_task(task: Task, *, reason: str, actor: Any, now: datetime | None = None) -> Task:
    """The clock stops: the working time left is kept and runs on when the task does."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if locked.state == Task.State.HELD:
            raise Refused("It is on hold already.", code="held")
        tell_breach(locked, moment)
        values: dict[str, Any] = {"state": Task.State.HELD, "hold_reason": reason, "breaches_at": None}
        if locked.breaches_at is not None and locked.breached_at is None:
            values["sla_left"] = org.worktime_in(locked.department).between(moment, locked.breaches_at)
        return write.change(locked, values, actor=actor, fact=events.TaskHeld, reason=reason)


def resume_task(task: Task, *, actor: Any, now: datetime | None = None) -> Task:
    moment = now or timezone.now()
    with transaction.atomic():
        locked = locked_task(task)
        if locked.state != Task.State.HELD:
            raise Refused("It is not on hold.", code="not_held")
        values: dict[str, Any] = {"state": Task.State.STARTED if locked.started_at else Task.State.WAITING}
        values |= {"hold_reason": "", "sla_left": None}
        if locked.sla_left is not None:
            values["breaches_at"] = org.worktime_in(locked.department).after(moment, locked.sla_left)
        return write.change(locked, values, actor=actor, fact=events.TaskResumed)


def tick_point(task: Task, *, point: int, done: bool = True, actor: Any) -> Task:
    """Tick one point of the checklist, counted from 1."""
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        if not 1 <= point <= len(locked.checklist):
            raise Refused(f"The checklist has {len(locked.checklist)} points.", code="no_point", field="point")
        points = [dict(one) for one in locked.checklist]
        points[point - 1]["done"] = done
        return write.change(locked, {"checklist": points}, actor=actor, fact=events.TaskChanged)


def cancel_task(task: Task, *, reason: str, actor: Any) -> Task:
    with transaction.atomic():
        locked = locked_task(task)
        require_open(locked)
        tell_breach(locked, timezone.now())
        values = {"state": Task.State.CANCELLED, "breaches_at": None, "hold_reason": reason, "sla_left": None}
        extra: dict[str, Any] = {"task_id": locked.pk, "source": locked.source, "reason": reason}
        return write.change(locked, values, actor=actor, fact=events.TaskCancelled, **extra)


def reopen_task(task: Task, *, actor: Any) -> Task:
    """To do again, with a fresh clock; what a process made of the first answer stays."""
    with transaction.atomic():
        locked = locked_task(task)
        if locked.is_open:
            raise Refused("It is still open.", code="open")
        if locked.source.startswith("case:"):
            raise Refused("Its process has gone on with the answer. Open a new task.", code="process_gone_on")
        locked_values: dict[str, Any] = {
            "state": Task.State.WAITING,
            "done_at": None,
            "done_by": None,
            "done_for": None,
            "breached_at": None,
            "hold_reason": "",
        }
        if locked.sla_minutes:
            worktime = org.worktime_in(locked.department)
            locked_values["breaches_at"] = worktime.after(timezone.now(), timedelta(minutes=locked.sla_minutes))
        extra: dict[str, Any] = {"task_id": locked.pk, "source": locked.source}
        return write.change(locked, locked_values, actor=actor, fact=events.TaskReopened, **extra)


def archive_task(task: Task, *, actor: Any, version: int | None = None) -> Task:
    if task.is_open:
        raise Refused("It is still open. Do it or cancel it first.", code="open")
    return write.archive(task, actor=actor, fact=events.TaskChanged, version=version)


def restore_task(task: Task, *, actor: Any) -> Task:
    return write.restore(task, actor=actor, fact=events.TaskChanged)


def mark_breaches(*, now: datetime) -> int:
    """Tell each breach once: the row is claimed by a guarded update, so two workers tell no breach twice."""
    told = 0
    with transaction.atomic():
        late = Task.objects.open().filter(breaches_at__lte=now, breached_at__isnull=True)
        for task in late.select_for_update(of=("self",), skip_locked=True).order_by("breaches_at")[:BATCH]:
            told += tell_breach(task, now)
    return told


def tell_breach(task: Task, now: datetime) -> bool:
    """Tell that the SLA of a locked task is over, unless it is not or was told before."""
    if task.breaches_at is None or task.breaches_at > now or task.breached_at is not None:
        return False
    Task.objects.filter(pk=task.pk).update(breached_at=now)
    task.breached_at = now
    emit(
        events.TaskBreached(
            subject=task.subject(),
            departments=task.departments_concerned(),
            title=task.title,
            changes={"breached_at": [None, now.isoformat()]},
            task_id=task.pk,
            source=task.source,
            people=_people(task),
        ),
        actor=None,
    )
    return True
