"""One approval engine for every record: steps in order, k of n, bands, stand-ins, escalation; never one's own request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.org import queries as org
from apps.org.models import Department, Membership
from apps.work import events, queries
from apps.work.models import Approval, ApprovalStep, Policy, PolicyStep, Seat
from apps.work.models.approval import StepKind

BATCH = 200
MOST_ESCALATIONS = 3
STEP_FIELDS = ("position", "kind", "person", "role", "team", "need", "timeout_minutes")


def ask_approval(*, actor: Any, approvers: Iterable[User] = (), need: int | None = None, **values: Any) -> Approval:
    """Ask the people named (all of them unless `need` says fewer), else the policy, else the reporting line."""
    named = list(dict.fromkeys(approvers))
    steps: list[Mapping[str, Any]] | None = None
    if named:
        steps = [{"kind": StepKind.PERSON, "person": one} for one in named]
        if need and need < len(named):
            steps = [{"kind": StepKind.PERSON, "people": named, "need": need}]
    return request_approval(steps=steps, actor=actor, **values)


def request_approval(
    *,
    title: str,
    department: Department,
    actor: Any,
    about: str = "",
    steps: Iterable[Mapping[str, Any]] | None = None,
    policy: Policy | None = None,
    amount: Decimal | None = None,
    currency: str = "",
    source: str = "",
    reason: str = "",
    written_by: User | None = None,
) -> Approval:
    """Every step must have somebody who may answer it, or nothing is asked; neither who asks nor who wrote it answers."""
    with transaction.atomic():
        found = policy or (None if steps else policy_for(about, department))
        approval = Approval(
            title=title, department=department, about=about, policy=found, amount=amount, source=source, reason=reason,
            currency=currency or (found.currency if found else ""), written_by=written_by,
            requested_by=actor if isinstance(actor, User) else None,
        )  # fmt: skip
        planned = list(steps) if steps else _planned(approval)
        _check_answerable(approval, planned)
        approval.code = f"A{next_number('approval')}"
        first = _seats_of_first(approval, planned)
        approval.seats = sorted(first)
        write.create(approval, actor=actor, fact=events.ApprovalRequested, people=tuple(sorted(first)))
        for one in planned:
            row = {name: one[name] for name in STEP_FIELDS if one.get(name) not in (None, "")}
            made = ApprovalStep.objects.create(approval=approval, **({"position": 1} | row))
            for person in one.get("people", ()):
                Seat.objects.create(step=made, user=person)
        _open_next(approval, actor=actor, tell=False)
        return approval


def policy_for(about: str, department: Department) -> Policy | None:
    """The nearest policy for this kind of record, looking upwards."""
    kind = about.partition(":")[0]
    if not kind:
        return None
    with scope.system("the policy may stand above the asker's reach"):
        known = {
            one.department_id: one
            for one in Policy.objects.filter(about=kind, archived_at__isnull=True).select_related("department")
        }
        return next((known[one.pk] for one in org.chain(department) if one.pk in known), None)


def _planned(approval: Approval) -> list[dict[str, Any]]:
    """The steps of the policy whose band holds the amount; without a policy the reporting line."""
    policy, amount = approval.policy, approval.amount
    if policy is None:
        return [{"position": 1, "kind": StepKind.LINE, "need": 1}]
    with scope.system("the policy may stand above the asker's reach"):
        rows = list(PolicyStep.objects.filter(policy=policy, archived_at__isnull=True).select_related("person", "team"))
    banded = [one for one in rows if one.from_amount is not None or one.below_amount is not None]
    if banded and amount is None:
        raise Refused("This policy goes by the amount. Enter it.", code="amount", field="amount")
    if amount is not None and policy.currency and approval.currency != policy.currency:
        raise Refused(f"This policy counts in {policy.currency}.", code="currency", field="currency")
    fitting = [one for one in rows if one not in banded or _within(one, amount or Decimal(0))]
    if not fitting:
        raise Refused(
            f"“{policy}” has no step for this amount. Ask whoever keeps the policy to add one.",
            code="no_step",
            field="policy",
        )
    return [{name: getattr(one, name) for name in STEP_FIELDS} for one in fitting]


def _within(step: PolicyStep, amount: Decimal) -> bool:
    above = step.from_amount is None or amount >= step.from_amount
    return above and (step.below_amount is None or amount < step.below_amount)


def _check_answerable(approval: Approval, planned: list[Any]) -> None:
    for one in planned:
        people = candidates(approval, one)
        need = int(one.get("need") or 1)
        named = [one["person"]] if one["kind"] == StepKind.PERSON and one.get("person") else list(one.get("people", ()))
        for person in named:
            if not may_answer(person):
                raise Refused(f"{person} has no role that approves. Name somebody else.", code="may_not_approve")
        if len(people) < need:
            raise Refused(
                f"Nobody but you could answer step {one.get('position', 1)}, and nobody approves their own request."
                if not people
                else f"Step {one.get('position', 1)} asks {need} people, but only {len(people)} may answer it.",
                code="nobody_to_approve",
                field="policy" if approval.policy else None,
            )


def candidates(approval: Approval, step: Mapping[str, Any]) -> list[User]:
    """Who may answer a step: never the person who asked or wrote it."""
    without = approval.own_of
    kind, need = step["kind"], int(step.get("need") or 1)
    if step.get("people"):
        found = list(step["people"])
    elif kind == StepKind.PERSON:
        found = [step["person"]]
    elif kind == StepKind.TEAM:
        members = Membership.objects.filter(team=step["team"], user__is_active=True).select_related("user")
        found = [one.user for one in members]
    elif kind == StepKind.ROLE:
        found = org.holders(step["role"], approval.department)
    else:
        found = org.line_above(approval.department, without=without)
    kept = [one for one in found if one.pk not in without and one.is_active and may_answer(one)]
    if len(kept) < need and kind in {StepKind.ROLE, StepKind.TEAM} and not kept:
        kept = org.line_above(approval.department, without=without)
    return kept


def may_answer(person: User) -> bool:
    """Whether some role lets them answer at all: a seat nobody can use would hold a step up."""
    return rights_of(person).can_somewhere("approval", "a")


def _seats_of_first(approval: Approval, planned: list[Any]) -> set[int]:
    first = min(int(one.get("position") or 1) for one in planned)
    return {
        person.pk for one in planned if int(one.get("position") or 1) == first for person in candidates(approval, one)
    }


def _open_next(approval: Approval, *, actor: Any, tell: bool = True) -> None:
    """Open all steps of the lowest position that is not finished, or decide."""
    steps = list(approval.steps.select_related("person", "team"))
    waiting = [one for one in steps if one.state == ApprovalStep.State.WAITING]
    if not waiting:
        _decide(approval, Approval.State.APPROVED, actor=actor)
        return
    now = timezone.now()
    position = min(one.position for one in waiting)
    seated: set[int] = set()
    for step in (one for one in waiting if one.position == position):
        seats = {one.user_id for one in step.taken.all()} or _seat(approval, step)
        seated |= seats
        ApprovalStep.objects.filter(pk=step.pk).update(
            state=ApprovalStep.State.OPEN, opened_at=now, escalates_at=_timeout(approval, step, now)
        )
    _seen_by(approval, seated)
    if tell:
        _tell(approval, events.ApprovalStepOpened, actor, people=tuple(sorted(seated)))


def _seat(approval: Approval, step: ApprovalStep) -> set[int]:
    """Whoever may answer now; where people left since it was asked, those above them as well."""
    values = {name: getattr(step, name) for name in STEP_FIELDS}
    people = candidates(approval, values)
    if len(people) < step.need:
        seated = {one.pk for one in people} | {approval.requested_by_id or 0}
        people += org.line_above(approval.department, without=frozenset(seated))
    Seat.objects.bulk_create([Seat(step=step, user=one) for one in people], ignore_conflicts=True)
    return {one.pk for one in people}


def _timeout(approval: Approval, step: ApprovalStep, now: datetime) -> datetime | None:
    if not step.timeout_minutes:
        return None
    return org.worktime_in(approval.department).after(now, timedelta(minutes=step.timeout_minutes))


def _seen_by(approval: Approval, people: set[int]) -> None:
    approval.seats = sorted(set(approval.seats) | people)
    Approval.objects.filter(pk=approval.pk).update(seats=approval.seats)


def _tell(approval: Approval, fact: Any, actor: Any, *, changes: dict[str, Any] | None = None, **extra: Any) -> None:
    emit(
        fact(
            subject=approval.subject(),
            departments=approval.departments_concerned(),
            title=approval.title,
            changes=changes or {},
            approval_id=approval.pk,
            **extra,
        ),
        actor=actor,
    )


def _decide(approval: Approval, state: str, *, actor: Any) -> None:
    approval.steps.filter(state__in=[ApprovalStep.State.OPEN, ApprovalStep.State.WAITING]).update(
        state=ApprovalStep.State.SKIPPED, escalates_at=None
    )
    write.change(
        approval,
        {"state": state, "decided_at": timezone.now()},
        actor=actor,
        fact=events.ApprovalDecided,
        approval_id=approval.pk,
        outcome=str(state),
        about=approval.about,
        source=approval.source,
        people=(approval.requested_by_id,) if approval.requested_by_id else (),
    )


def _locked(approval: Approval) -> Approval:
    locked: Approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("department", "requested_by")
        .get(pk=approval.pk)
    )
    if locked.state != Approval.State.PENDING:
        raise Refused(f"{locked.code} is {locked.get_state_display().lower()} already.", code="decided")
    return locked


def answer_approval(approval: Approval, *, answer: str, note: str = "", actor: Any) -> Approval:
    """Take one's own seat, or that of somebody one stands in for; a step is lost when it can no longer reach its count."""
    if answer == Seat.Answer.NO and not note.strip():
        raise Refused("Say why, so that the request can be mended.", code="no_reason", field="note")
    with transaction.atomic():
        locked = _locked(approval)
        seat = _seat_for(locked, actor)
        seat.answer, seat.note, seat.answered_by, seat.answered_at = answer, note, actor, timezone.now()
        seat.save(update_fields=["answer", "note", "answered_by", "answered_at"])
        _tell(
            locked,
            events.ApprovalAnswered,
            actor,
            seat_user_id=seat.user_id,
            answered_by_id=actor.pk,
            answer=answer,
            changes={"answer": ["", answer]},
        )
        _count(locked, seat.step, actor)
        locked.refresh_from_db()
        return locked


