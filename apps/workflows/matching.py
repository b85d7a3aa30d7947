"""Finds the rules that an event or a moment fires, each judged with its owner's eyes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.facts import Recorded, facts
from apps.core.models import Event
from apps.core.resources.resource import of_subject
from apps.org.models import Closure
from apps.workflows import rule_definition, rule_fields, state_hours
from apps.workflows.models import Rule, RuleVersion
from apps.workflows.rule_definition import Definition
from apps.workflows.rule_fields import Found
from apps.workflows.services import rules as rule_services
from apps.workflows.services import runs

logger = logging.getLogger("ops.automation")
MOST_OCCURRENCES, MOST_RECORDS = 100, 500
MOST_MISSED = 2_000


def match_event(event: Event) -> int:
    """Fire every rule that waited for this event when it happened; never twice. Returns how many runs began."""
    if event.name in rule_definition.OWN_FACTS:
        return 0
    noun = event.subject.partition(":")[0]
    waiting = Q(rule__trigger="fact", rule__watches=event.name) | Q(rule__trigger="change", rule__watches=noun)
    live = RuleVersion.objects.filter(
        waiting, number=F("rule__number"), rule__state=Rule.State.ON, rule__switched_at__lte=event.at
    )
    # Plain columns: of hundreds that wait, few fire, and only those become objects.
    rows = list(
        live.order_by("rule_id").values_list(
            "pk", "saved_at", "rule__owner", "rule__department", "rule__department__parent"
        )
    )
    if not rows:
        return 0
    known, broken = rule_definition.of_versions((key, saved_at) for key, saved_at, *_ in rows)
    _pause_broken(broken)
    above = _above(event)
    eyes = _Eyes(event)
    fired = []
    for key, _, owner, department, parent in rows:
        among = key in known and (department in above if event.departments else parent is None)
        if among and wants(known[key], event) and eyes.hold(owner, known[key]):
            fired.append(key)
    found = (
        RuleVersion.objects.filter(pk__in=fired).select_related("rule__owner", "rule__department").order_by("rule_id")
    )
    return sum(runs.fire(one.rule, one, event=event) is not None for one in found) if fired else 0


def _pause_broken(broken: dict[int, str]) -> None:
    """A rule that names what is there no more, such as an action of an earlier release, stops alone."""
    for one in RuleVersion.objects.filter(pk__in=broken).select_related("rule") if broken else ():
        rule_services.pause_rule(one.rule, reason=f"It is not understood any more: {broken[one.pk]}")


def that_could_fire(made: Definition, since: datetime, until: datetime) -> QuerySet[Event]:
    """The past facts of the kind its trigger names, oldest first."""
    events = Event.objects.filter(at__gte=since, at__lte=until).order_by("id")
    if made.kind == "fact":
        return events.filter(name=made.trigger["fact"])
    return events.filter(subject__startswith=f"{made.trigger['resource']}:")


def run_missed(rule_id: int, *, since: datetime, until: datetime, after: int) -> int:
    """Fire a rule for what it missed while it was paused, no more at a time than half of what it may run in a minute."""
    rule = Rule.objects.select_for_update(of=("self",)).select_related("owner", "department").get(pk=rule_id)
    if rule.state != Rule.State.ON:
        rule_services.keep_missed(rule_id, since=since)
        return 0
    version = newest(rule)
    made = rule_definition.of_version(version)
    events = that_could_fire(made, since, until).filter(pk__gt=after)
    if made.misfire == "one":
        last = next((one for one in events.reverse()[:MOST_MISSED] if _fires(rule, made, one)), None)
        return int(last is not None and runs.fire(rule, version, event=last) is not None)
    fired, part = 0, list(events[:MOST_MISSED])
    for at, event in enumerate(part, 1):
        fired += _fires(rule, made, event) and runs.fire(rule, version, event=event) is not None
        if fired >= max(1, rule.max_per_minute // 2) or at == MOST_MISSED:
            rule_services.tell_missed(rule, since=since, until=until, after=event.pk, wait=timedelta(minutes=1))
            break
    return fired


def _fires(rule: Rule, made: Definition, event: Event) -> bool:
    found = seen_by(rule, event, made) if wants(made, event) and concerns(rule, event) else None
    return found is not None and made.holds(found.values)


class _Eyes:
    """What each owner sees of one event, worked out once per owner: it is the same for all their rules."""

    def __init__(self, event: Event) -> None:
        self.event = event
        self.seen: dict[int | None, Found | None] = {}

    def hold(self, owner: int | None, made: Definition) -> bool:
        if owner not in self.seen:
            person = get_user_model()._default_manager.filter(pk=owner).first() if owner else None
            self.seen[owner] = _today(_seen(person, self.event, made), self.event.at)
        found = self.seen[owner]
        return found is not None and made.holds(_with_hours(found, made, self.event.at).values)


def newest(rule: Rule) -> RuleVersion:
    found: RuleVersion = RuleVersion.objects.get(rule=rule, number=rule.number)
    return found


def concerns(rule: Rule, event: Event) -> bool:
    """A rule sees what concerns its department and those below; events of no department only from the top."""
    return _among(rule, event, _above(event))


def _above(event: Event) -> set[int]:
    """The departments concerned and those above them."""
    found = Closure.objects.filter(descendant_id__in=event.departments).values_list("ancestor_id", flat=True)
    return {*event.departments, *found} if event.departments else set()


def _among(rule: Rule, event: Event, above: set[int]) -> bool:
    return rule.department_id in above if event.departments else rule.department.parent_id is None


def wants(made: Definition, event: Event) -> bool:
    """Whether the event is of the kind the trigger names; a record's own event, not one that only mentions it."""
    if made.kind == "fact":
        return bool(event.name == made.trigger["fact"])
    kind = facts.get(event.name)
    created = kind is not None and issubclass(kind, Recorded)
    what = made.trigger.get("what", "any")
    if what == "created":
        return created
    changed = bool(event.changes)
    return changed if what == "changed" else created or changed


