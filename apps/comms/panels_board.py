"""Parts of the pages of tier boards and their issues."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.comms.models import TierBoard, TierIssue, TierMark
from apps.core.web import cells
from apps.core.web import pagemodel as pm

SHOWN = 50
STALE_DAYS = 7


def mark_state(one: TierMark) -> tuple[pm.Tone, str]:
    return {"good": ("good", "Good"), "bad": ("bad", "Not good")}.get(one.tone, ("idle", "Nothing to say"))  # type: ignore[return-value]


def age_of(one: TierIssue) -> int:
    return (timezone.now() - one.created_at).days


def issue_state(one: TierIssue) -> tuple[pm.Tone, str]:
    if one.archived_at is not None:
        return "idle", "Put away"
    if one.state == TierIssue.State.DONE:
        return "good", "Done"
    if one.due_on is not None and one.due_on < timezone.localdate():
        return "bad", "Overdue"
    return ("hold", "Passed up") if one.board_id != one.origin_id else ("info", "Open")


def open_panel(board: TierBoard, user: Any) -> pm.Section:
    return pm.Section(
        "The board",
        text="Letters by day, issues by age. Fits a screen on the wall.",
        button=pm.Button("Open board", reverse("tier_board", args=[board.pk]), "layout-grid", "pri"),
    )


def issues_panel(board: TierBoard, user: Any) -> pm.Section:
    rows = TierIssue.objects.visible_to(user).filter(board=board, state=TierIssue.State.OPEN, archived_at__isnull=True)
    zone = cells.zone_of(user)
    table = pm.Table(
        (
            pm.Column("text", "Issue", wide=True),
            pm.Column("topic", "Letter"),
            pm.Column("age", "Days", "end"),
            pm.Column("due", "Due"),
        ),
        tuple(
            pm.Row(
                str(one.pk),
                cells=(
                    pm.Cell(str(one), "link", url=reverse("record", args=["tier-issues", one.pk])),
                    pm.Cell(one.get_topic_display()),
                    pm.Cell(str(age_of(one)), "number"),
                    cells.plain_cell(one.due_on, zone),
                ),
            )
            for one in rows.order_by("created_at")[:SHOWN]
        ),
        "Open issues",
        "No issue is open here.",
    )
    return pm.Section("Open issues", table=table)
