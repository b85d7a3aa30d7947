"""Hand-offs between departments: offer, accept or return with a reason; the working time of each side is measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.org import queries as org
from apps.org.models import Department
from apps.processes import events
from apps.processes.models import Handoff
from apps.work.fields import check_checklist

State = Handoff.State


def offer_handoff(*, actor: Any, now: datetime | None = None, **values: Any) -> Handoff:
    """The receiver's clock starts."""
    moment = now or timezone.now()
    with transaction.atomic():
        values["contents"] = check_checklist(list(values.get("contents") or ()))
        handoff = Handoff(offered_by=actor, since=moment, **values)
        handoff.code = handoff.code or f"H{next_number('handoff')}"
        handoff.answer_by = _answer_by(handoff, moment)
        return write.create(handoff, actor=actor, fact=events.HandoffOffered, people=_takers(handoff))


def _answer_by(handoff: Handoff, now: datetime) -> datetime | None:
    if not handoff.answer_minutes:
        return None
    return org.worktime_in(handoff.to_department).after(now, timedelta(minutes=handoff.answer_minutes))


def _takers(handoff: Handoff) -> tuple[int, ...]:
    return tuple(one.pk for one in org.line_above(handoff.to_department))


def change_handoff(handoff: Handoff, *, actor: Any, version: int | None = None, **values: Any) -> Handoff:
    """While it is with the giver."""
    if handoff.state not in {State.OFFERED, State.RETURNED}:
        raise Refused("It is with the other department now. Write a comment instead.", code="wrong_state")
    if "contents" in values:
        values["contents"] = check_checklist(list(values["contents"] or ()))
    values["code"] = values.get("code") or handoff.code
    return write.change(handoff, values, actor=actor, fact=events.HandoffChanged, version=version)


def _locked(handoff: Handoff, *states: str) -> Handoff:
    locked: Handoff = (
        Handoff.objects.select_for_update(of=("self",))
        .select_related("department", "to_department", "offered_by", "taken_by")
        .get(pk=handoff.pk)
    )
    if locked.state not in states:
        raise Refused(f"{locked.code} is {locked.get_state_display().lower()} already.", code="wrong_state")
    return locked


def _side(actor: Any, department: Department, words: str) -> None:
    rights = rights_of(actor)
    everything = rights.reach("task", "u").everything
    if not everything and not any(department.pk in one.subtree for one in rights.grants):
        raise Refused(f"{words} {department}.", code="other_side")


def _passed(department: Department, handoff: Handoff, now: datetime) -> timedelta:
    return org.worktime_in(department).between(handoff.since or now, now)


def _move(
    handoff: Handoff, state: str, now: datetime, *, actor: Any, people: tuple[int, ...], **values: Any
) -> Handoff:
    return write.change(
        handoff,
        {"state": state, "since": now, **values},
        actor=actor,
        fact=events.HandoffMoved,
        state=str(state),
        reason=values.get("reason", ""),
        people=people,
    )


def _giver(handoff: Handoff) -> tuple[int, ...]:
    return (handoff.offered_by_id,) if handoff.offered_by_id else ()


def accept_handoff(handoff: Handoff, *, checked: Any = (), actor: Any, now: datetime | None = None) -> Handoff:
    """The receiver has found everything that must be there; their clock of work starts."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(handoff, State.OFFERED)
        _side(actor, locked.to_department, "It is for people of")
        found = {str(one) for one in checked}
        contents = [dict(one) | {"done": str(place) in found} for place, one in enumerate(locked.contents, 1)]
        missing = [one["text"] for one in contents if not one["done"]]
        if missing:
            raise Refused(
                f"Not found yet: {missing[0]}. Tick it, or return the hand-off with the reason.",
                code="incomplete",
                field="checked",
            )
        waited = locked.waited + _passed(locked.to_department, locked, moment)
        return _move(
            locked,
            State.ACCEPTED,
            moment,
            actor=actor,
            people=_giver(locked),
            waited=waited,
            taken_by=actor,
            contents=contents,
            answer_by=None,
        )


def return_handoff(handoff: Handoff, *, reason: str, actor: Any, now: datetime | None = None) -> Handoff:
    """Back to the giver, who reads why; the giver's clock starts."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(handoff, State.OFFERED, State.ACCEPTED)
        _side(actor, locked.to_department, "It is for people of")
        name = "waited" if locked.state == State.OFFERED else "worked"
        clock = {name: getattr(locked, name) + _passed(locked.to_department, locked, moment)}
        return _move(
            locked,
            State.RETURNED,
            moment,
            actor=actor,
            people=_giver(locked),
            reason=reason,
            returns=locked.returns + 1,
            taken_by=None,
            answer_by=None,
            **clock,
        )


def offer_again(handoff: Handoff, *, actor: Any, now: datetime | None = None) -> Handoff:
    """What was missing is there."""
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(handoff, State.RETURNED)
        _side(actor, locked.department, "It is with people of")
        mended = locked.mended + _passed(locked.department, locked, moment)
        answer_by = _answer_by(locked, moment)
        takers = _takers(locked)
        return _move(
            locked, State.OFFERED, moment, actor=actor, people=takers, mended=mended, reason="", answer_by=answer_by
        )


def finish_handoff(handoff: Handoff, *, actor: Any, now: datetime | None = None) -> Handoff:
    moment = now or timezone.now()
    with transaction.atomic():
        locked = _locked(handoff, State.ACCEPTED)
        _side(actor, locked.to_department, "It is for people of")
        worked = locked.worked + _passed(locked.to_department, locked, moment)
        return _move(locked, State.DONE, moment, actor=actor, people=_giver(locked), worked=worked, done_at=moment)


def cancel_handoff(handoff: Handoff, *, reason: str, actor: Any) -> Handoff:
    """The giver needs it no more."""
    with transaction.atomic():
        locked = _locked(handoff, State.OFFERED, State.RETURNED)
        _side(actor, locked.department, "It is with people of")
        return _move(locked, State.CANCELLED, timezone.now(), actor=actor, people=_takers(locked), reason=reason)
