"""The writers of automation rules: drafting, versions, switching on and off, pausing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Least
from django.utils import timezone

from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.jobs.running import request_job
from apps.core.models import Job
from apps.core.records import write
from apps.workflows import rule_definition
from apps.workflows.events import rules as events
from apps.workflows.models import Rule, RuleVersion
from apps.workflows.models.rule import first_definition
from apps.workflows.rule_definition import Definition

MOST_DAYS = 90
LATE = timedelta(minutes=10)


def draft_rule(*, actor: Any, owner: Any = None, **values: Any) -> Rule:
    """A new rule is off; it runs with the rights of whoever saved it last."""
    definition = _normal(values.pop("definition", None) or first_definition())
    with transaction.atomic():
        rule = Rule(**values, definition=definition, owner=actor or owner, **_columns(definition))
        write.create(rule, actor=actor, fact=events.RuleDrafted)
        _keep_version(rule, actor)
    return rule


def change_rule(rule: Rule, *, actor: Any, version: int | None = None, **values: Any) -> Rule:
    """A new definition is a new version under the rights of who saved it; runs under way keep theirs."""
    definition = values.pop("definition", None)
    with transaction.atomic():
        fresh = definition is not None and _normal(definition) != rule.definition
        if fresh:
            values |= {"definition": _normal(definition), "number": rule.number + 1, **_columns(_normal(definition))}
            values["owner"] = actor or rule.owner
            if rule.state == Rule.State.ON:
                values["next_due_at"] = next_due(rule_definition.understood(values["definition"]), timezone.now())
        write.change(rule, values, actor=actor, fact=events.RuleChanged, version=version)
        if fresh:
            _keep_version(rule, actor)
    return rule


def _normal(definition: Any) -> dict[str, Any]:
    """Checked, with every part there and the kind of record that a fact tells of."""
    if isinstance(definition, dict) and isinstance(definition.get("trigger"), dict):
        definition = {**definition, "trigger": rule_definition.guessed(definition["trigger"])}
    rule_definition.understood(definition, finished=False)
    return {
        "trigger": definition["trigger"],
        "conditions": definition.get("conditions") or {"all": []},
        "steps": definition.get("steps") or [],
    }


def _columns(definition: dict[str, Any]) -> dict[str, Any]:
    made = rule_definition.understood(definition, finished=False)
    return {"trigger": made.kind, "watches": made.watches[:80]}


def _keep_version(rule: Rule, actor: Any) -> None:
    RuleVersion.objects.create(
        rule=rule, department=rule.department, number=rule.number, definition=rule.definition, saved_by=actor
    )


def next_due(made: Definition, after: datetime) -> datetime | None:
    return made.schedule.next_after(after) if made.schedule is not None else None


def switch_on(rule: Rule, *, actor: Any, anyway: bool = False) -> Rule:
    """Only a whole definition; one whose version was never dry-run only when the person says so."""
    made = rule_definition.understood(rule.definition)
    owner = rule.owner or actor
    if owner is None:
        raise Refused("The rule has no owner whose rights it could use. Save it once.", code="no_owner")
    if rule.dry_run_number != rule.number and not anyway:
        raise Refused(
            "This version was never dry-run. Dry-run it first, or confirm that you switch it on without.",
            code="not_dry_run",
            field="anyway",
        )
    now, missed_since = timezone.now(), _missed_since(rule)
    values = {
        "state": Rule.State.ON,
        "owner": owner,
        "paused_reason": "",
        "paused_at": None,
        "missed_at": None,
        "switched_at": now,
        "next_due_at": next_due(made, missed_since or now),
    }
    with transaction.atomic():
        write.change(rule, values, actor=actor, fact=events.RuleChanged)
        if missed_since is not None and made.schedule is None and made.misfire != "skip":
            tell_missed(rule, since=missed_since, until=now)
    return rule


def _missed_since(rule: Rule) -> datetime | None:
    """When the pause began, and a little before: what happened just then may not have been looked at. Nothing fires twice."""
    if rule.state != Rule.State.PAUSED or rule.paused_at is None:
        return None
    begun: datetime = rule.paused_at
    if rule.switched_at is None or begun < rule.switched_at:  # some is left of a former pause
        return begun
    return max(begun - LATE, rule.switched_at)


def tell_missed(rule: Rule, *, since: datetime, until: datetime, after: int = 0, wait: timedelta | None = None) -> None:
    """Calls for the next part of what a paused rule missed."""
    fact = events.MissedDue(
        subject=rule.subject(),
        departments=rule.departments_concerned(),
        rule_id=rule.pk,
        since=since.isoformat(),
        until=until.isoformat(),
        after=after,
    )
    emit(fact, actor=None, after=wait)


def keep_missed(rule_id: int, *, since: datetime) -> None:
    """Paused again before all was made up: the next time begins where this one did."""
    Rule.objects.filter(pk=rule_id, state=Rule.State.PAUSED).update(paused_at=Least(F("paused_at"), Value(since)))


def switch_off(rule: Rule, *, actor: Any) -> Rule:
    """What happens while it is off is nothing it misses."""
    values = {
        "state": Rule.State.OFF, "paused_reason": "", "paused_at": None, "missed_at": None, "next_due_at": None
    }  # fmt: skip
    return write.change(rule, values, actor=actor, fact=events.RuleChanged)


def pause_rule(rule: Rule, *, reason: str, actor: Any = None) -> Rule:
    """A guard stops the rule until a person has looked; switched on again, it makes up what it missed by its policy."""
    values = {
        "state": Rule.State.PAUSED, "paused_reason": reason[:300], "paused_at": timezone.now(), "next_due_at": None
    }  # fmt: skip
    return write.change(rule, values, actor=actor, fact=events.RuleChanged)


def mark_missed(rule: Rule, *, reason: str, now: datetime) -> None:
    """An expected run did not happen: said once, until it runs again or a person switches the rule."""
    with transaction.atomic():
        if Rule.objects.filter(pk=rule.pk, missed_at__isnull=True).update(missed_at=now):
            emit(
                events.RuleMissed(
                    subject=rule.subject(), departments=rule.departments_concerned(), rule_id=rule.pk, reason=reason
                ),
                actor=None,
            )


def archive_rule(rule: Rule, *, actor: Any) -> Rule:
    """A rule that is put away is off."""
    with transaction.atomic():
        if rule.state != Rule.State.OFF:
            raise Refused("Switch the rule off first.", code="rule_on")
        return write.archive(rule, actor=actor, fact=events.RuleChanged)


def restore_rule(rule: Rule, *, actor: Any) -> Rule:
    return write.restore(rule, actor=actor, fact=events.RuleChanged)


def request_dry_run(rule: Rule, *, days: int = 7, actor: Any) -> Job:
    """Ask what the rule would have done in the last days; nothing of it happens."""
    rule_definition.understood(rule.definition)
    if not 1 <= days <= MOST_DAYS:
        raise Refused(f"Look back 1 to {MOST_DAYS} days.", code="bad_days", field="days")
    return request_job(
        "workflows.dry_run",
        label=f"Dry run of {rule.name}"[:200],
        params={"rule": rule.pk, "number": rule.number, "days": days, "back": f"/automation/{rule.pk}/"},
        actor=actor,
        department_id=rule.department_id,
    )


def mark_dry_run(rule: Rule, *, number: int) -> None:
    Rule.objects.filter(pk=rule.pk, number=number).update(dry_run_number=number)
