"""Telling addresses outside: each fact once per address, in order per record, one round at a time per address."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events import outbound
from apps.core.events.log import emit
from apps.core.http import client as http
from apps.core.models import Delivery, Event
from apps.core.records import write
from apps.integrations import events, signing
from apps.integrations.models import HookCall, Webhook, WebhookAttempt, WebhookDelivery
from apps.integrations.queries import seen_by, wanted_by
from apps.integrations.services.secrets import good_secrets

# Pauses after a failure, each with up to a quarter more or less; then the delivery has failed.
PAUSES = (5, 60, 300, 1800, 7200, 18000, 36000, 36000)
ROUND_SECONDS = 60
ROUND_MESSAGES = 200
STOP_AFTER, STOP_TIMES = timedelta(days=2), 10
KEPT = timedelta(days=30)
KEPT_BODY = 4000
ROUND = "integrations.round"
CONTENT_TYPE = "application/json"


def fan_out(event: Event) -> int:
    """Owe the fact to every address that asked for such facts."""
    return owe(event, wanted_by(event.name))


def owe(event: Event, keys: Iterable[int]) -> int:
    """One delivery per address and fact; the address is called unless a round is coming anyway.

    The address's row is locked, so that a round that begins meanwhile waits and sees the delivery.
    """
    owed = 0
    for one in Webhook.objects.select_for_update(of=("self",)).filter(pk__in=sorted(keys)).order_by("pk"):
        _, fresh = WebhookDelivery.objects.get_or_create(
            webhook=one,
            event_id=event.pk,
            defaults={"owner_id": one.owner_id, "fact": event.name, "about": event.subject},
        )
        owed += fresh
        if fresh and not one.called:
            _call(one)
    return owed


def _call(one: Webhook) -> None:
    Webhook.objects.filter(pk=one.pk).update(called=True)
    emit(events.RoundDue(subject=f"webhook:{one.pk}", webhook_id=one.pk), actor=None)


def call_now(key: int) -> None:
    """Something of this address is due at once."""
    for one in Webhook.objects.select_for_update(of=("self",)).filter(pk=key, called=False):
        _call(one)


def call_waiting(*, now: datetime) -> int:
    """Call the addresses whose pause is over; also what a crash left."""
    ready = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, available_at__lte=now)
    rows = Webhook.objects.select_for_update(of=("self",), skip_locked=True).filter(
        pk__in=ready.values("webhook_id"), active=True, archived_at__isnull=True
    )
    called = 0
    for one in rows.exclude(wait_until__gt=now).order_by("pk"):
        owed = Delivery.objects.filter(handler=ROUND, key=one.subject(), done_at__isnull=True, parked_at__isnull=True)
        if not owed.exists():
            _call(one)
            called += 1
    return called


def call_round(key: int) -> int:
    """Tell one address what waits, oldest first; stops at the first failure, so that a slow one holds nobody up."""
    outbound.require_open()
    until, told = time.monotonic() + ROUND_SECONDS, 0
    with transaction.atomic(), scope.system("beginning a round of webhooks"):
        Webhook.objects.filter(pk=key).update(called=False)
    while told < ROUND_MESSAGES and time.monotonic() < until:
        row = _next(key)
        if row is None:
            return told
        if not _tell(row):
            return told
        told += 1
    with transaction.atomic(), scope.system("going on with a round of webhooks"):
        call_now(key)
    return told


NEXT = """
SELECT d.id FROM integrations_webhookdelivery d JOIN integrations_webhook w ON w.id = d.webhook_id
WHERE d.webhook_id = %s AND d.state = 'waiting' AND d.available_at <= statement_timestamp()
  AND w.active AND w.archived_at IS NULL AND (w.wait_until IS NULL OR w.wait_until <= statement_timestamp())
  AND NOT EXISTS (SELECT 1 FROM integrations_webhookdelivery e
    WHERE e.webhook_id = d.webhook_id AND e.about = d.about AND e.state = 'waiting' AND e.id < d.id)
