"""The ledger of commitments in double entry: append-only entries, their balances, and what each document still holds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.budgets.models.plan import AMOUNT, Line
from apps.core.access.scope import ScopedManager
from apps.org.models import Department


class Account(models.TextChoices):
    """Where money of a line stands. Appropriated is written negative, so that the accounts of a line sum to zero."""

    APPROPRIATED = "budget", "Appropriated"
    RESERVED = "reserve", "Pre-encumbered"
    ENCUMBERED = "encumber", "Encumbered"
    ACTUAL = "actual", "Actual"
    AVAILABLE = "free", "Available"


class Kind(models.TextChoices):
    """What caused an entry."""

    APPROVE = "approve", "Approval"
    TRANSFER = "transfer", "Transfer"
    RESERVE = "reserve", "Reservation"
    ENCUMBER = "encumber", "Encumbrance"
    SPEND = "spend", "Actual"
    RELEASE = "release", "Release"
    REVERSE = "reverse", "Reversal"
    IMPORT = "import", "Import"


class Entry(models.Model):
    """One leg of a transaction; transactions sum to zero at commit and are never changed."""

    RESOURCE: ClassVar[str] = "budget_entry"
    ACCESS_ROW: ClassVar[str] = "budget_ledger"

    txn = models.BigIntegerField(db_index=True)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="entries")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    period = models.PositiveSmallIntegerField()
    on = models.DateField(db_column="effective_on")
    account = models.CharField(max_length=8, choices=Account.choices)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.DecimalField(**AMOUNT)
    quantity = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    document = models.CharField(max_length=80, blank=True)
    ref = models.CharField(max_length=80, blank=True)
    override = models.CharField(max_length=300, blank=True)
    reverses = models.BigIntegerField(null=True)
    actor: Any = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now())

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="an entry moves an amount"),
            models.UniqueConstraint(
                fields=["reverses", "line", "period", "account"],
                condition=Q(reverses__isnull=False),
                name="a transaction is reversed once",
            ),
        ]
        indexes = [
            models.Index(fields=["line", "account", "period"], name="entry_line"),
            models.Index(fields=["document", "ref"], name="entry_document"),
            models.Index(fields=["department", "-id"], name="entry_department"),
            models.Index(fields=["-id"], name="entry_override", condition=~Q(override="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.document or self.txn}"

    def subject(self) -> str:
        return f"{self.RESOURCE}:{self.pk}"

    def departments_concerned(self) -> tuple[int, ...]:
        return (self.department_id,)

    @property
    def shown(self) -> Decimal:
        """As people read it: the budget above zero."""
        return -self.amount if self.account == Account.APPROPRIATED else self.amount


class Balance(models.Model):
    """Sum of a line's entries per period and account, kept by a trigger; the ledger stays the truth."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="balances")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    period = models.PositiveSmallIntegerField()
    account = models.CharField(max_length=8, choices=Account.choices)
    amount = models.DecimalField(**AMOUNT)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["line", "period", "account"], name="a line has one balance per account")
        ]


class Commitment(models.Model):
    """What a document still holds of a line: reserved by a requisition, encumbered by an order."""

    line = models.ForeignKey(Line, on_delete=models.PROTECT, related_name="commitments")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    document = models.CharField(max_length=80)
    ref = models.CharField(max_length=80, blank=True)
    reserved = models.DecimalField(**AMOUNT, default=Decimal(0))
    encumbered = models.DecimalField(**AMOUNT, default=Decimal(0))
    spent = models.DecimalField(**AMOUNT, default=Decimal(0))

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["line", "document", "ref"], name="a document commits a line once per part"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, encumbered__gte=0), name="nobody relieves more than is committed"
            ),
        ]
        indexes = [models.Index(fields=["document", "ref"], name="commitment_document")]

    def __str__(self) -> str:
        return f"{self.document} {self.ref}".strip()

    @property
    def open(self) -> Decimal:
        return self.reserved + self.encumbered
