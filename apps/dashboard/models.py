"""Dashboards that people arrange from registered cards, keep for themselves or share."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.access.rights import rights_of
from apps.core.models import Noun


class DashboardQuerySet(models.QuerySet["Dashboard"]):
    """One's own dashboards and those that others share with everybody or with one's department or one above it."""

    def visible_to(self, user: Any) -> DashboardQuerySet:
        rights = rights_of(user)
        shared = Q(shared=True) | Q(shared_with__overlap=sorted(rights.homes | rights.above))
        return self.filter(Q(owner_id=rights.user_id) | shared)


class Dashboard(Noun):
    """Cards in an order; what they show is always what its reader may see, never what its owner sees."""

    RESOURCE: ClassVar[str] = "dashboard"

    title = models.CharField(max_length=60)
    owner_id = models.BigIntegerField()
    shared = models.BooleanField(default=False)
    # Departments whose people see it, with those below them.
    shared_with = ArrayField(models.BigIntegerField(), default=list, blank=True)
    is_home = models.BooleanField(default=False)
    # [{"card": name, "param": text, "size": "half" or "full"}]
    cards = models.JSONField(default=list, blank=True)

    objects = models.Manager.from_queryset(DashboardQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "title"], name="a person names a dashboard once"),
            models.UniqueConstraint(
                fields=["owner_id"], condition=Q(is_home=True), name="a person has one dashboard as home"
            ),
        ]

    def __str__(self) -> str:
        return self.title
