"""Tier boards: setting them up, marking days, raising issues and passing them up and back."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.comms import events
from apps.comms.models import TierBoard, TierIssue, TierMark
from apps.core.errors import Refused
from apps.core.figures import unknown_figures
from apps.core.records import write

LETTERS = ("safety", "quality", "delivery", "cost", "people")


def set_board(*, actor: Any, **values: Any) -> TierBoard:
    """It passes up to a board of a higher tier only, so that nothing goes in circles."""
    board = TierBoard(**values)
    _check(board, values, actor)
    return write.create(board, actor=actor, fact=events.BoardSet)


def change_board(board: TierBoard, *, actor: Any, version: int | None = None, **values: Any) -> TierBoard:
    trial = TierBoard(tier=values.get("tier", board.tier), above=values.get("above", board.above))
    _check(trial, values, actor)
    if TierBoard.objects.filter(above=board, tier__gte=trial.tier, archived_at__isnull=True).exists():
        raise Refused("A board of this tier or higher passes up to it. Move that one first.", code="tier", field="tier")
    return write.change(board, values, actor=actor, fact=events.BoardChanged, version=version)


def _check(board: TierBoard, values: dict[str, Any], actor: Any) -> None:
    if board.above is not None and board.above.tier <= board.tier:
        raise Refused(
            f"“{board.above}” is tier {board.above.tier}. Choose a board of a higher tier than {board.tier}.",
            code="tier",
            field="above",
        )
    if actor is None:
        return
    for letter in LETTERS:
        code = values.get(letter, "")
        if code and unknown_figures([code], actor):
            raise Refused(f"There is no KPI '{code}' that you may use.", code="no_such_kpi", field=letter)


def archive_board(board: TierBoard, *, actor: Any) -> TierBoard:
    if TierIssue.objects.filter(board=board, state=TierIssue.State.OPEN, archived_at__isnull=True).exists():
        raise Refused("Issues are open on this board. Close or pass them first.", code="has_issues")
    return write.archive(board, actor=actor, fact=events.BoardChanged)


def restore_board(board: TierBoard, *, actor: Any) -> TierBoard:
    return write.restore(board, actor=actor, fact=events.BoardChanged)


def mark_day(*, board: TierBoard, topic: str, day: Any, tone: str, actor: Any, note: str = "") -> TierMark:
    """One mark per day and letter; a second word replaces the first, both stay in the log."""
    with transaction.atomic():
        known: TierMark | None = (
            TierMark.objects.select_for_update(of=("self",)).filter(board=board, topic=topic, day=day).first()
        )
        if known is not None:
            values = {"tone": tone, "note": note, "marked_by": actor}
            return write.change(known, values, actor=actor, fact=events.MarkChanged)
        mark = TierMark(
            board=board, department=board.department, topic=topic, day=day, tone=tone, note=note, marked_by=actor
        )
        return write.create(mark, actor=actor, fact=events.DayMarked)


def raise_issue(*, origin: TierBoard, actor: Any, **values: Any) -> TierIssue:
    one = TierIssue(origin=origin, board=origin, department=origin.department, raised_by=actor, **values)
    return write.create(one, actor=actor, fact=events.IssueRaised)


def change_issue(one: TierIssue, *, actor: Any, version: int | None = None, **values: Any) -> TierIssue:
    return write.change(one, values, actor=actor, fact=events.IssueChanged, version=version)


def pass_up(one: TierIssue, *, reason: str, actor: Any) -> TierIssue:
    """To the board above the one where it is now."""
    above = one.board.above
    if above is None or above.archived_at is not None:
        raise Refused(f"“{one.board}” has no board above. Name one on the board's page.", code="no_board_above")
    return _pass(one, above, reason, actor)


def pass_back(one: TierIssue, *, reason: str, actor: Any) -> TierIssue:
    """One tier down, on the way it came."""
    if one.board_id == one.origin_id:
        raise Refused("It is at the board where it was raised.", code="at_origin")
    way = one.origin
    for _ in range(6):
        if way.above_id == one.board_id or way.above is None:
            break
        way = way.above
    return _pass(one, way, reason, actor)


def _pass(one: TierIssue, board: TierBoard, reason: str, actor: Any) -> TierIssue:
    values = {"board": board, "passed_at": timezone.now(), "passed_because": reason}
    people = tuple(key for key in (board.lead_id, one.owner_id, one.raised_by_id) if key)
    return write.change(one, values, actor=actor, fact=events.IssuePassed, reason=reason, people=people)


def finish_issue(one: TierIssue, *, outcome: str, actor: Any) -> TierIssue:
    values = {"state": TierIssue.State.DONE, "outcome": outcome}
    return write.change(one, values, actor=actor, fact=events.IssueChanged)


def archive_issue(one: TierIssue, *, actor: Any) -> TierIssue:
    return write.archive(one, actor=actor, fact=events.IssueChanged)


def restore_issue(one: TierIssue, *, actor: Any) -> TierIssue:
    return write.restore(one, actor=actor, fact=events.IssueChanged)
