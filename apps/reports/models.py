"""Report packs, their runs, who gets them, what was promised, and every delivery; an issued report never changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from apps.core.access.rights import rights_of
from apps.core.access.scope import ScopedManager, ScopedQuerySet
from apps.core.models import Noun
from apps.core.values.spoken import spoken
from apps.org.models import Department, Site
from apps.reports.naming import titles


class RunQuerySet(ScopedQuerySet):
    """A copy was made in its reader's view, which may hold more than others see: it is the reader's alone."""

    def visible_to(self, user: Any, verb: str = "r") -> RunQuerySet:
        rows: RunQuerySet = super().visible_to(user, verb)  # type: ignore[assignment]
        return rows.filter(Q(copy_of__isnull=True) | Q(requested_by_id=rights_of(user).user_id))


class RunManager(ScopedManager.from_queryset(RunQuerySet)):  # type: ignore[misc]
    """Runs within the scope."""

    use_in_migrations = False


class Pack(Noun):
    """A report that is made again and again: which sections in which order, when, who signs, who gets it."""

    class Cadence(models.TextChoices):
        WEEK = "week", "Weekly"
        MONTH = "month", "Monthly"

    class Layout(models.TextChoices):
        PAGE = "page", "One page"
        PACK = "pack", "Pack with cover and contents"

    class Holiday(models.TextChoices):
        ANYWAY = "any", "Run anyway"
        NEXT = "next", "Next working day"
        SKIP = "skip", "Leave it out"

    RESOURCE: ClassVar[str] = "report_pack"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "owner_id"
    INHERIT: ClassVar[bool] = True

    code = models.SlugField(max_length=30, unique=True)
    title = models.CharField(max_length=80)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="Whose report it is"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Made in this person's view; told when it fails",
    )
    cadence = models.CharField("covers a", max_length=5, choices=Cadence.choices, default=Cadence.WEEK)
    layout = models.CharField(max_length=4, choices=Layout.choices, default=Layout.PACK)
    sections = models.CharField(
        max_length=400, blank=True, help_text="Names in the order they appear, with commas. Empty: all there are"
    )
    needs_sign_off = models.BooleanField("signed before it goes out", default=True)
    rrule = models.CharField(
        "schedule",
        max_length=300,
        blank=True,
        help_text="Such as FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0. Empty: by hand",
    )
    site = models.ForeignKey(
        Site,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Its time zone and working days count for the schedule",
    )
    on_holiday = models.CharField("on days off", max_length=4, choices=Holiday.choices, default=Holiday.NEXT)
    next_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["next_at"], name="pack_due", condition=Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return self.title

    def get_rrule_display(self) -> str:
        if not self.rrule:
            return gettext("By hand")
        return spoken(self.rrule, zone=self.site.time_zone if self.site else settings.TIME_ZONE)

    def get_sections_display(self) -> str:
        found = [gettext(titles.get(name) or name) for name in self.section_names]
        return ", ".join(found) or gettext("All there are")

    @property
    def section_names(self) -> list[str]:
        return [name.strip() for name in self.sections.split(",") if name.strip()]


class Recipient(Noun):
    """Somebody who gets a pack, in their own view, by a channel; they may leave by themselves."""

    class Channel(models.TextChoices):
        FILE = "file", "E-mail with the file"
        LINK = "link", "E-mail with a link that expires"
        APP = "app", "In the app only"

    RESOURCE: ClassVar[str] = "report_recipient"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "person_id"

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="recipients")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=4, choices=Channel.choices, default=Channel.FILE)
    left_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["pack", "person"],
                condition=Q(archived_at__isnull=True),
                name="a person gets a pack once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_channel_display().lower()}"


class ReportRun(Noun):
    """One report for one period, rendered once in the requester's view; the file never changes."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being made"
        READY = "ready", "Ready"
        ISSUED = "issued", "Issued"
        FAILED = "failed", "Failed"

    RESOURCE: ClassVar[str] = "report"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "requested_by_id"

    number = models.CharField(max_length=30, unique=True, editable=False)
    kind = models.CharField(max_length=40, default="weekly")
    pack = models.ForeignKey(Pack, null=True, blank=True, on_delete=models.PROTECT, related_name="runs")
    copy_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies")
    period_key = models.CharField(max_length=12)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    commentary = models.TextField(blank=True)
    decisions = models.TextField(blank=True, help_text="Decisions needed, one per line")
    comments = models.JSONField(default=dict, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    job_id = models.BigIntegerField(null=True)
    snapshot = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    xlsx_sha256 = models.CharField(max_length=64, blank=True)
    audit_head = models.CharField(max_length=64, blank=True)

    objects = RunManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(sha256="") & Q(size__gt=0)), name="a ready report has its file"
            ),
            models.CheckConstraint(
                condition=~Q(state="issued") | (~Q(sha256="") & Q(size__gt=0)), name="an issued report has its file"
            ),
            models.UniqueConstraint(fields=["copy_of", "requested_by"], name="a person gets one copy of a report"),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="report_department")]

    def __str__(self) -> str:
        return f"{self.pack.title if self.pack else 'Weekly operations report'} {self.period_key}"

    @property
    def has_file(self) -> bool:
        return self.state in {self.State.READY, self.State.ISSUED}


class Promise(Noun):
    """What was promised in a report, and what came of it by the next one."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        KEPT = "kept", "Kept"
        MISSED = "missed", "Not kept"

    RESOURCE: ClassVar[str] = "report_promise"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "owner_id"

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="promises")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", editable=False)
    period_key = models.CharField("promised in", max_length=12, help_text="Such as 2026-W47 or 2026-11")
    action = models.CharField(max_length=160)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    result = models.CharField(max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["pack", "period_key"], name="promise_pack")]

    def __str__(self) -> str:
        return self.action


class Dispatch(Noun):
    """One delivery of an issued report to one person, with all its attempts."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        BOUNCED = "bounced", "Refused by the mail server"

    RESOURCE: ClassVar[str] = "report_dispatch"
    ACCESS_ROW: ClassVar[str] = "report"
    OWN_FIELD: ClassVar[str] = "person_id"

    run = models.ForeignKey(ReportRun, on_delete=models.PROTECT, related_name="dispatches")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="dispatches")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=4, choices=Recipient.Channel.choices)
    address = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)
    link_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["run", "recipient"], name="a report goes to a recipient once")]
        indexes = [models.Index(fields=["person", "-id"], name="dispatch_person")]

    def __str__(self) -> str:
        return f"{self.run} to {self.person}"
