"""Reactions that move cases: answered tasks, services that are due, calls, messages, signals and times."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.core.events.handlers import on
from apps.core.jobs.running import Progress, job
from apps.core.models import Event, Job
from apps.work.events import TaskCancelled, TaskCompleted
from apps.workflows.events import cases as events
from apps.workflows.services import cases, logs, migrating, waiting


def _actor(event: Event) -> Any:
    return User.objects.filter(pk=event.actor_id).first() if event.actor_id else None


@on(TaskCompleted, name="workflows.answer_step")
def answer_step(event: Event) -> None:
    if event.payload["source"].startswith("case:"):
        answers = event.payload["answers"]
        cases.answer_step(event.payload["task_id"], answers, actor=_actor(event), now=timezone.now())


@on(TaskCancelled, name="workflows.stop_step")
def stop_step(event: Event) -> None:
    if event.payload["source"].startswith("case:"):
        reason = event.payload.get("reason", "")
        cases.stop_step(event.payload["task_id"], reason, actor=_actor(event), now=timezone.now())


def give_up_service(event: Event) -> None:
    cases.give_up_service(event.payload["case_id"], event.payload["token"], now=timezone.now())


@on(events.ServiceDue, name="workflows.run_service", given_up=give_up_service)
def run_service(event: Event) -> None:
    cases.run_service(event.payload["case_id"], event.payload["token"], now=timezone.now(), actor=_actor(event))


@on(events.CaseCalled, name="workflows.call_case")
def call_case(event: Event) -> None:
    told = event.payload
    cases.call_case(
        told["case_id"], told["token"], told["called"], told["values"], actor=_actor(event), now=timezone.now()
    )


@on(events.CaseEnded, name="workflows.hear_called")
def hear_called(event: Event) -> None:
    cases.hear_called(event.payload, actor=_actor(event), now=timezone.now())


@on(events.CallWithdrawn, name="workflows.withdraw_called")
def withdraw_called(event: Event) -> None:
    cases.withdraw_called(event.payload["case_id"], event.payload["token"], actor=_actor(event), now=timezone.now())


@on(events.CaseEscalated, name="workflows.hear_escalation")
def hear_escalation(event: Event) -> None:
    cases.hear_escalation(event.payload["case_id"], event.payload["code"], actor=_actor(event), now=timezone.now())


@on(events.MessageSent, name="workflows.hand_over_message")
def hand_over_message(event: Event) -> None:
    waiting.hand_over_message(event, actor=_actor(event), now=timezone.now())


@on(events.SignalSent, name="workflows.hand_over_signal")
def hand_over_signal(event: Event) -> None:
    waiting.hand_over_signal(event.payload["signal"], values=event.payload["values"], actor=_actor(event))


@on(events.TimerSet, name="workflows.tell_timer")
def tell_timer(event: Event) -> None:
    waiting.tell_timer(event.payload["wait_id"], now=timezone.now())


@on(events.WaitOver, name="workflows.fire")
def fire(event: Event) -> None:
    """A message whose waiter went on without it looks for another, or is kept."""
    heard = cases.fire(event.payload["wait_id"], event.payload["values"], actor=_actor(event))
    if not heard and event.payload.get("message"):
        waiting.hand_over_message(event, actor=_actor(event), now=timezone.now())


@job(logs.IMPORT, "Import of an event log")
def import_log(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    return logs.run_import(row, owner, progress)


@job(migrating.MIGRATE, "Move running cases to another version")
def migrate_cases(row: Job, owner: Any, progress: Progress) -> dict[str, Any]:
    return migrating.migrate_all(row, owner, progress)
