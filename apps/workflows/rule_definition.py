"""A rule's definition, checked as a whole: trigger, conditions and steps, each complaint with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

from apps.core.errors import Refused
from apps.core.events.facts import Recorded, facts
from apps.core.expressions.evaluating import evaluate
from apps.core.expressions.nodes import Node, names_in
from apps.core.models import Event
from apps.core.resources.resource import Resource, resources
from apps.core.values.cron import looks_like_cron, rrule_of
from apps.core.values.recurrence import Recurrence, recurrence
from apps.workflows import rule_fields, rule_steps
from apps.workflows.automation.conditions import Field, compile_tree, working_hours_asked
from apps.workflows.models import RuleVersion
from apps.workflows.rule_steps import Ready

MISFIRES = {"one": "Run once", "skip": "Leave it out", "all": "Run every one"}
CHANGES = {"any": "Added or changed", "created": "Added", "changed": "Changed"}
KINDS = ("fact", "change", "schedule")
MOST_KNOWN = 2000
# A rule on these would answer to its own machinery.
OWN_FACTS = ("workflows.run_queued", "workflows.run_changed")


def misfire_of(kind: str) -> str:
    """What a trigger that says nothing means: a missed time is made up once, a missed happening is left out."""
    return "one" if kind == "schedule" else "skip"


@dataclass(frozen=True)
class Definition:
    """A definition ready to use."""

    trigger: Mapping[str, Any]
    resource: Resource | None
    fields: Mapping[str, Field]
    condition: Node
    steps: tuple[Ready, ...]
    schedule: Recurrence | None = None
    asked: Mapping[str, Field] = field(default_factory=dict)  # the fields that the conditions ask about
    hours: frozenset[str] = frozenset()  # fields whose time in the present state they ask about

    @property
    def kind(self) -> str:
        return str(self.trigger["kind"])

    @property
    def misfire(self) -> str:
        """What becomes of that which was missed: times while the platform was down, anything while the rule was paused."""
        return str(self.trigger.get("misfire") or misfire_of(self.kind))

    @property
    def watches(self) -> str:
        return str(self.trigger.get("fact") or self.trigger.get("resource") or "")

    def holds(self, values: Mapping[str, Any]) -> bool:
        return evaluate(self.condition, rule_fields.typed(values, self.asked)) is True


def refuse(message: str) -> Refused:
    return Refused(message, code="bad_rule", field="definition")


def understood(data: Any, *, finished: bool = True) -> Definition:
    """The definition, or a refusal that names its place. An unfinished draft may still lack trigger and steps."""
    if not isinstance(data, dict) or not isinstance(data.get("trigger"), dict):
        raise refuse("A rule is written with trigger, conditions and steps.")
    unknown = sorted(set(data) - {"trigger", "conditions", "steps"})
    if unknown:
        raise refuse(f"A rule has no part “{unknown[0]}”. It has trigger, conditions and steps.")
    trigger = dict(data["trigger"])
    schedule = _check_trigger(trigger, finished)
    resource = rule_fields.resource_of(trigger)
    fields = rule_fields.fields_of(trigger)
    condition = compile_tree(data.get("conditions") or {"all": []}, fields)
    steps = data.get("steps", [])
    if not isinstance(steps, list) or len(steps) > rule_steps.MOST_STEPS:
        raise refuse(f"A rule has a list of at most {rule_steps.MOST_STEPS} steps.")
    if finished and not steps:
        raise refuse("The rule does nothing yet. Add a step.")
    made = tuple(rule_steps.ready(step, number, resource, fields) for number, step in enumerate(steps, 1))
    named = {name.removeprefix("changed:") for name in names_in(condition)}
    asked = {path: one for path, one in fields.items() if path in named}
    hours = frozenset(working_hours_asked(condition))
    return Definition(trigger, resource, fields, condition, made, schedule, asked, hours)


def _check_trigger(trigger: dict[str, Any], finished: bool) -> Recurrence | None:
    kind = trigger.get("kind")
    if kind not in KINDS:
        raise refuse(f"There is no trigger “{kind}”. Use one of: {', '.join(KINDS)}.")
    if trigger.get("misfire", "one") not in MISFIRES:
        raise refuse(f"What was missed is one of: {', '.join(MISFIRES)}.")
    name = trigger.get("resource") or ""
    if name and name not in resources:
        raise refuse(f"There is no kind of record “{name}”.")
    if kind == "schedule":
        return _schedule(trigger, finished)
    if kind == "change":
        if finished and not name:
            raise refuse("Choose which kind of record the rule watches.")
        if trigger.get("what", "any") not in CHANGES:
            raise refuse(f"A record is watched for one of: {', '.join(CHANGES)}.")
        return None
    fact = trigger.get("fact") or ""
    if fact in OWN_FACTS:
        raise refuse("This happens with every run of a rule, so no rule may wait for it.")
    if (finished or fact) and fact not in facts:
        raise refuse(f"There is no happening “{fact}”. Choose one of the list.")
    return None


def _schedule(trigger: dict[str, Any], finished: bool) -> Recurrence | None:
    zone = trigger.get("zone") or settings.TIME_ZONE
    try:
        place = ZoneInfo(str(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise refuse(f"There is no time zone “{str(zone)[:40]}”. Write one such as Europe/Berlin.") from None
    text = str(trigger.get("rule") or "")
    if not text and not finished:
        return None
    start = str(trigger.get("start") or "2026-01-01T00:00:00")
    try:
        first = datetime.fromisoformat(start).replace(tzinfo=None)
    except ValueError:
        raise refuse(f"“{start[:30]}” is no time. Write 2026-11-24T07:00.") from None
    rule = rrule_of(text, field="definition") if looks_like_cron(text) else text
    return recurrence(rule, start=first, zone=place, field="definition")


def guessed(trigger: dict[str, Any]) -> dict[str, Any]:
    """Of which record a fact tells, and what a message holds, shows only when it happens: the last one tells."""
    if trigger.get("kind") != "fact" or not trigger.get("fact"):
        return trigger
    last = Event.objects.filter(name=trigger["fact"]).order_by("-id").first()
    if last is None:
        return trigger
    found, name = dict(trigger), last.subject.partition(":")[0]
    if not found.get("resource") and name in resources:
        found["resource"] = name
    body, kind = last.payload.get("values"), facts.get(trigger["fact"])
    if not found.get("body") and isinstance(body, dict) and kind is not None and not issubclass(kind, Recorded):
        found["body"] = rule_fields.body_words(body)
    return found


_KNOWN: dict[tuple[int, datetime], Definition] = {}


def of_version(version: Any) -> Definition:
    """The definition of a stored version, understood once per process: a version never changes."""
    key = (version.pk, version.saved_at)
    if key not in _KNOWN:
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = understood(version.definition)
    return _KNOWN[key]


def of_versions(keys: Iterable[tuple[int, datetime]]) -> tuple[dict[int, Definition], dict[int, str]]:
    """Definitions by the key of their version, and why others are not understood any more.

    Only what this process does not know yet is read.
    """
    found, broken = {key: _KNOWN.get((key, saved_at)) for key, saved_at in keys}, {}
    unknown = [key for key, made in found.items() if made is None]
    for one in RuleVersion.objects.filter(pk__in=unknown) if unknown else ():
        try:
            found[one.pk] = of_version(one)
        except Refused as error:
            broken[one.pk] = error.message
    return {key: made for key, made in found.items() if made is not None}, broken
