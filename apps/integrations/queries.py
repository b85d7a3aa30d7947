"""Questions about webhooks: who wants to hear of a fact, and what its owner may know of it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.api.output import api_value, field_names
from apps.core.models import Event
from apps.core.resources.resource import of_subject
from apps.integrations.models import Webhook, split_names

PATTERN = re.compile(r"\*|[a-z_]{1,40}\.(\*|[a-z_*]{1,60})")
# Whether `wanted_by` finds a webhook, as a condition over the row `told`.
WANTED = r"""EXISTS (SELECT 1 FROM integrations_webhook w, regexp_split_to_table(w.patterns, '[\s,]+') one
WHERE w.active AND w.archived_at IS NULL AND one <> ''
AND told.name ~ ('^' || replace(replace(one, '.', '\.'), '*', '.*') || '$'))"""
# Told by webhooks themselves, or mere machinery.
UNTOLD = ("core.job_", "core.delivery_", "comms.notice_", "integrations.")


def told_outside(name: str) -> bool:
    return not name.startswith(UNTOLD) or name == "integrations.hook_received"


def wanted_by(name: str) -> list[int]:
    """Keys of active webhooks that asked for facts of this name."""
    rows = Webhook.objects.filter(active=True, archived_at__isnull=True).values_list("pk", "patterns")
    return [key for key, patterns in rows if any(fnmatchcase(name, one) for one in split_names(patterns))]


def seen_by(owner: Any, event: Event) -> dict[str, Any] | None:
    """The fact as its owner may know it: the record must be readable, and only declared fields of it leave."""
    with scope.of(owner):
        found = of_subject(event.subject)
        if found is None:
            if not rights_of(owner).reach("audit", "r").everything:
                return None
            return _told(event, event.changes, dict(event.payload))
        resource, key = found
        if not resource.may(owner, "r") or not resource.rows(owner).filter(pk=key).exists():
            return None
    names = {*field_names(resource), "archived"}
    names |= {f"{name}_id" for name in names}
    payload = dict(event.payload)
    if event.name.startswith("integrations."):
        return _told(event, event.changes, payload)
    if isinstance(payload.get("values"), dict):
        payload["values"] = {name: value for name, value in payload["values"].items() if name in names}
    changes = {name: pair for name, pair in event.changes.items() if name in names or event.name.startswith("comms.")}
    return _told(event, changes, payload)


def _told(event: Event, changes: dict[str, Any], payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": event.name,
        "timestamp": api_value(event.at),
        "data": {
            "id": event.pk,
            "subject": event.subject,
            "actor": event.actor_id,
            "cause": event.cause_id,
            "changes": changes,
            "values": payload,
        },
    }
