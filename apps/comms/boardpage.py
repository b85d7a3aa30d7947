"""A tier board ready to be shown: per letter its figure, its days and its issues."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from apps.comms.models import TierBoard, TierIssue, TierMark, Topic
from apps.core.figures import Figure, figures_of


@dataclass(frozen=True)
class Day:
    """One day of one letter. `tone` is good, warn, bad or empty."""

    day: date
    tone: str = ""
    note: str = ""
    future: bool = False


@dataclass(frozen=True)
class Letter:
    code: str
    label: str
    figure: Figure | None
    days: tuple[Day, ...]
    issues: tuple[TierIssue, ...]
    by_hand: bool

    @property
    def tone(self) -> str:
        """How its newest known day was."""
        return next((one.tone for one in reversed(self.days) if one.tone and not one.future), "")


def letters_of(board: TierBoard, *, month: date, today: date, user: Any) -> list[Letter]:
    """The month's days of all five letters; a person's mark stands above what the KPI says."""
    first = month.replace(day=1)
    last = month.replace(day=monthrange(month.year, month.month)[1])
    codes = board.figure_codes()
    known = figures_of(sorted(set(codes.values())), board.department_id, first, min(last, today), user)
    marks = {
        (one.topic, one.day): one
        for one in TierMark.objects.visible_to(user).filter(board=board, day__gte=first, day__lte=last)
    }
    issues = list(
        TierIssue.objects.visible_to(user)
        .filter(board=board, state=TierIssue.State.OPEN, archived_at__isnull=True)
        .select_related("owner", "origin", "board")
        .order_by("created_at")[:200]
    )
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    return [
        Letter(
            code,
            str(label),
            known.get(codes.get(code, "")),
            tuple(_day(code, day, marks, known.get(codes.get(code, "")), today) for day in days),
            tuple(one for one in issues if one.topic == code),
            code not in codes,
        )
        for code, label in Topic.choices
    ]


def _day(letter: str, day: date, marks: dict[tuple[str, date], TierMark], figure: Figure | None, today: date) -> Day:
    mark = marks.get((letter, day))
    if mark is not None:
        return Day(day, "" if mark.tone == TierMark.Tone.NONE else mark.tone, mark.note, day > today)
    return Day(day, figure.days.get(day, "") if figure is not None and day <= today else "", "", day > today)
