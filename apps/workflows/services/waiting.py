"""What cases wait for, as rows that a scan by time or a message by name finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.core.errors import Refused
from apps.core.events import context
from apps.core.events.log import emit
from apps.core.models import Event, plain
from apps.org import queries as org
from apps.workflows.engine.state import Wait as Awaited
from apps.workflows.events import cases as events
from apps.workflows.models import Case, Wait
from apps.workflows.services import messages

BATCH = 1000
ROUND = timedelta(seconds=62)  # the clock looks once a minute; what comes before its next round is called by itself
MARGIN = timedelta(milliseconds=300)
SHORTEST = timedelta(seconds=1)


def keep_wait(case: Case, awaited: Awaited, *, now: datetime) -> None:
    """The row of what the engine waits for; working time is counted in the calendar of the case's department."""
    due = datetime.fromisoformat(awaited.due) if awaited.due else None
    if awaited.working_seconds:
        due = org.worktime_in(case.department).after(now, timedelta(seconds=awaited.working_seconds))
    row, _ = Wait.objects.update_or_create(
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
    if row.kind == "timer" and due is not None and due <= now + ROUND:
        _call_at_its_time(row, now)


def _name(one: Wait) -> str:
    return f"case_wait:{one.pk}"


def _call_at_its_time(one: Wait, now: datetime) -> None:
    """A subject of its own, so that no other wait stands behind it; a chain of its own, since time is no effect."""
    assert one.due_at is not None
    fact = events.TimerSet(subject=_name(one), departments=(one.department_id,), wait_id=one.pk)
    with context.entered(depth=0):
        emit(fact, actor=None, after=max(one.due_at - now, SHORTEST) + MARGIN)


def drop_wait(case: Case, number: int) -> None:
    Wait.objects.filter(case=case, wait=number).delete()


def tell_due(*, now: datetime) -> int:
    """Tells of every time that has come, once; each is then worked on by itself. Returns how many.

    What comes before the next round is called at its time.
    """
    with transaction.atomic():
        timers = Wait.objects.filter(kind="timer", told=False).order_by("due_at", "id")
        soon = list(timers.filter(due_at__gt=now, due_at__lte=now + ROUND)[:BATCH])
        names = {_name(one): one for one in soon}
        told = Event.objects.filter(name=events.TimerSet.fact_name, subject__in=names, at__gte=now - ROUND)
        lately = set(told.values_list("subject", flat=True))
        for name in names.keys() - lately:
            _call_at_its_time(names[name], now)
        return _tell_times(timers.filter(due_at__lte=now))


def tell_timer(wait_id: int, *, now: datetime) -> int:
    """Tells of one time, if it has come and nobody told of it yet."""
    return _tell_times(Wait.objects.filter(pk=wait_id, kind="timer", told=False, due_at__lte=now))


def _tell_times(timers: QuerySet[Wait]) -> int:
    with transaction.atomic():
        due = list(timers.select_for_update(of=("self",), skip_locked=True)[:BATCH])
        for one in due:
            _tell(one, {}, actor=None)
        Wait.objects.filter(pk__in=[one.pk for one in due]).update(told=True)
    return len(due)


def send_message(
    *,
    message: str,
    key: str = "",
    values: dict[str, Any] | None = None,
    keep_minutes: int = events.KEEP_MINUTES,
    actor: Any,
) -> None:
    """Sends a message to whoever waits for it, now that the sender is done; so long it waits for who comes later."""
    if not 0 <= keep_minutes <= messages.MOST_MINUTES:
        raise Refused(
            f"A message is kept 0 to {messages.MOST_MINUTES} minutes.", code="bad_minutes", field="keep_minutes"
        )
    with transaction.atomic():
        emit(
            events.MessageSent(
                subject=f"message:{message}"[:120],
                message=message,
                key=key,
                values=plain(values or {}),
                keep_minutes=keep_minutes,
            ),
            actor=actor,
        )


def send_signal(*, signal: str, values: dict[str, Any] | None = None, actor: Any) -> None:
    with transaction.atomic():
        emit(
            events.SignalSent(subject=f"signal:{signal}"[:120], signal=signal, values=plain(values or {})), actor=actor
        )


def hand_over_signal(name: str, *, values: dict[str, Any], actor: Any) -> int:
    """Tells everybody who waits for a signal, running cases and starts alike."""
    rows = list(Wait.objects.filter(kind="signal", name=name).order_by("id"))
    for one in rows:
        _tell(one, values, actor=actor)
    return len(rows)


def hand_over_message(event: Event, *, actor: Any, now: datetime) -> int:
    """Tells whoever waits for the message; with a key only those with that key or none. It starts a new case only when
    no running one waits, and is kept when nobody does.
    """
    told = event.payload
    name, key = told["message"], told["key"]
    messages.hold_name(name)
    rows = list(Wait.objects.filter(kind="message", name=name, key__in={key, ""}).order_by("id"))
    reached = [one for one in rows if one.case_id] or rows
    minutes = told.get("keep_minutes", events.KEEP_MINUTES)
    again = {"message": name, "key": key, "keep_minutes": minutes} if len(reached) == 1 else {}
    for one in reached:
        _tell(one, told["values"], actor=actor, **again)
    if not reached:
        messages.keep(name, key, told["values"], minutes=minutes, event=event, now=now)
    return len(reached)


def _tell(one: Wait, values: dict[str, Any], *, actor: Any, **again: Any) -> None:
    subject = f"case:{one.case_id}" if one.case_id else f"workflow:{one.workflow_id}"
    fact = events.WaitOver(
        subject=subject, departments=(one.department_id,), wait_id=one.pk, values=plain(values), **again
    )
    emit(fact, actor=actor)