def seen_by(rule: Rule, event: Event, made: Definition) -> Found | None:
    """The event's values as the rule's owner may see them, with the hours its conditions ask for."""
    found = _today(_seen(rule.owner, event, made), event.at)
    return None if found is None else _with_hours(found, made, event.at)


def _seen(owner: Any, event: Event, made: Definition) -> Found | None:
    """What one owner sees is the same for all their rules; without an owner nothing is seen."""
    if owner is None or not owner.is_active:
        return None
    with scope.of(owner):
        found = rule_fields.from_event(event, made.trigger, actor=owner)
        return Found({**found.values, "event.actor": _actor(event)}, found.record, found.resource)


def _actor(event: Event) -> str:
    if event.actor_id is None:
        return ""
    people = get_user_model()._default_manager.filter(pk=event.actor_id)
    return str(people.values_list("username", flat=True).first() or "")


def _today(found: Found | None, now: datetime) -> Found | None:
    if found is None:
        return None
    return Found({**found.values, "today": timezone.localdate(now)}, found.record, found.resource)


def _with_hours(found: Found, made: Definition, now: datetime) -> Found:
    """With the working hours the conditions ask for; most ask for none."""
    asked = made.hours
    if not asked or found.record is None:
        return found
    hours = {f"hours:{path}": state_hours.working_hours(found.record, path, now=now) for path in asked}
    return Found({**found.values, **hours}, found.record, found.resource)


def fire_due(*, now: datetime) -> int:
    """Fire every schedule whose time has come, each planned time once, by its policy for missed ones."""
    fired = 0
    due = Rule.objects.filter(state=Rule.State.ON, next_due_at__lte=now).values_list("pk", flat=True)
    for key in list(due):
        with transaction.atomic():
            rule = Rule.objects.select_for_update(of=("self",)).select_related("owner", "department").get(pk=key)
            if rule.state == Rule.State.ON and rule.next_due_at is not None and rule.next_due_at <= now:
                fired += _fire_or_pause(rule, now)
    return fired


