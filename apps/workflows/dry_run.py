"""What a rule would have done in the last days: real events, real forms and rights, and every effect rolled back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.facts import sentence_of
from apps.core.jobs.running import Progress
from apps.workflows import matching, rule_definition, rule_steps
from apps.workflows.models import Rule
from apps.workflows.rule_definition import Definition
from apps.workflows.rule_fields import Found

MOST_EVENTS, MOST_SHOWN = 20_000, 100


class _TakenBack(Exception):
    """Leaves the transaction of an effect that must not stay."""


def dry_run(rule: Rule, *, days: int, now: datetime, progress: Progress | None = None) -> dict[str, Any]:
    """The job's result: how many events were looked at, how many would have fired, and what each step would have done."""
    with scope.transacted(scope.for_system("reading what a dry run looks at")):
        made = rule_definition.understood(rule.definition)
        cases = list(_cases(rule, made, now - timedelta(days=days), now))
    fired: list[dict[str, Any]] = []
    count = 0
    for at, (label, moment, read) in enumerate(cases):
        if progress is not None and at % 100 == 0:
            progress.tell("Looking at past events", at, len(cases))
        with scope.transacted(scope.for_system("judging a past event")):
            found = read()
            holds = found is not None and made.holds(found.values)
        if holds and found is not None:
            count += 1
            if len(fired) < MOST_SHOWN:
                fired.append({"at": moment.isoformat(), "what": label, "steps": _would_do(rule, made, found)})
    return {"looked_at": len(cases), "fired": count, "days": days, "number": rule.number, "cases": fired}


def _cases(rule: Rule, made: Definition, since: datetime, now: datetime) -> Any:
    """(label, moment, how to read it) of everything that could have fired the rule."""
    if made.kind == "schedule":
        yield from _planned(rule, made, since, now)
        return
    for event in matching.that_could_fire(made, since, now)[:MOST_EVENTS]:
        if matching.wants(made, event) and matching.concerns(rule, event):
            label = f"{sentence_of(event.name)}: {event.payload.get('title') or event.subject}"
            yield label, event.at, lambda event=event: matching.seen_by(rule, event, made)


def _planned(rule: Rule, made: Definition, since: datetime, now: datetime) -> Any:
    assert made.schedule is not None
    for at in made.schedule.occurrences(since):
        if at > now:
            return
        if made.resource is None:
            yield "Planned time", at, lambda: Found({})
        else:
            for found in matching.records_at(rule, made, now):
                yield f"Planned time: {found.record}", at, lambda found=found: found


def _would_do(rule: Rule, made: Definition, found: Found) -> list[dict[str, Any]]:
    """Each step in turn inside one transaction that is taken back, so that a later step sees what an earlier one did."""
    done: list[dict[str, Any]] = []
    try:
        with scope.transacted(scope.for_system("trying steps that are taken back")), transaction.atomic():
            for step in made.steps:
                done.append(_try(rule, made, found, step))
            raise _TakenBack
    except _TakenBack:
        pass
    return done


def _try(rule: Rule, made: Definition, found: Found, step: rule_steps.Ready) -> dict[str, Any]:
    given: dict[str, Any] = {}
    try:
        with transaction.atomic(), scope.of(rule.owner):
            given = rule_steps.filled(step, found, made.fields)
            _, record = rule_steps.carry_out(step, found, made.fields, actor=rule.owner)
    except Refused as error:
        return {"label": step.label, "given": given, "problem": error.message}
    except Exception as error:
        return {"label": step.label, "given": given, "problem": f"It would fail: {type(error).__name__}."}
    return {"label": step.label, "given": given, "what": str(record or "")[:200]}
