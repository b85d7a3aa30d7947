"""Items and places at both doors."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.inventory import events, forms, panels, queries, services
from apps.inventory.models import Item, Location


@register
class ItemResource(Resource):
    model = Item
    path = "items"
    label, plural, icon = "Item", "Items", "package"
    nav = ("Stock", 40)
    help = "What is kept in stock: its unit, its packs, how it is tracked and what one costs."
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("name", "Item", sort="name", phone="title"),
        Column("category", "Category", sort="category"),
        Column("on_hand", "On hand", "number", value=panels.on_hand_text, phone="end"),
        Column("tracking", "Tracked"),
        Column("abc", "ABC", sort="abc"),
        Column("xyz", "XYZ"),
        Column("standard_cost", "Standard cost", "number", value=panels.cost_cell, sort="standard_cost"),
        Column("department", "Department"),
    )

    def dress(self, records: Sequence[Any], actor: Any) -> None:
        totals: dict[int, Decimal] = {}
        for (item, _), quantity in queries.on_hand_of([one.pk for one in records], actor).items():
            totals[item] = totals.get(item, Decimal(0)) + quantity
        for record in records:
            record.seen_stock = totals.get(record.pk)

    filters = ("tracking", "abc", "category", "department")
    search = ("code", "name", "gtin", "category")
    fields = (*forms.ITEM_FIELDS, "abc", "xyz", "classed_on")
    import_key = ("code",)
    changed_fact = events.ItemChanged
    tabs = (Tab("a", "Class A", "abc=A"), Tab("lots", "By lot", "tracking=lot"))
    panels = (
        Panel("stock", panels.levels_panel),
        Panel("worth", panels.worth_panel),
        Panel("quantities", panels.planning_panel),
        Panel("moves", panels.moves_panel),
    )
    actions = (
        Action(
            name="set",
            label="New item",
            verb="c",
            kind="create",
            run=services.set_item,
            form=forms.ItemForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_item,
            form=forms.ItemForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Item", services.archive_item, services.restore_item),
    )


@register
class LocationResource(Resource):
    model = Location
    path = "stock-locations"
    label, plural, icon = "Stock location", "Stock locations", "warehouse"
    nav = ("Stock", 43)
    help = "Places where stock is. The ends outside, such as suppliers and scrap, appear by themselves."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Place", sort="name"),
        Column("kind", "Kind", sort="kind"),
        Column("department", "Department"),
        Column("closed_until", "Closed until", "date", sort="closed_until"),
    )
    filters = ("kind", "department")
    search = ("code", "name")
    fields = (*forms.LOCATION_FIELDS, "closed_until")
    import_key = ("code",)
    changed_fact = events.LocationChanged
    panels = (Panel("stock", panels.place_panel),)
    actions = (
        Action(
            name="set",
            label="New stock location",
            verb="c",
            kind="create",
            run=services.set_location,
            form=forms.LocationForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_location,
            form=forms.LocationForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="close",
            label="Close a period",
            verb="u",
            run=services.close_period,
            form=forms.CloseForm,
            icon="lock",
            when=lambda one: one.archived_at is None and one.is_held,
            done="Period closed",
            confirm="A closed period is not opened again.",
            automation=False,
        ),
        *shelf("Stock location", services.archive_location, services.restore_location),
    )