def _fire_or_pause(rule: Rule, now: datetime) -> int:
    """A schedule that cannot be worked out stops alone: the others keep their times."""
    try:
        with transaction.atomic():
            return _fire_times(rule, now)
    except Exception as error:
        logger.exception("rule %s cannot keep its times", rule.pk)
        words = error.message if isinstance(error, Refused) else f"something went wrong ({type(error).__name__})"
        rule_services.pause_rule(rule, reason=f"Its times cannot be kept: {words}")
        return 0


def _fire_times(rule: Rule, now: datetime) -> int:
    version = newest(rule)
    made = rule_definition.of_version(version)
    assert rule.next_due_at is not None and made.schedule is not None
    since = rule.next_due_at - timedelta(seconds=1)
    times = list(islice(takewhile(lambda at: at <= now, made.schedule.occurrences(since)), MOST_OCCURRENCES))
    kept = by_policy(times, made.misfire, now)
    if len(times) > len(kept) or (times and now - times[0] > rule_services.LATE):
        rule_services.mark_missed(rule, reason=f"{len(times)} planned times were not kept on time.", now=now)
    fired = sum(_fire_at(rule, version, made, at) for at in kept)
    Rule.objects.filter(pk=rule.pk).update(next_due_at=made.schedule.next_after(now))
    return fired


def by_policy(times: list[datetime], policy: str, now: datetime) -> list[datetime]:
    """Which of the due times still run: all, the last one, or only one that is not late."""
    if policy == "all":
        return times
    last = times[-1:]
    return last if policy == "one" else [at for at in last if now - at <= rule_services.LATE]


def _fire_at(rule: Rule, version: RuleVersion, made: Definition, at: datetime) -> int:
    if made.resource is None:
        return int(
            made.holds({"today": timezone.localdate(at)})
            and runs.fire(rule, version, event=None, planned_at=at) is not None
        )
    abouts = [found.record.subject() for found in records_at(rule, made, at)]
    return sum(runs.fire(rule, version, event=None, planned_at=at, about=one) is not None for one in abouts)


def records_at(rule: Rule, made: Definition, at: datetime) -> Iterator[Found]:
    """Every record in the owner's reach for which the conditions hold now."""
    owner = rule.owner
    if owner is None or not owner.is_active or made.resource is None:
        return
    with scope.of(owner):
        rows = made.resource.rows(owner)
        names = {one.name for one in made.resource.model._meta.concrete_fields}
        if "department" in names:
            below = Closure.objects.filter(ancestor_id=rule.department_id).values("descendant_id")
            rows = rows.filter(department_id__in=below)
        if "archived_at" in names:
            rows = rows.filter(archived_at__isnull=True)
        found = [rule_fields.from_record(one, made.resource) for one in rows.order_by("pk")[:MOST_RECORDS]]
        found = [_with_hours(one, made, at) for one in (_today(one, at) for one in found) if one is not None]
    yield from (one for one in found if made.holds(one.values))


def found_for(run: Any, made: Definition) -> Found:
    """What a run works with: its event again, or its record, as the owner sees it now."""
    if run.event is not None:
        return seen_by(run.rule, run.event, made) or Found({})
    target = of_subject(run.about)
    with scope.of(run.rule.owner):
        record = target[0].rows(run.rule.owner).filter(pk=target[1]).first() if target is not None else None
    return rule_fields.from_record(record, target[0]) if record is not None and target is not None else Found({})


def alarm_silent(*, now: datetime) -> int:
    """Rules that should have run by now and did not: a dead man's switch."""
    said = 0
    rules = Rule.objects.filter(state=Rule.State.ON, expect_every_hours__isnull=False, missed_at__isnull=True)
    for rule in rules:
        last = max(filter(None, (rule.last_run_at, rule.switched_at)), default=None)
        if last is not None and now - last > timedelta(hours=rule.expect_every_hours or 0):
            reason = f"It should run every {rule.expect_every_hours} hours and did not."
            rule_services.mark_missed(rule, reason=reason, now=now)
            said += 1
    return said
