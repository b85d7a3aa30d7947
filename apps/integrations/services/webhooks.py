"""Addresses that are told of facts: adding, changing, stopping and trying them."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.core.errors import NotAllowed, Refused
from apps.core.events.log import emit
from apps.core.http import client as http
from apps.core.records import write
from apps.integrations import events, sealed, signing
from apps.integrations.models import Webhook, WebhookDelivery, split_names
from apps.integrations.queries import PATTERN

MOST_PER_PERSON = 50


def add_webhook(*, actor: Any, **values: Any) -> Webhook:
    """Told of nothing that its owner, the person who adds it, may not read."""
    _check(values)
    if Webhook.objects.filter(owner_id=actor.pk, archived_at__isnull=True).count() >= MOST_PER_PERSON:
        raise Refused(f"A person has at most {MOST_PER_PERSON} webhooks. Archive one first.", code="too_many")
    one = Webhook(owner=actor, secret_sealed=sealed.seal(signing.new_secret()), **values)
    return write.create(one, actor=actor, fact=events.WebhookAdded)


def change_webhook(one: Webhook, *, actor: Any, version: int | None = None, **values: Any) -> Webhook:
    """A new address is the owner's word, nobody else's: it would carry what the owner may read."""
    _check(values)
    if values.get("url", one.url) != one.url and actor is not None and actor.pk != one.owner_id:
        raise NotAllowed("Only its owner changes the address of a webhook. Add one of your own instead.")
    return write.change(one, values, actor=actor, fact=events.WebhookChanged, version=version)


def _check(values: dict[str, Any]) -> None:
    if "url" in values:
        try:
            http.check_url(values["url"])
        except Refused as error:
            raise Refused(error.message, code=error.code, field="url") from None
    if "patterns" in values:
        names = split_names(values["patterns"])
        wrong = [one for one in names if not PATTERN.fullmatch(one)]
        if wrong or not names or len(names) > 40:
            what = f"'{wrong[0]}' is no name of facts" if wrong else "1 to 40 names are needed"
            raise Refused(f"{what}. Write names such as kpis.* or work.task_opened.", code="patterns", field="patterns")
        values["patterns"] = ", ".join(names)


def stop_webhook(one: Webhook, *, actor: Any) -> Webhook:
    return write.change(
        one, {"active": False, "stopped_because": "Stopped by a person"}, actor=actor, fact=events.WebhookChanged
    )


def start_webhook(one: Webhook, *, actor: Any) -> Webhook:
    """Told from now on, and what waited before it was stopped."""
    values = {"active": True, "stopped_because": "", "failures": 0, "failing_since": None, "wait_until": None}
    return write.change(one, values, actor=actor, fact=events.WebhookChanged)


def archive_webhook(one: Webhook, *, actor: Any) -> Webhook:
    """Nothing more is sent, what waits is not sent either."""
    with transaction.atomic():
        WebhookDelivery.objects.filter(webhook=one, state=WebhookDelivery.State.WAITING).update(
            state=WebhookDelivery.State.SKIPPED
        )
        return write.archive(one, actor=actor, fact=events.WebhookChanged)


def restore_webhook(one: Webhook, *, actor: Any) -> Webhook:
    return write.restore(one, actor=actor, fact=events.WebhookChanged)


def test_webhook(one: Webhook, *, actor: Any) -> Webhook:
    """A message that says nothing, to see whether it arrives."""
    with transaction.atomic():
        emit(events.WebhookTested(subject=one.subject(), webhook_id=one.pk), actor=actor)
    return one