def _seat_for(approval: Approval, actor: Any) -> Seat:
    if actor.pk in approval.own_of:
        raise Refused("Nobody approves their own request.", code="own_request")
    people = [actor.pk, *sorted(rights_of(actor).principals)]
    seats = list(queries.open_seats(actor).filter(step__approval=approval).select_related("step", "user"))
    if not seats:
        waiting = Seat.objects.filter(step__approval=approval, step__state=ApprovalStep.State.OPEN, answer="")
        names = ", ".join(str(one.user) for one in waiting.select_related("user")) or "nobody"
        if waiting.filter(user_id__in=people).exists():
            raise Refused(f"You have answered already; one person counts once. It waits for: {names}.", code="answered")
        raise Refused(f"It does not wait for you. It waits for: {names}.", code="no_seat")
    return min(seats, key=lambda one: people.index(one.user_id))


def _count(approval: Approval, step: ApprovalStep, actor: Any) -> None:
    answers = list(step.taken.values_list("answer", flat=True))
    yes, left = answers.count(Seat.Answer.YES), answers.count("")
    if yes >= step.need:
        ApprovalStep.objects.filter(pk=step.pk).update(state=ApprovalStep.State.APPROVED, escalates_at=None)
        if not approval.steps.filter(state=ApprovalStep.State.OPEN).exists():
            _open_next(approval, actor=actor)
    elif yes + left < step.need:
        ApprovalStep.objects.filter(pk=step.pk).update(state=ApprovalStep.State.REJECTED, escalates_at=None)
        _decide(approval, Approval.State.REJECTED, actor=actor)


