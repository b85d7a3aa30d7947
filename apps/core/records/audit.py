"""Who may read which part of the event log."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.core.access.rights import rights_of
from apps.core.models import Event


def opens_event(event: Event, user: Any) -> bool:
    """Auditing roles within their reach, and everybody their own acts."""
    rights = rights_of(user)
    reach = rights.reach("audit", "r")
    return event.actor_id == rights.user_id or reach.everything or bool(reach.departments & set(event.departments))


def visible_events(user: Any) -> models.QuerySet[Event]:
    """The same rule as a filter, newest first."""
    rights = rights_of(user)
    reach = rights.reach("audit", "r")
    rows = Event.objects.order_by("-id")
    if reach.everything:
        return rows
    return rows.filter(models.Q(departments__overlap=sorted(reach.departments)) | models.Q(actor_id=rights.user_id))