ORDER BY d.id LIMIT 1
"""


def _next(key: int) -> WebhookDelivery | None:
    """The oldest delivery that is due and the oldest of its record."""
    with transaction.atomic(), scope.system("reading what an address is owed"):
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [key])
            found = cursor.fetchone()
        rows = WebhookDelivery.objects.select_related("webhook", "owner")
        return rows.get(pk=found[0]) if found else None


def _tell(row: WebhookDelivery) -> bool:
    """One attempt; whether the round may go on."""
    with transaction.atomic(), scope.system("reading a fact for an address"):
        event = Event.objects.get(pk=row.event_id)
        payload = seen_by(row.owner, event) if row.owner.is_active else None
        if payload is None:
            WebhookDelivery.objects.filter(pk=row.pk).update(state=WebhookDelivery.State.SKIPPED)
            return True
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    started = time.monotonic()
    status, answer, problem, headers = _post(row, body)
    attempt = WebhookAttempt(
        delivery=row,
        millis=int((time.monotonic() - started) * 1000),
        status=status,
        headers=headers,
        body=body[:KEPT_BODY].decode("utf-8", "ignore"),
        answer=answer,
        problem=problem[:300],
    )
    good = status is not None and 200 <= status < 300
    with transaction.atomic(), scope.system("noting what an address answered"):
        attempt.save(force_insert=True)
        (_arrived if good else _failed)(row, problem or f"Answered {status}")
    return good


def _post(row: WebhookDelivery, body: bytes) -> tuple[int | None, str, str, dict[str, str]]:
    """(status, what came back, what went wrong, the headers without signatures)."""
    now = timezone.now()
    try:
        secrets = good_secrets(row.webhook, now)
        stamp = int(now.timestamp())
        signed = [signing.sign(one, message_id=row.message_id, timestamp=stamp, body=body) for one in secrets]
        headers = {
            "Content-Type": CONTENT_TYPE,
            "webhook-id": row.message_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": " ".join(signed),
        }
        shown = {**headers, "webhook-signature": " ".join("v1,…" for _ in signed)}
        answer = http.request("POST", row.webhook.url, headers=headers, body=body)
    except Refused as error:
        return None, "", error.message, {}
    problem = (
        "It redirects elsewhere; redirects are not followed. Enter the final address."
        if 300 <= answer.status < 400
        else ""
    )
    return answer.status, answer.excerpt, problem, shown


def _arrived(row: WebhookDelivery, _: str) -> None:
    now = timezone.now()
    WebhookDelivery.objects.filter(pk=row.pk).update(
        state=WebhookDelivery.State.SENT, attempts=F("attempts") + 1, sent_at=now
    )
    Webhook.objects.filter(pk=row.webhook_id).update(failures=0, failing_since=None, wait_until=None, last_sent_at=now)


def _failed(row: WebhookDelivery, problem: str) -> None:
    """The delivery waits longer each time, the address as long as its failures in a row say; at last it is stopped."""
    now, tries = timezone.now(), row.attempts + 1
    values: dict[str, Any] = {"attempts": tries}
    if tries > len(PAUSES):
        values["state"] = WebhookDelivery.State.FAILED
    else:
        values["available_at"] = now + _pause(tries)
    WebhookDelivery.objects.filter(pk=row.pk).update(**values)
    hook = Webhook.objects.select_for_update(of=("self",)).get(pk=row.webhook_id)
    since, failures = hook.failing_since or now, hook.failures + 1
    Webhook.objects.filter(pk=hook.pk).update(
        failures=failures, failing_since=since, wait_until=now + _pause(min(failures, 4))
    )
    if failures >= STOP_TIMES and now - since >= STOP_AFTER and hook.active:
        why = f"{failures} failures in a row since {since:%d %b %H:%M} UTC; the last: {problem}"
        hook.refresh_from_db()
        write.change(
            hook,
            {"active": False, "stopped_because": why[:200]},
            actor=None,
            fact=events.WebhookStopped,
            owner_id=hook.owner_id,
        )


def _pause(tries: int) -> timedelta:
    seconds = PAUSES[min(tries, len(PAUSES)) - 1]
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))


def repeat_delivery(row: WebhookDelivery, *, actor: Any) -> WebhookDelivery:
    """Tell it again, also what had arrived: the message id stays, so the receiver may drop it."""
    with transaction.atomic():
        hook = Webhook.objects.select_for_update(of=("self",)).get(pk=row.webhook_id)
        if not hook.active or hook.archived_at is not None:
            raise Refused("This webhook is stopped. Start it first.", code="stopped")
        WebhookDelivery.objects.filter(pk=row.pk).update(
            state=WebhookDelivery.State.WAITING, attempts=0, available_at=timezone.now(), version=F("version") + 1
        )
        Webhook.objects.filter(pk=hook.pk).update(wait_until=None)
        emit(events.DeliveryRepeated(subject=row.subject(), webhook_id=hook.pk), actor=actor)
    row.refresh_from_db()
    return row


def forget_old(*, now: datetime) -> int:
    """What is settled and a month old leaves the logs of deliveries and calls; the facts themselves stay."""
    old = WebhookDelivery.objects.filter(created_at__lt=now - KEPT).exclude(state=WebhookDelivery.State.WAITING)
    count, _ = old.delete()
    calls, _ = HookCall.objects.filter(created_at__lt=now - KEPT).delete()
    return count + calls
