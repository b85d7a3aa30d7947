"""Lots and moves at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.inventory import events, forms, panels, production_page, services
from apps.inventory.models import Lot, Move


@register
class LotResource(Resource):
    model = Lot
    path = "lots"
    label, plural, icon = "Lot", "Lots", "boxes"
    nav = ("Stock", 42)
    help = "Batches and serial numbers: when they expire, whether they may be used, and what was made of what."
    columns = (
        Column("code", "Lot", sort="code"),
        Column("item", "Item"),
        Column("status", "State", "status", value=panels.lot_state, sort="status"),
        Column("expires_on", "Expires", "date", sort="expires_on"),
        Column("reason", "Reason"),
    )
    filters = ("status", "item", "expires_on")
    search = ("code", "number")
    fields = ("item", "number", "serial", "expires_on", "made_on", "status", "reason", "department")
    changed_fact = events.LotChanged
    tabs = (Tab("held", "On hold", "status=hold"), Tab("quarantine", "Quarantine", "status=quarantine"))
    panels = (Panel("family", panels.family_panel), Panel("moves", panels.lot_moves_panel))
    actions = (
        Action(
            name="edit",
            label="Edit",
            verb="c",
            kind="change",
            run=services.change_lot,
            form=forms.LotForm,
            icon="pencil",
            when=lambda one: one.archived_at is None,
        ),
        Action(
            name="hold",
            label="Hold",
            verb="x",
            run=services.hold_lot,
            form=forms.HoldForm,
            icon="octagon-pause",
            when=lambda one: one.archived_at is None and one.status == Lot.Status.RELEASED,
            done="Lot held",
        ),
        Action(
            name="release",
            label="Release",
            verb="x",
            run=services.release_lot,
            form=forms.ReasonForm,
            icon="circle-check",
            when=lambda one: one.archived_at is None and one.status != Lot.Status.RELEASED,
            done="Lot released",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.lot_state(record)


def _undo(move: Move, *, actor: Any) -> None:
    services.reverse_move(move, reason="Import undone", actor=actor)


@register
class MoveResource(Resource):
    model = Move
    path = "stock-moves"
    label, plural, icon = "Stock move", "Stock moves", "arrow-right-left"
    nav = ("Stock", 41)
    help = "The stock ledger: what came, went and moved. A move never changes; what was wrong is reversed."
    columns = (
        Column("effective_at", "When", "date", sort="effective_at", phone="meta"),
        Column("kind", "Kind", sort="kind", phone="meta"),
        Column("item", "Item", phone="title"),
        Column("quantity", "Quantity", "number", value=panels.moved, phone="end"),
        Column("lot", "Lot"),
        Column("from_location", "From"),
        Column("to_location", "To"),
        Column("document", "Document", phone="line"),
    )
    filters = ("kind", "item", "lot", "department", "document", "effective_at")
    import_key = ("document", "line")
    undo_verb = "x"
    take_back = staticmethod(_undo)
    sort = "-effective_at"
    fields = (
        "kind", "item", "lot", "from_location", "to_location", "quantity", "entered", "unit", "unit_cost", "document", "line",
        "reason", "effective_at", "actor", "reverses", "department", "to_department",
    )  # fmt: skip
    panels = (Panel("production", production_page.production_panel),)
    actions = (
        Action(
            name="record",
            label="New stock move",
            verb="c",
            kind="create",
            run=services.record_move,
            form=forms.MoveForm,
            icon="plus",
        ),
        Action(
            name="reverse",
            label="Reverse",
            verb="x",
            run=services.reverse_move,
            form=forms.ReasonForm,
            icon="undo-2",
            danger=True,
            when=lambda one: one.kind != Move.Kind.REVERSE,
            done="Move reversed",
        ),
        Action(
            name="reverse_production",
            label="Reverse production",
            verb="x",
            run=services.reverse_production,
            form=forms.ReasonForm,
            icon="undo-2",
            danger=True,
            when=lambda one: one.batch is not None and one.kind != Move.Kind.REVERSE,
            done="Production reversed",
        ),
    )
