"""Comments beside any record, and who follows or mutes it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Comment(models.Model):
    """What a person says about a record. Reached only through the record; a deleted one leaves its place behind."""

    subject = models.CharField(max_length=120)
    departments = ArrayField(models.BigIntegerField(), default=list)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    mentions = ArrayField(models.BigIntegerField(), default=list)
    created_at = models.DateTimeField(db_default=Now())
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True) | models.Q(text=""), name="a deleted comment says nothing"
            )
        ]
        indexes = [models.Index(fields=["subject", "-id"], name="comment_subject")]

    def __str__(self) -> str:
        return self.text[:60]


class Follow(models.Model):
    """A person's tie to a record: they hear of it, or asked to hear nothing."""

    class Why(models.TextChoices):
        ASKED = "asked", "you follow this"
        WROTE = "wrote", "you wrote here"
        OWNS = "owns", "you are responsible for it"
        MENTIONED = "named", "you were mentioned here"

    subject = models.CharField(max_length=120)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    muted = models.BooleanField(default=False)
    why = models.CharField(max_length=5, choices=Why.choices, default=Why.ASKED)
    since_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "owner"], name="a person follows or mutes a record once")
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="follow_owner")]
