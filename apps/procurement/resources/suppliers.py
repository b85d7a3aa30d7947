"""Suppliers and price lists at both doors."""

from __future__ import annotations

from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.procurement import events, forms, panels, services
from apps.procurement.models import PriceList, Supplier


@register
class SupplierResource(Resource):
    model = Supplier
    path = "suppliers"
    label, plural, icon = "Supplier", "Suppliers", "truck"
    nav = ("Purchasing", 40)
    help = "Companies we buy from, what we tolerate from them, and how they did."
    columns = (
        Column("code", "No.", sort="code"),
        Column("name", "Supplier", sort="name"),
        Column("state", "State", "status", value=panels.supplier_state, sort="state"),
        Column("country", "Country", sort="country"),
        Column("currency", "Currency"),
        Column("lead_days", "Days to deliver", "number", sort="lead_days"),
        Column("payment_days", "Days to pay", "number", sort="payment_days"),
    )
    filters = ("state", "country", "currency")
    search = ("code", "name", "tax_number", "note")
    fields = forms.SUPPLIER_FIELDS
    import_key = ("code",)
    tabs = (Tab("active", "Approved", "state=active"), Tab("blocked", "Blocked", "state=blocked"))
    changed_fact = events.SupplierChanged
    panels = (Panel("scorecard", panels.scorecard),)
    actions = (
        Action(
            name="add",
            label="New supplier",
            verb="c",
            kind="create",
            run=services.add_supplier,
            form=forms.SupplierForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_supplier,
            form=forms.SupplierForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Supplier", services.archive_supplier, services.restore_supplier),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.supplier_state(record)


@register
class PriceListResource(Resource):
    model = PriceList
    path = "price-lists"
    label, plural, icon = "Price list", "Price lists", "tags"
    nav = ("Purchasing", 41)
    help = "Prices and contracts with a supplier for a time, with quantity breaks and a limit of what is called off."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Price list", sort="title"),
        Column("supplier", "Supplier"),
        Column("kind", "Kind", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("currency", "Currency"),
        Column("valid_from", "From", "date", sort="valid_from"),
        Column("valid_until", "Until", "date", sort="valid_until"),
        Column("value_limit", "Limit", "number"),
    )
    filters = ("supplier", "kind", "valid_from", "valid_until")
    search = ("code", "title")
    fields = (*forms.PRICE_FIELDS, "lines")
    import_key = ("code",)
    changed_fact = events.PricesChanged
    panels = (Panel("lines", panels.price_lines),)
    actions = (
        Action(
            name="agree",
            label="New price list",
            verb="c",
            kind="create",
            run=services.agree_prices,
            form=forms.PriceListForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_prices,
            form=forms.PriceListForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Price list", services.archive_prices, services.restore_prices),
    )
