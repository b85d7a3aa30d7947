"""Watches that look at KPIs and the alerts they raise; deliberate changes that start new process limits."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.kpis.models.definition import Definition, Grain
from apps.org.models import Department


class Rebaseline(Noun):
    """From this day a process runs differently on purpose: its limits are computed anew from here."""

    RESOURCE: ClassVar[str] = "kpi_rebaseline"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    kpi = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="rebaselines", verbose_name="KPI")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField(help_text="First day of the changed process")
    reason = models.CharField(max_length=300, help_text="What was changed; shown on the chart")

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["kpi", "department", "starts_on"],
                condition=Q(archived_at__isnull=True),
                name="process limits start anew once a day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kpi}: {self.reason}"


class Watch(Noun):
    """What to look for in a KPI, when to speak up, and when it is over."""

    class Kind(models.TextChoices):
        BAND = "band", "Off target or at risk"
        THRESHOLD = "threshold", "Beyond a fixed limit"
        SIGNAL = "signal", "Signal on the process behaviour chart"
        TREND = "trend", "Six or more periods getting worse"
        ANOMALY = "anomaly", "Unusual for the season (robust z)"
        FORECAST = "forecast", "Forecast to go off target"
        MISSING = "missing", "No value arrived"

    class Side(models.TextChoices):
        ABOVE = "above", "Above"
        BELOW = "below", "Below"

    RESOURCE: ClassVar[str] = "kpi_watch"
    ACCESS_ROW: ClassVar[str] = "kpi"
    INHERIT: ClassVar[bool] = True

    kpi = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="watches", verbose_name="KPI")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Its values and those of departments below"
    )
    kind = models.CharField("look for", max_length=9, choices=Kind.choices, default=Kind.BAND)
    grain = models.CharField("period", max_length=5, choices=Grain.choices, default=Grain.WEEK)
    side = models.CharField(max_length=5, choices=Side.choices, blank=True, help_text="Only for a fixed limit")
    limit = models.DecimalField(
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Fixed limit; for unusual values the robust z that alerts (3.5 when empty)",
    )
    clear_limit = models.DecimalField(
        "all-clear limit",
        max_digits=20,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="The value must come back to here before the alert closes. Empty: the limit itself",
    )
    open_after = models.PositiveSmallIntegerField(default=1, help_text="Bad periods in a row before it alerts")
    clear_after = models.PositiveSmallIntegerField(default=1, help_text="Good periods in a row before it closes")
    notify = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the KPI's owner",
    )
    escalate_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    escalate_after_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="When nobody acknowledged it by then"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        verbose_name_plural = "watches"
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="threshold") | (Q(limit__isnull=False) & ~Q(side="")),
                name="a fixed limit has a number and a side",
            ),
            models.CheckConstraint(
                condition=Q(open_after__gte=1, open_after__lte=50, clear_after__gte=1, clear_after__lte=50),
                name="a watch waits for 1 to 50 periods",
            ),
            models.CheckConstraint(
                condition=Q(escalate_to__isnull=True) | Q(escalate_after_hours__gte=1),
                name="an escalation says after how many hours",
            ),
            models.UniqueConstraint(
                fields=["kpi", "department", "kind", "grain", "side"],
                condition=Q(archived_at__isnull=True),
                name="a KPI is watched once for the same thing",
            ),
        ]
        indexes = [models.Index(fields=["kpi", "department"], name="watch_kpi")]

    def __str__(self) -> str:
        return f"{self.kpi}: {self.get_kind_display().lower()}"


class Alert(Noun):
    """One stretch of time in which a watch found something; it closes by itself or by a person."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acked", "Acknowledged"
        SNOOZED = "snoozed", "Snoozed"
        CLOSED = "closed", "Closed"

    RESOURCE: ClassVar[str] = "kpi_alert"
    ACCESS_ROW: ClassVar[str] = "kpi_value"
    OWN_FIELD: ClassVar[str] = "owner_id"

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="alerts")
    kpi = models.ForeignKey(Definition, on_delete=models.PROTECT, related_name="alerts", verbose_name="KPI")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    tone = models.CharField(max_length=4, default="bad")
    message = models.CharField(max_length=400)
    value = models.DecimalField(max_digits=30, decimal_places=6, null=True)
    period_key = models.CharField(max_length=16)
    last_period_key = models.CharField(max_length=16)
    periods = models.PositiveIntegerField(default=1, help_text="Periods in which it was found")
    snoozed_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    escalated_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["watch"], condition=~Q(state="closed"), name="a watch has one open alert at a time"
            )
        ]
        indexes = [
            models.Index(fields=["department", "-id"], name="alert_department"),
            models.Index(fields=["kpi", "-id"], name="alert_kpi"),
        ]

    def __str__(self) -> str:
        return self.message
