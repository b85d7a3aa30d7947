"""Dated rates of exchange: what cannot be converted is refused, never guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.core.access.scope import OpenManager
from apps.core.models import Noun


class Rate(Noun):
    """From this day on, one unit of `currency` is worth this many of `into`."""

    RESOURCE: ClassVar[str] = "exchange_rate"
    ACCESS_ROW: ClassVar[str] = "site"

    currency = models.CharField(max_length=3, help_text="Three letters, such as USD")
    into = models.CharField(max_length=3, help_text="Three letters, such as EUR")
    valid_from = models.DateField()
    rate = models.DecimalField(
        max_digits=20, decimal_places=10, validators=[MinValueValidator(Decimal("0.0000000001"))]
    )

    objects = OpenManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "into", "valid_from"], name="two currencies have one rate from a day on"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="a rate of exchange is above zero"),
            models.CheckConstraint(condition=~Q(currency=F("into")), name="a rate joins two currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} to {self.into} from {self.valid_from}"
