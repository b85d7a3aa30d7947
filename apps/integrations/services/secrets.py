"""Signing secrets: shown once, and for a day after a change the former one is still good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.events.log import emit
from apps.integrations import events, sealed, signing
from apps.integrations.models import InboundHook, Webhook

GRACE = timedelta(hours=24)


def show_new_secret(one: Webhook | InboundHook, *, actor: Any, now: datetime | None = None) -> str:
    """The text of a new secret; it cannot be read again."""
    now, text = now or timezone.now(), signing.new_secret()
    with transaction.atomic():
        locked = type(one).objects.select_for_update(of=("self",)).get(pk=one.pk)
        seen = locked.secret_shown_at is not None
        type(one).objects.filter(pk=one.pk).update(
            secret_sealed=sealed.seal(text),
            former_sealed=locked.secret_sealed if seen else "",
            former_until=now + GRACE if seen else None,
            secret_shown_at=now,
        )
        emit(events.SecretChanged(subject=one.subject(), departments=one.departments_concerned()), actor=actor)
    return text


def good_secrets(one: Webhook | InboundHook, now: datetime) -> list[str]:
    """The present secret, and the former one while its day lasts."""
    found = [sealed.unseal(one.secret_sealed)]
    if one.former_sealed and one.former_until and now < one.former_until:
        found.append(sealed.unseal(one.former_sealed))
    return found
