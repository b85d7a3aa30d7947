"""Whom an announcement is for: people who hold a role in its department or below, at its site, in its role."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.comms.models import Announcement, Receipt
from apps.core.access.rights import rights_of
from apps.org.models import Closure, Department, RoleGrant


def today_at(one: Announcement, now: datetime) -> date:
    """The day at its site, else at the company's seat."""
    zone = one.site.time_zone if one.site is not None else settings.TIME_ZONE
    return now.astimezone(ZoneInfo(zone)).date()


def audience_of(one: Announcement) -> QuerySet[User]:
    today = timezone.localdate()
    departments = Closure.objects.filter(ancestor=one.department_id).values("descendant_id")
    grants = RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=today), department__in=departments, valid_from__lte=today
    )
    if one.site_id is not None:
        grants = grants.filter(department__site=one.site_id)
    if one.role:
        grants = grants.filter(role=one.role)
    found: QuerySet[User] = User.objects.filter(pk__in=grants.values("user_id"), is_active=True)
    return found.order_by("last_name", "pk")


def showing_to(person: Any, now: datetime) -> list[Announcement]:
    """What this person should see today and has not confirmed, newest first."""
    rights = rights_of(person)
    near = rights.homes | rights.above
    rows = Announcement.objects.filter(
        Q(role="") | Q(role__in=rights.roles), department__in=near, archived_at__isnull=True, announced_at__isnull=False
    )
    known = Receipt.objects.filter(person_id=person.pk).values("announcement_id")
    found = list(rows.exclude(pk__in=known).select_related("site", "author").order_by("-must_read", "-id")[:20])
    sites = set(Department.objects.filter(pk__in=rights.homes).values_list("site_id", flat=True)) if found else set()
    return [
        one
        for one in found
        if (one.site_id is None or one.site_id in sites) and (one.ends_on is None or one.ends_on >= today_at(one, now))
    ]
