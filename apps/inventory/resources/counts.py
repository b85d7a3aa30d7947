"""Stock counts at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.inventory import events, forms, panels, services
from apps.inventory.models import Count

OPEN = (Count.State.OPEN, Count.State.RECOUNT)


def is_open(one: Any) -> bool:
    return one.archived_at is None and one.state in OPEN


def _enter(count: Count, *, actor: Any, **line: Any) -> Count:
    return services.enter_count(count, lines=[line], actor=actor)


@register
class CountResource(Resource):
    model = Count
    path = "stock-counts"
    label, plural, icon = "Stock count", "Stock counts", "clipboard-list"
    nav = ("Stock", 44)
    help = "Blind counts of places. A line far off is counted again by another person; the difference is booked at the end."
    columns = (
        Column("code", "No.", sort="code"),
        Column("location", "Place"),
        Column("state", "State", "status", value=panels.count_state, sort="state"),
        Column("due_on", "Due", "date", sort="due_on"),
        Column("tolerance", "Tolerance %", "number"),
        Column("closed_at", "Closed", "date", sort="closed_at"),
    )
    filters = ("state", "location", "department", "due_on")
    search = ("code",)
    fields = ("code", "location", "due_on", "tolerance", "state", "closed_at", "closed_by", "department")
    changed_fact = events.CountChanged
    tabs = (Tab("open", "To count", "state=open"), Tab("recount", "To count again", "state=recount"))
    panels = (Panel("lines", panels.count_panel),)
    actions = (
        Action(
            name="plan",
            label="New stock count",
            verb="c",
            kind="create",
            run=services.plan_count,
            form=forms.CountForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="x",
            kind="change",
            run=services.change_count,
            form=forms.ChangeCountForm,
            icon="pencil",
            when=is_open,
        ),
        Action(
            name="enter",
            label="Enter a line",
            verb="c",
            run=_enter,
            form=forms.EnterForm,
            icon="pencil-line",
            when=is_open,
            automation=False,
            done="Line entered",
        ),
        Action(
            name="close",
            label="Close count",
            verb="a",
            run=services.close_count,
            icon="clipboard-check",
            primary=True,
            when=lambda one: one.archived_at is None and one.state == Count.State.OPEN,
            confirm="Differences are booked as moves.",
            done="Stock count closed",
            automation=False,
        ),
        Action(
            name="cancel",
            label="Cancel count",
            verb="x",
            run=services.cancel_count,
            icon="ban",
            danger=True,
            when=is_open,
            done="Stock count cancelled",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.count_state(record)
