"""What cases wait for, as rows that a scan by time or a message by name finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core.events.log import emit
from apps.core.models import plain
from apps.org import queries as org
from apps.workflows.engine.state import Wait as Awaited
from apps.workflows.events import cases as events
from apps.workflows.models import Case, Wait

BATCH = 1000


def keep_wait(case: Case, awaited: Awaited, *, now: datetime) -> None:
    """The row of what the engine waits for; working time is counted in the calendar of the case's department."""
    due = datetime.fromisoformat(awaited.due) if awaited.due else None
    if awaited.working_seconds:
        due = org.worktime_in(case.department).after(now, timedelta(seconds=awaited.working_seconds))
    Wait.objects.update_or_create(
        case=case,
        wait=awaited.id,
        defaults={
            "workflow_id": case.workflow_id,
            "department_id": case.department_id,
            "element": awaited.node[:200],
            "name": awaited.name[:200],
            "kind": awaited.kind,
            "key": awaited.key[:200],
            "due_at": due,
            "told": False,
        },
    )


def drop_wait(case: Case, number: int) -> None:
    Wait.objects.filter(case=case, wait=number).delete()


def tell_due(*, now: datetime) -> int:
    """Tells of every time that has come, once; each is then worked on by itself. Returns how many."""
    with transaction.atomic():
        due = list(
            Wait.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(kind="timer", told=False, due_at__lte=now)
            .order_by("due_at", "id")[:BATCH]
        )
        for one in due:
            _tell(one, {}, actor=None)
        Wait.objects.filter(pk__in=[one.pk for one in due]).update(told=True)
    return len(due)


def send_message(*, message: str, key: str = "", values: dict[str, Any] | None = None, actor: Any) -> None:
    """Sends a message to whoever waits for it, now that the sender is done."""
    with transaction.atomic():
        emit(
            events.MessageSent(
                subject=f"message:{message}"[:120], message=message, key=key, values=plain(values or {})
            ),
            actor=actor,
        )


def send_signal(*, signal: str, values: dict[str, Any] | None = None, actor: Any) -> None:
    with transaction.atomic():
        emit(
            events.SignalSent(subject=f"signal:{signal}"[:120], signal=signal, values=plain(values or {})), actor=actor
        )


def hand_over(kind: str, name: str, *, key: str = "", values: dict[str, Any], actor: Any) -> int:
    """Tells everybody who waits for a message or signal. A message with a key only reaches those with that key or none.

    A message starts a new case only when no running one waits for it; a signal does both.
    """
    found = Wait.objects.filter(kind=kind, name=name)
    if kind == "message":
        found = found.filter(key__in={key, ""})
    rows = list(found.order_by("id"))
    running = [one for one in rows if one.case_id]
    reached = running if kind == "message" and running else rows
    for one in reached:
        _tell(one, values, actor=actor)
    return len(reached)


def _tell(one: Wait, values: dict[str, Any], *, actor: Any) -> None:
    subject = f"case:{one.case_id}" if one.case_id else f"workflow:{one.workflow_id}"
    emit(
        events.WaitOver(subject=subject, departments=(one.department_id,), wait_id=one.pk, values=plain(values)),
        actor=actor,
    )
