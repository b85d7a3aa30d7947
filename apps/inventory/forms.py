"""Inputs of the verbs of inventory."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.actions.fields import ActionForm, MomentField, RecordField, RecordsField, form_for
from apps.inventory.models import Item, Location, Lot, StockPolicy

ITEM_FIELDS = (
    "code", "name", "department", "unit", "packs", "tracking", "gtin", "category", "standard_cost", "currency", "safety_stock",
    "reorder_point", "shelf_life_days",
)  # fmt: skip
LOCATION_FIELDS = ("code", "name", "department", "kind", "negative_allowed")
LOT_FIELDS = ("expires_on", "made_on")
POLICY_FIELDS = (
    "item", "location", "method", "reorder_point", "order_quantity", "order_up_to", "review_days", "cards", "lead_days",
    "lead_sd", "service_level", "daily_demand", "daily_sd", "lead_factor", "variability", "order_cost", "line_cost",
    "holding_rate", "price_breaks", "order_group",
)  # fmt: skip
KINDS = (
    ("receive", "Receive"),
    ("issue", "Issue"),
    ("transfer", "Transfer"),
    ("scrap", "Scrap"),
    ("return", "Return to supplier"),
    ("adjust_up", "Adjust up"),
    ("adjust_down", "Adjust down"),
)


class PacksField(forms.CharField):
    """Pairs as lines, such as "box = 12"; programs may send an object."""

    def __init__(
        self, *, sample: str = "box = 12", help_text: str = "One line per pack with how many it holds", **kwargs: Any
    ) -> None:
        self.sample = sample
        super().__init__(
            required=False, widget=forms.Textarea(attrs={"rows": 2}), strip=True, help_text=f"{help_text}, such as {sample}", **kwargs
        )  # fmt: skip

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{name} = {number}" for name, number in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        text = value if isinstance(value, dict) else super().to_python(value)
        if isinstance(text, str) and text.lstrip().startswith("{"):
            try:
                text = json.loads(text)
            except ValueError as error:
                raise forms.ValidationError(f"Write lines such as {self.sample}, or an object in JSON.") from error
        if isinstance(text, dict):
            return text
        found = {}
        for line in str(text or "").splitlines():
            name, sign, number = (part.strip() for part in line.partition("="))
            if line.strip() and not sign:
                raise forms.ValidationError(f"Write lines such as {self.sample}.")
            if name:
                found[name] = number
        return found


_Item: Any = form_for(Item, ITEM_FIELDS)


class ItemForm(_Item):  # type: ignore[misc]
    """An item; its unit and tracking stay once its stock has moved."""

    packs = PacksField()


def _share(label: str, help_text: str) -> dict[str, Any]:
    return {
        "max_digits": 3, "decimal_places": 2, "min_value": 0, "max_value": 1, "required": False, "label": label,
        "help_text": f"{help_text}. Empty: 0.5",
    }  # fmt: skip


LocationForm: Any = form_for(Location, LOCATION_FIELDS)
LotForm: Any = form_for(Lot, LOT_FIELDS)
_Policy: Any = form_for(StockPolicy, POLICY_FIELDS)


class PolicyForm(_Policy):  # type: ignore[misc]
    """A policy; what an order costs is only needed for suggestions of quantity."""

    lead_factor = forms.DecimalField(
        **_share("DDMRP lead time factor", "0.2 to 0.4 long lead time, to 0.6 medium, to 1 short")
    )
    variability = forms.DecimalField(
        **_share("DDMRP variability factor", "0 to 0.4 steady demand, to 0.6 medium, to 1 erratic")
    )
    line_cost = forms.DecimalField(
        max_digits=18, decimal_places=6, min_value=0, required=False, label="Cost of its line",
        help_text="What one more item in an order costs. Empty: nothing",
    )  # fmt: skip
    holding_rate = forms.DecimalField(
        max_digits=5, decimal_places=4, min_value=Decimal("0.0001"), max_value=9, required=False, label="Holding cost per year",
        help_text="Share of the item's cost. Empty: 0.2",
    )  # fmt: skip
    price_breaks = PacksField(
        sample="100 = 1.80",
        help_text="One line per quantity from which a lower price holds for all. Empty: the suppliers' price lists",
        label="Price breaks",
    )


class SerialsField(forms.CharField):
    """Serial numbers, one per line; programs may send a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="One per line", **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return [str(one) for one in value]
        text = super().to_python(value) or ""
        if text.startswith("["):
            try:
                found = json.loads(text)
            except ValueError:
                found = None
            if isinstance(found, list):
                return [str(one) for one in found]
        return [one.strip() for one in text.splitlines() if one.strip()]


