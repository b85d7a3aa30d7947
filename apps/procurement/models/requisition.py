"""Requisitions: what somebody needs, before anybody is asked for a price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.inventory.models import Proposal
from apps.org.models import Department
from apps.procurement.lines import worth
from apps.procurement.models.supplier import Supplier


class Requisition(Noun):
    """One wish with its lines; approved by the one approval engine, then ordered in one or more parts."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        WAITING = "waiting", "Waiting for approval"
        APPROVED = "approved", "Approved"
        ORDERED = "ordered", "Ordered"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"

    RESOURCE: ClassVar[str] = "requisition"
    ACCESS_ROW: ClassVar[str] = "requisition"

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as R12")
    title = models.CharField(max_length=160)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField("what it is for", blank=True)
    category = models.CharField("budget category", max_length=40, blank=True)
    project = models.CharField(max_length=40, blank=True)
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name="suggested supplier"
    )
    currency = models.CharField(max_length=3, default="EUR", help_text="Such as EUR")
    needed_on = models.DateField(null=True, blank=True)
    lines = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT, editable=False)
    requested_by: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    proposal = models.OneToOneField(
        Proposal, null=True, editable=False, on_delete=models.PROTECT, related_name="requisition"
    )
    note = models.CharField("last decision", max_length=300, blank=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["department", "-id"], name="requisition_department"),
            models.Index(fields=["state", "-id"], name="requisition_state"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def total(self) -> Decimal:
        return worth(self.lines)
