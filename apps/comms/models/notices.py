"""Notices to a person, the ways they take out of the platform, and what the person wants to hear when and how."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class Notice(models.Model):
    """One event told to one person, once."""

    class Level(models.TextChoices):
        ACT = "act", "Needs you"
        KNOW = "know", "Worth knowing"
        QUIET = "quiet", "Quiet"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    event_id = models.BigIntegerField()
    fact = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    level = models.CharField(max_length=5, choices=Level.choices, default=Level.KNOW)
    reason = models.CharField(max_length=80)
    excerpt = models.CharField(max_length=240, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    for_digest = models.BooleanField(default=False)
    digest = models.ForeignKey("Sending", null=True, on_delete=models.PROTECT, related_name="notices")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event_id", "owner"], name="an event is told to a person once")]
        indexes = [
            models.Index(fields=["owner", "-id"], name="notice_owner"),
            models.Index(fields=["owner"], name="notice_unread", condition=Q(read_at__isnull=True)),
            models.Index(fields=["owner"], name="notice_digest", condition=Q(for_digest=True, digest__isnull=True)),
        ]


class Sending(models.Model):
    """One mail or push that leaves the platform: for one notice, or the digest of one day."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"
        DROPPED = "dropped", "Not needed any more"

    class Channel(models.TextChoices):
        MAIL = "mail", "E-mail"
        PUSH = "push", "Push"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=4, choices=Channel.choices)
    notice = models.ForeignKey(Notice, null=True, on_delete=models.PROTECT, related_name="sendings")
    digest_on = models.DateField(null=True)
    due_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    sent_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="a notice takes each way once"),
            models.UniqueConstraint(fields=["owner", "digest_on"], name="a person gets one digest a day"),
            models.CheckConstraint(
                condition=Q(notice__isnull=False, digest_on__isnull=True)
                | Q(notice__isnull=True, digest_on__isnull=False),
                name="a sending is for a notice or a digest",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="sending_due", condition=Q(released_at__isnull=True)),
        ]


class NoticeSettings(models.Model):
    """What one person wants to hear when and how; nobody needs a row, the defaults are sensible."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # kind → channel → now | digest | off; only what differs from the defaults
    grid = models.JSONField(default=dict)
    digest_hour = models.PositiveSmallIntegerField(default=7)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(digest_hour__lte=23), name="a digest leaves at an hour of the day"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet hours have a beginning and an end",
            ),
        ]


class PushSubscription(models.Model):
    """A browser that asked for push: its push service's address and the keys only it can open messages with."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    endpoint = models.CharField(max_length=2000)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=40)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "endpoint"], name="a browser is subscribed once per person")
        ]
