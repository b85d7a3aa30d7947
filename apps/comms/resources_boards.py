"""Tier boards, marks of days and issues at both doors."""

from __future__ import annotations

from typing import Any

from apps.comms import events, forms, services
from apps.comms import panels_board as panels
from apps.comms.models import TierBoard, TierIssue, TierMark
from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register


def _is_open(one: TierIssue) -> bool:
    return one.archived_at is None and one.state == TierIssue.State.OPEN


@register
class TierBoardResource(Resource):
    model = TierBoard
    path = "tier-boards"
    label, plural, icon = "Tier board", "Tier boards", "layout-grid"
    nav = ("Operate", 26)
    help = "Where a team stands every day: safety, quality, delivery, cost and people, from KPIs or marked by hand."
    columns = (
        Column("name", "Board", sort="name"),
        Column("tier", "Tier", "number", sort="tier"),
        Column("department", "Department", sort="department__code"),
        Column("above", "Passes up to"),
        Column("lead", "Lead"),
    )
    filters = ("department", "tier", "lead")
    search = ("name",)
    fields = forms.BOARD_FIELDS
    order = "-tier"
    changed_fact = events.BoardChanged
    panels = (Panel("open", panels.open_panel), Panel("issues", panels.issues_panel))
    actions = (
        Action(
            name="set",
            label="New tier board",
            verb="c",
            kind="create",
            run=services.set_board,
            form=forms.BoardForm,
            icon="plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_board,
            form=forms.BoardForm,
            icon="pencil",
            when=in_use,
            automation=False,
        ),
        *shelf("Tier board", services.archive_board, services.restore_board),
    )


@register
class TierMarkResource(Resource):
    model = TierMark
    path = "tier-marks"
    label, plural, icon = "Mark of a day", "Marks of days", "calendar-check"
    help = "How a day was for one letter of a board, said by a person."
    columns = (
        Column("day", "Day", "date", sort="day"),
        Column("board", "Board"),
        Column("topic", "Letter", value=lambda one: one.get_topic_display(), sort="topic"),
        Column("tone", "How it was", "status", value=panels.mark_state),
        Column("note", "Note"),
        Column("marked_by", "By"),
    )
    filters = ("board", "topic", "tone", "day")
    search = ("note",)
    fields = (*forms.MARK_FIELDS, "department", "marked_by")
    actions = (
        Action(
            name="mark",
            label="Mark day",
            verb="c",
            kind="create",
            run=services.mark_day,
            form=forms.MarkForm,
            icon="calendar-check",
        ),
    )


@register
class TierIssueResource(Resource):
    model = TierIssue
    path = "tier-issues"
    label, plural, icon = "Board issue", "Board issues", "hand"
    help = "What hinders a team. What it cannot solve goes to the tier above, with a reason, and comes back with an answer."
    columns = (
        Column("text", "Issue"),
        Column("state", "State", "status", value=panels.issue_state, sort="state"),
        Column("topic", "Letter", value=lambda one: one.get_topic_display(), sort="topic"),
        Column("board", "Now at"),
        Column("origin", "Raised at"),
        Column("age", "Days", "number", value=panels.age_of),
        Column("owner", "Owner"),
        Column("due_on", "Due", "date", sort="due_on"),
    )
    filters = ("state", "topic", "board", "origin", "department", "owner", "due_on")
    search = ("text", "outcome")
    fields = ("origin", *forms.ISSUE_FIELDS, "board", "department", "state", "passed_because", "outcome", "raised_by")
    changed_fact = events.IssueChanged
    tabs = (Tab("open", "Open", "state=open"),)
    actions = (
        Action(
            name="raise",
            label="Raise issue",
            verb="c",
            kind="create",
            run=services.raise_issue,
            form=forms.IssueForm,
            icon="hand",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="c",
            kind="change",
            run=services.change_issue,
            form=forms.ChangeIssueForm,
            icon="pencil",
            when=_is_open,
        ),
        Action(
            name="finish",
            label="Close issue",
            verb="c",
            run=services.finish_issue,
            form=forms.CloseForm,
            icon="circle-check",
            when=_is_open,
            primary=True,
            done="Issue closed",
        ),
        Action(
            name="pass-up",
            label="Pass up",
            verb="c",
            run=services.pass_up,
            form=forms.ReasonForm,
            icon="arrow-up",
            when=lambda one: _is_open(one) and one.board.above_id is not None,
            done="Passed to the tier above",
        ),
        Action(
            name="pass-back",
            label="Pass back",
            verb="c",
            run=services.pass_back,
            form=forms.ReasonForm,
            icon="arrow-down",
            when=lambda one: _is_open(one) and one.board_id != one.origin_id,
            done="Passed back",
        ),
        *shelf("Issue", services.archive_issue, services.restore_issue, verb="x"),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.issue_state(record)
