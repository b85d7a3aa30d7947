"""Escalation: policies and their steps, and records that go up step by step until somebody has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.comms import events
from apps.comms.models import Escalation, EscalationPolicy, EscalationStep
from apps.comms.queries import readable
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.models import Event
from apps.core.records import write
from apps.org import queries as org
from apps.org.models import Closure, Department, Membership

AT_ONCE = 100
NAMED_BY_POLICY = r"""EXISTS (SELECT 1 FROM comms_escalationpolicy p WHERE p.archived_at IS NULL
AND told.name = ANY (regexp_split_to_array(p.starts_with || ' ' || p.ends_with, '[\s,]+')))"""


def set_policy(*, actor: Any, **values: Any) -> EscalationPolicy:
    return write.create(EscalationPolicy(**values), actor=actor, fact=events.PolicySet)


def change_policy(one: EscalationPolicy, *, actor: Any, version: int | None = None, **values: Any) -> EscalationPolicy:
    return write.change(one, values, actor=actor, fact=events.PolicyChanged, version=version)


def archive_policy(one: EscalationPolicy, *, actor: Any) -> EscalationPolicy:
    return write.archive(one, actor=actor, fact=events.PolicyChanged)


def restore_policy(one: EscalationPolicy, *, actor: Any) -> EscalationPolicy:
    return write.restore(one, actor=actor, fact=events.PolicyChanged)


def set_step(*, policy: EscalationPolicy, actor: Any, **values: Any) -> EscalationStep:
    step = EscalationStep(policy=policy, department=policy.department, **values)
    _check(step)
    return write.create(step, actor=actor, fact=events.StepSet)


def change_step(step: EscalationStep, *, actor: Any, version: int | None = None, **values: Any) -> EscalationStep:
    trial = EscalationStep(
        **{name: values.get(name, getattr(step, name)) for name in ("kind", "person", "role", "team")}
    )
    _check(trial)
    return write.change(step, values, actor=actor, fact=events.StepChanged, version=version)


def _check(step: EscalationStep) -> None:
    needed = {"person": step.person, "role": step.role, "team": step.team}
    if step.kind in needed and not needed[step.kind]:
        raise Refused(f"Choose the {step.kind} that this step tells.", code="required", field=str(step.kind))


def archive_step(step: EscalationStep, *, actor: Any) -> EscalationStep:
    return write.archive(step, actor=actor, fact=events.StepChanged)


def restore_step(step: EscalationStep, *, actor: Any) -> EscalationStep:
    return write.restore(step, actor=actor, fact=events.StepChanged)


def escalate(
    *,
    policy: EscalationPolicy,
    about: str,
    why: str,
    actor: Any,
    department: Department | None = None,
    now: datetime | None = None,
) -> Escalation:
    """Send a record up by a policy; one that is on its way already is not sent twice."""
    if actor is not None and readable(actor, about) is None:
        raise Refused(
            "There is no such record within your reach. Write it like task:17.", code="no_record", field="about"
        )
    place, now = department or policy.department, now or timezone.now()
    with transaction.atomic():
        known = Escalation.objects.filter(policy=policy, about=about, state=Escalation.State.RUNNING).first()
        if known is not None:
            return known  # type: ignore[no-any-return]
        row = Escalation(policy=policy, department=place, about=about, why=why[:200])
        row.next_at = _after(row, 0, now)
        return write.create(row, actor=actor, fact=events.EscalationStarted)


def _steps(row: Escalation) -> list[EscalationStep]:
    return list(EscalationStep.objects.filter(policy=row.policy_id, archived_at__isnull=True).order_by("position"))


def _after(row: Escalation, position: int, now: datetime) -> datetime | None:
    """When the step after this position is due, in working time; at once where only the owner is left to tell."""
    following = next((one for one in _steps(row) if one.position > position), None)
    if following is None:
        return None if position else now
    return org.worktime_in(row.department).after(now, timedelta(minutes=following.after_minutes))


def take_escalation(row: Escalation, *, actor: Any) -> Escalation:
    """Somebody has it: nobody else is told. The first word counts."""
    with transaction.atomic():
        locked: Escalation = Escalation.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if locked.state != Escalation.State.RUNNING:
            raise Refused(f"{locked.seen_by or 'Nobody'} has it already, or it is over.", code="not_running")
        values = {"state": Escalation.State.SEEN, "seen_by": actor, "seen_at": timezone.now(), "next_at": None}
        return write.change(locked, values, actor=actor, fact=events.EscalationChanged)


def move_on(*, now: datetime) -> int:
    """Tell the next step of everything that is due."""
    due = Escalation.objects.select_for_update(of=("self",), skip_locked=True).filter(
        state=Escalation.State.RUNNING, next_at__lte=now
    )
    rows = list(due.select_related("policy__owner", "department").order_by("next_at")[:AT_ONCE])
    for row in rows:
        _reach(row, now)
    return len(rows)


def _reach(row: Escalation, now: datetime) -> None:
    """The next step with somebody who is active and may read the record; the owner where no step has anybody."""
    for step in (one for one in _steps(row) if one.position > row.reached):
        people = [one for one in _people(step, row) if one.pk not in row.told and readable(one, row.about) is not None]
        if people:
            _tell(row, step.position, people, _after(row, step.position, now))
            return
    owner = row.policy.owner
    fit = owner.is_active and owner.pk not in row.told and readable(owner, row.about) is not None
    _tell(row, max(row.reached, 1), [owner] if fit else [], None)


def _people(step: EscalationStep, row: Escalation) -> list[User]:
    if step.kind == EscalationStep.Kind.PERSON:
        return [step.person] if step.person is not None and step.person.is_active else []
    if step.kind == EscalationStep.Kind.ROLE:
        return org.holders(step.role, row.department)
    if step.kind == EscalationStep.Kind.TEAM:
        keys = Membership.objects.filter(team=step.team_id).values("user_id")
        return list(User.objects.filter(pk__in=keys, is_active=True))
    return org.line_above(row.department, without=frozenset(row.told))


def _tell(row: Escalation, position: int, people: list[User], next_at: datetime | None) -> None:
    keys = tuple(one.pk for one in people)
    Escalation.objects.filter(pk=row.pk).update(
        reached=position, told=[*row.told, *keys], next_at=next_at, version=row.version + 1
    )
    if keys:
        emit(
            events.EscalationReached(
                subject=row.about,
                departments=row.departments_concerned(),
                escalation_id=row.pk,
                step=position,
                why=row.why,
                people=keys,
            ),
            actor=None,
        )


def _named(text: str) -> list[str]:
    return text.replace(",", " ").split()


def concerns_escalation(event: Event) -> bool | str:
    """Whether some policy starts or ends with such facts; asked while the fact is written."""
    return not event.name.startswith(("core.", "comms.")) and NAMED_BY_POLICY


def follow_facts(event: Event) -> int:
    """Start what this fact starts, end what it ends; for the policy's department and all below."""
    done = 0
    for policy in EscalationPolicy.objects.filter(archived_at__isnull=True).select_related("department"):
        if event.name in _named(policy.ends_with):
            rows = Escalation.objects.filter(policy=policy, about=event.subject, state=Escalation.State.RUNNING)
            for row in rows:
                values = {"state": Escalation.State.OVER, "next_at": None}
                write.change(row, values, actor=None, fact=events.EscalationChanged)
                done += 1
        if event.name in _named(policy.starts_with):
            below = Closure.objects.filter(ancestor=policy.department_id, descendant__in=event.departments)
            place = below.order_by("-depth").values_list("descendant_id", flat=True).first()
            if place is not None:
                escalate(
                    policy=policy,
                    about=event.subject,
                    why=str(event.payload.get("title") or event.name),
                    department=Department.objects.get(pk=place),
                    actor=None,
                    now=event.at,
                )
                done += 1
    return done
