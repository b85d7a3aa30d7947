"""The states of a requisition, moved by its own verbs and by what becomes of its orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.core.access import scope
from apps.core.models import Noun
from apps.core.records import write
from apps.inventory import services as inventory
from apps.procurement import events, queries
from apps.procurement.lines import number
from apps.procurement.models import Requisition
from apps.work import services as work
from apps.work.models import Approval

State = Requisition.State


def move(requisition: Requisition, state: str, *, actor: Any, reason: str = "") -> Requisition:
    """The next state, told to whoever asked."""
    people = (requisition.requested_by_id,) if requisition.requested_by_id else ()
    moved = write.change(
        requisition,
        {"state": state, "note": reason[:300]},
        actor=actor,
        fact=events.RequisitionMoved,
        state=str(state),
        reason=reason,
        people=people,
    )
    tell_planning(moved, actor=actor)
    return moved


def tell_planning(requisition: Requisition | None, *, actor: Any) -> None:
    """The stock proposal a requisition was written for stands where its purchase stands."""
    if requisition is None or requisition.proposal_id is None:
        return
    with scope.system("planning's proposal follows its purchase"):
        if requisition.proposal is not None:
            state, reason = queries.proposal_stands(requisition)
            inventory.follow_proposal(requisition.proposal, state=state, reason=reason, actor=actor)


def mark_ordered(requisition: Requisition, *, actor: Any) -> Requisition:
    """Ordered once nothing is left, approved again when an order fell away."""
    done = queries.ordered_of(requisition)
    whole = all(number(one, "quantity") <= done.get(int(one["line"]), Decimal(0)) for one in requisition.lines)
    state = State.ORDERED if whole else State.APPROVED
    if requisition.state in {State.APPROVED, State.ORDERED} and requisition.state != state:
        return move(requisition, state, actor=actor)
    tell_planning(requisition, actor=actor)
    return requisition


def withdraw_questions(record: Noun) -> None:
    """Nobody is asked any more about a record that is cancelled; it counts as withdrawn by whoever asked."""
    with scope.system("an approval may wait in another department"):
        for one in Approval.objects.filter(about=record.subject(), state=Approval.State.PENDING):
            work.withdraw_approval(one, actor=one.requested_by)
