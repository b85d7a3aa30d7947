"""Requests for quotation and what suppliers answer."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.procurement.lines import by_number, number
from apps.procurement.models.requisition import Requisition
from apps.procurement.models.supplier import Supplier


class Rfq(Noun):
    """The same lines asked from several suppliers, compared side by side."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        AWARDED = "awarded", "Awarded"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "rfq"
    ACCESS_ROW: ClassVar[str] = "purchase_order"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as Q12")
    title = models.CharField(max_length=160)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    requisition = models.ForeignKey(Requisition, null=True, blank=True, on_delete=models.PROTECT, related_name="rfqs")
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    answer_by = models.DateField(null=True, blank=True)
    terms = models.TextField("terms and questions", blank=True)
    lines = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    buyer: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="rfq_department")]

    def __str__(self) -> str:
        return self.title


class Quotation(models.Model):
    """One supplier's answer: asked, offered or declined; the latest words count."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        OFFERED = "offered", "Offered"
        DECLINED = "declined", "Declined"
        AWARDED = "awarded", "Awarded"

    rfq = models.ForeignKey(Rfq, on_delete=models.PROTECT, related_name="quotations")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="quotations")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    lines = models.JSONField(default=list)
    lead_days = models.PositiveSmallIntegerField(null=True)
    valid_until = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True)
    asked_at: datetime | Any = models.DateTimeField()
    answered_at: datetime | Any = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["rfq", "supplier"], name="a supplier answers a request once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=models.F("asked_at")),
                name="an answer comes after the question",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} on {self.rfq.code}"

    def total(self) -> Decimal | None:
        """The whole of what was asked at these prices; None while a line has none."""
        offered = by_number(self.lines)
        if any(int(one["line"]) not in offered for one in self.rfq.lines):
            return None
        return sum(
            (number(one, "quantity") * number(offered[int(one["line"])], "price") for one in self.rfq.lines), Decimal(0)
        )