def withdraw_approval(approval: Approval, *, actor: Any) -> Approval:
    """Whoever asked takes it back; a manager may for them."""
    with transaction.atomic():
        locked = _locked(approval)
        reach = rights_of(actor).reach("approval", "x")
        if locked.requested_by_id != actor.pk and not (reach.everything or locked.department_id in reach.departments):
            raise Refused("Only the person who asked, or a manager, can withdraw it.", code="not_yours")
        _decide(locked, Approval.State.WITHDRAWN, actor=actor)
        locked.refresh_from_db()
        return locked


def escalate_approvals(*, now: datetime) -> int:
    """Steps that waited too long, or whose people have all left, also ask the people above; the first seats stay."""
    moved = 0
    somebody = Seat.objects.filter(step=OuterRef("pk"), answer="", user__is_active=True)
    with transaction.atomic():
        late = ApprovalStep.objects.filter(
            Q(escalates_at__lte=now) | Q(~Exists(somebody), escalations=0),
            state=ApprovalStep.State.OPEN,
            approval__state=Approval.State.PENDING,
        ).select_related("approval__department")
        for step in late.select_for_update(of=("self",), skip_locked=True)[:BATCH]:
            approval = step.approval
            seated = frozenset(step.taken.values_list("user_id", flat=True))
            above = org.line_above(approval.department, without=seated | approval.own_of)
            Seat.objects.bulk_create([Seat(step=step, user=one) for one in above], ignore_conflicts=True)
            step.escalations += 1
            again = _timeout(approval, step, now) if above and step.escalations < MOST_ESCALATIONS else None
            ApprovalStep.objects.filter(pk=step.pk).update(escalations=step.escalations, escalates_at=again)
            _seen_by(approval, {one.pk for one in above})
            _tell(
                approval,
                events.ApprovalStepOpened,
                None,
                people=tuple(one.pk for one in above),
                escalated=True,
                changes={"escalations": [step.escalations - 1, step.escalations]},
            )
            moved += 1
    return moved