class MoveForm(ActionForm):
    """A move of stock by its kind."""

    kind = forms.ChoiceField(choices=KINDS)
    item = RecordField(Item)
    location = RecordField(Location, label="At", help_text="Where it arrives, or where it is taken from")
    to_location = RecordField(Location, required=False, label="To", help_text="Transfers only")
    quantity = forms.DecimalField(max_digits=18, decimal_places=6, min_value=Decimal("0.000001"))
    unit = forms.CharField(max_length=12, required=False, help_text="Empty: the item's own unit. Or a pack of the item")
    lot_number = forms.CharField(
        max_length=60, required=False, label="Lot", help_text="Empty when issuing: what expires first goes first"
    )
    serials = SerialsField(label="Serial numbers")
    expires_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    unit_cost = forms.DecimalField(
        max_digits=18, decimal_places=6, min_value=0, required=False, help_text="Of one base unit; receipts only"
    )
    document = forms.CharField(
        max_length=120, required=False, help_text="Delivery note, order or record, such as order:12"
    )
    line = forms.CharField(
        max_length=40, required=False, help_text="Line of the document; a file brings each line of a document once"
    )
    reason = forms.CharField(max_length=200, required=False, help_text="Needed to scrap and to adjust")
    effective_at = MomentField(required=False, label="When", help_text="Empty: now")


class ProductionForm(ActionForm):
    """What was made."""

    item = RecordField(Item, label="Product")
    to = RecordField(Location, label="To", help_text="Where the product goes")
    quantity = forms.DecimalField(max_digits=18, decimal_places=6, min_value=Decimal("0.000001"))
    unit = forms.CharField(max_length=12, required=False, help_text="Empty: the item's own unit. Or a pack of the item")
    lot_number = forms.CharField(max_length=60, required=False, label="Lot", help_text="Needed when kept by lot")
    serials = SerialsField(label="Serial numbers")
    expires_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    unit_cost = forms.DecimalField(
        max_digits=18, decimal_places=6, min_value=0, required=False, help_text="Of one base unit. Empty: the standard cost"
    )  # fmt: skip
    document = forms.CharField(max_length=120, required=False, help_text="Such as the number of the job")
    effective_at = MomentField(required=False, label="When", help_text="Empty: now")


class ComponentForm(ActionForm):
    """One thing that went into the product; a form left empty is no component."""

    item = RecordField(Item, label="Component")
    at = RecordField(Location, required=False, label="From", help_text="Empty: where the product goes")
    quantity = forms.DecimalField(max_digits=18, decimal_places=6, min_value=Decimal("0.000001"))
    unit = forms.CharField(max_length=12, required=False, help_text="Empty: the item's own unit. Or a pack of the item")
    lot_number = forms.CharField(
        max_length=60, required=False, label="Lot", help_text="Empty: what expires first goes first"
    )


class ScanForm(ActionForm):
    """What was scanned, and what happens with it."""

    code = forms.CharField(
        max_length=300,
        help_text="A scanner types here by itself. Brackets may be typed too, such as (01)…(10)…",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false", "autofocus": True}
        ),
    )
    kind = forms.ChoiceField(label="What happens", choices=KINDS)
    location = RecordField(Location, label="At", required=False)


class StrayForm(ActionForm):
    """Something a count did not list."""

    code = forms.CharField(
        max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"})
    )
    lot = forms.CharField(max_length=60, required=False)
    more = forms.CharField(
        label="Found", max_length=30, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )


class DayForm(ActionForm):
    """A day of the past."""

    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ReasonForm(ActionForm):
    reason = forms.CharField(max_length=200)


class HoldForm(ActionForm):
    """Why nothing of the lot may be used."""

    reason = forms.CharField(max_length=300)
    status = forms.ChoiceField(
        choices=[(Lot.Status.HOLD, "On hold"), (Lot.Status.QUARANTINE, "Quarantine")], initial=Lot.Status.HOLD, required=False
    )  # fmt: skip

    def clean_status(self) -> str:
        return str(self.cleaned_data["status"] or Lot.Status.HOLD)


class CloseForm(ActionForm):
    """A period that takes no move any more."""

    closed_until = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), help_text="This day is closed as well"
    )


class CountForm(ActionForm):
    """A count of a place."""

    location = RecordField(Location)
    due_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    tolerance = forms.DecimalField(
        max_digits=5, decimal_places=2, min_value=0, max_value=100, required=False, label="Tolerance in %",
        help_text="A line further off is counted again by another person",
    )  # fmt: skip
    items = RecordsField(Item, required=False, help_text="None: everything that is at the place")

    def clean_tolerance(self) -> Decimal:
        return self.cleaned_data["tolerance"] or Decimal(0)


class ChangeCountForm(ActionForm):
    due_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class EnterForm(ActionForm):
    """What was found of one item."""

    item = RecordField(Item)
    lot_number = forms.CharField(max_length=60, required=False, label="Lot")
    found = forms.DecimalField(max_digits=18, decimal_places=6, min_value=0)
