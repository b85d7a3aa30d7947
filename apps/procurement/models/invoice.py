"""Supplier invoices: matched line by line against order and goods, or waiting in the exception queue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.procurement.lines import worth
from apps.procurement.models.order import Order
from apps.procurement.models.supplier import Supplier


class Invoice(Noun):
    """One invoice or credit note, amounts of both above zero; `verdicts` keeps what the match said about each line."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT = "credit", "Credit note"
        PRICE = "price", "Credit for price alone"

    class State(models.TextChoices):
        MATCHED = "matched", "To pay"
        BLOCKED = "blocked", "Blocked"
        RELEASED = "released", "Released to pay"
        REJECTED = "rejected", "Sent back"

    RESOURCE: ClassVar[str] = "supplier_invoice"
    ACCESS_ROW: ClassVar[str] = "purchase_order"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as SI12")
    kind = models.CharField(max_length=7, choices=Kind.choices, default=Kind.INVOICE)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField("supplier's number", max_length=60)
    number_key = models.CharField(max_length=60, editable=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices")
    invoiced_on = models.DateField("invoice date")
    due_on = models.DateField(null=True, blank=True, help_text="Empty: by the supplier's days to pay")
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    amount = models.DecimalField(
        "amount without tax", max_digits=18, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )
    lines = models.JSONField(default=list, blank=True)
    verdicts = models.JSONField(default=list, editable=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.BLOCKED, editable=False)
    reason = models.CharField("why", max_length=300, blank=True, editable=False)
    blocked_at = models.DateTimeField(null=True, editable=False)
    entered_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "number_key"],
                condition=~Q(state="rejected"),
                name="an invoice number of a supplier is entered once",
            )
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="invoice_department"),
            models.Index(fields=["state", "-id"], name="invoice_state"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_credit(self) -> bool:
        return self.kind != self.Kind.INVOICE

    @property
    def total(self) -> Decimal:
        return worth(self.lines)
