"""Purchase orders, and the append-only flow of goods and invoices on their lines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.rights import rights_of
from apps.core.access.scope import ScopedManager, ScopedQuerySet
from apps.core.models import Noun
from apps.org.models import Department
from apps.procurement.lines import worth
from apps.procurement.models.requisition import Requisition
from apps.procurement.models.rfq import Rfq
from apps.procurement.models.supplier import Supplier


class OrderQuerySet(ScopedQuerySet):
    """Orders of one's reach; whoever receives goods may choose the placed ones."""

    def choosable_by(self, user: Any) -> OrderQuerySet:
        rights = rights_of(user)
        placed = Q(state=Order.State.PLACED) & rights.filter("stock_move", "c")
        if rights.reach(Order.ACCESS_ROW, "r").everything:
            return self  # no condition joined by "or" with another would leave only the other
        return self.filter(rights.filter(Order.ACCESS_ROW, "r") | placed)


class OrderManager(ScopedManager.from_queryset(OrderQuerySet)):  # type: ignore[misc]
    """The first wall."""


class Order(Noun):
    """What we asked a supplier to deliver. Its lines change by revision; what came of them is in `Flow`."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting for approval"
        PLACED = "placed", "Placed"
        CLOSED = "closed", "Closed"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "purchase_order"
    ACCESS_ROW: ClassVar[str] = "purchase_order"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as PO12")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    requisition = models.ForeignKey(Requisition, null=True, blank=True, on_delete=models.PROTECT, related_name="orders")
    rfq = models.ForeignKey(
        Rfq, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="orders", verbose_name="RFQ"
    )
    category = models.CharField("budget category", max_length=40, blank=True)
    project = models.CharField(max_length=40, blank=True)
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    rate = models.DecimalField(
        "rate to the site's currency", max_digits=18, decimal_places=8, null=True, editable=False
    )
    ordered_on = models.DateField(null=True, blank=True, help_text="Empty: the day it is placed")
    deliver_to = models.CharField("deliver to", max_length=160, blank=True)
    terms = models.TextField(blank=True)
    lines = models.JSONField(default=list, blank=True)
    tax = models.DecimalField(
        max_digits=18, decimal_places=4, null=True, blank=True, validators=[MinValueValidator(Decimal(0))]
    )
    freight = models.DecimalField(
        max_digits=18,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Shown on the order and in what it comes to; the budget binds the lines",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT, editable=False)
    revision = models.PositiveSmallIntegerField(default=1, editable=False)
    # What was approved last: a change that costs more is approved again, a refused one goes back to these.
    approved_lines = models.JSONField(default=list, editable=False)
    split_with = models.JSONField("counted together with", default=list, editable=False)
    override = models.CharField("budget overridden because", max_length=300, blank=True, editable=False)
    override_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    buyer: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField("last decision", max_length=300, blank=True, editable=False)

    objects = OrderManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="order_department"),
            models.Index(fields=["supplier", "-id"], name="order_supplier"),
            models.Index(fields=["state", "-id"], name="order_state"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def total(self) -> Decimal:
        return worth(self.lines)

    @property
    def due(self) -> Decimal:
        """The lines with tax and freight."""
        return self.total + (self.tax or 0) + (self.freight or 0)


class Flow(models.Model):
    """One quantity on one order line, written once: received, rejected, returned to the supplier, or invoiced.

    A correction is a row with the sign turned. Sums of these rows are the only truth about an order line's progress.
    """

    class Kind(models.TextChoices):
        RECEIVED = "received", "Received"
        REJECTED = "rejected", "Rejected"
        RETURNED = "returned", "Returned"
        INVOICED = "invoiced", "Invoiced"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="flows")
    line = models.PositiveIntegerField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=24, decimal_places=6)
    price = models.DecimalField(max_digits=24, decimal_places=6, default=Decimal(0))
    day = models.DateField()
    document = models.CharField(max_length=60)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="a flow moves something")]
        indexes = [
            models.Index(fields=["order", "line"], name="flow_line"),
            models.Index(fields=["document"], name="flow_document"),
            models.Index(fields=["department", "day"], name="flow_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity} on line {self.line}"
