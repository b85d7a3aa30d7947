"""When to order again and how much: policies per item and place, and the proposals they make."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory.models.item import Item, Location, money_field, quantity_field
from apps.org.models import Department

NOT_NEGATIVE = [MinValueValidator(Decimal(0))]
SHARE = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]


class StockPolicy(Noun):
    """How one item is replenished at one place."""

    class Method(models.TextChoices):
        SQ = "sQ", "(s,Q): at s order Q"
        SS = "sS", "(s,S): at s order up to S"
        RS = "RS", "(R,S): every R days order up to S"
        KANBAN = "kanban", "Kanban: cards of Q"
        DDMRP = "ddmrp", "DDMRP buffer"

    RESOURCE: ClassVar[str] = "stock_policy"
    ACCESS_ROW: ClassVar[str] = "item"

    code = models.CharField(max_length=90, unique=True, editable=False)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="policies")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="policies")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    method = models.CharField(max_length=6, choices=Method.choices, default=Method.SQ)
    reorder_point = quantity_field(
        "reorder point s", null=True, blank=True, validators=NOT_NEGATIVE, help_text="Empty: worked out from demand"
    )
    order_quantity = quantity_field(
        "quantity Q", null=True, blank=True, validators=[MinValueValidator(Decimal("0.000001"))], help_text="Of an order or a card"
    )  # fmt: skip
    order_up_to = quantity_field("level S", null=True, blank=True, validators=NOT_NEGATIVE)
    review_days = models.PositiveIntegerField(
        "review every R days", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    cards = models.PositiveIntegerField(null=True, blank=True, help_text="Number of kanban cards")
    lead_days = models.DecimalField(
        "lead time in days", max_digits=7, decimal_places=2, default=Decimal(7), validators=NOT_NEGATIVE
    )
    lead_sd = models.DecimalField(
        "its standard deviation", max_digits=7, decimal_places=2, default=Decimal(0), validators=NOT_NEGATIVE
    )
    service_level = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.95"),
        validators=[MinValueValidator(Decimal("0.5")), MaxValueValidator(Decimal("0.9999"))],
        help_text="Chance of no shortage in one cycle, such as 0.95",
    )  # fmt: skip
    daily_demand = quantity_field(
        null=True, blank=True, validators=NOT_NEGATIVE, help_text="Empty: from the last 90 days"
    )
    daily_sd = quantity_field(
        "standard deviation of a day", null=True, blank=True, validators=NOT_NEGATIVE, help_text="Empty: from the last 90 days"
    )  # fmt: skip
    lead_factor = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.5"), validators=SHARE)
    variability = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.5"), validators=SHARE)
    order_cost = money_field(
        "cost of an order", null=True, blank=True, validators=NOT_NEGATIVE, help_text="With it the page suggests quantities"
    )  # fmt: skip
    line_cost = money_field(default=Decimal(0), validators=NOT_NEGATIVE)
    holding_rate = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.2"),
        validators=[MinValueValidator(Decimal("0.0001")), MaxValueValidator(Decimal(9))],
    )  # fmt: skip
    price_breaks = models.JSONField(default=dict, blank=True)  # quantity -> price of one from there on, for all
    order_group = models.CharField(
        "ordered together as", max_length=60, blank=True, help_text="Such as the supplier's name; the same for all items of an order"
    )  # fmt: skip
    last_review_on = models.DateField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "code"], name="stock_policy_department")]
        constraints = [
            models.UniqueConstraint(fields=["item", "location"], name="an item has one policy per place")
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.item} at {self.location.code}"


class Proposal(Noun):
    """A quantity that should be ordered, with the arithmetic that says so.

    It counts as supply until it is dismissed, or until what asked for it counts in its place.
    """

    class State(models.TextChoices):
        OPEN = "open", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        REQUESTED = "requested", "Requested"
        ORDERED = "ordered", "Ordered"
        DONE = "done", "Received"
        DISMISSED = "dismissed", "Dismissed"

    SUPPLY: ClassVar[tuple[str, ...]] = (State.OPEN, State.ACCEPTED)
    RESOURCE: ClassVar[str] = "stock_proposal"
    ACCESS_ROW: ClassVar[str] = "requisition"

    code = models.CharField(max_length=20, unique=True, blank=True)
    policy = models.ForeignKey(StockPolicy, on_delete=models.PROTECT, related_name="proposals")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", editable=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    quantity = quantity_field(validators=[MinValueValidator(Decimal("0.000001"))])
    needed_on = models.DateField()
    arithmetic = models.TextField(editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN, editable=False)
    reason = models.CharField(max_length=200, blank=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="proposal_department"),
            models.Index(
                fields=["item", "location"], name="proposal_supply", condition=Q(state__in=["open", "accepted"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}"

    @property
    def quantity_words(self) -> Any:
        return f"{self.quantity.normalize():f} {self.item.unit}"
