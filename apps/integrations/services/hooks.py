"""Addresses at which other systems tell us something: proven, stored once, and only then answered."""

from __future__ import annotations

import hashlib
import secrets as random_bits
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db import transaction
from django.db.models import F
from rest_framework.exceptions import ParseError

from apps.core.api.parsers import StrictJSONParser
from apps.core.api.throttle import admit
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.integrations import events, sealed, signing
from apps.integrations.models import HookCall, InboundHook
from apps.integrations.services.secrets import good_secrets

LARGEST = 256 * 1024
MOST_DEEP = 20


def add_hook(*, actor: Any, **values: Any) -> InboundHook:
    """Its address is no secret; its signing secret is, and is shown once."""
    one = InboundHook(
        owner=actor, key=random_bits.token_urlsafe(24), secret_sealed=sealed.seal(signing.new_secret()), **values
    )
    return write.create(one, actor=actor, fact=events.HookAdded)


def change_hook(one: InboundHook, *, actor: Any, version: int | None = None, **values: Any) -> InboundHook:
    return write.change(one, values, actor=actor, fact=events.HookChanged, version=version)


def switch_off_hook(one: InboundHook, *, actor: Any) -> InboundHook:
    """What comes from now on is refused."""
    return write.change(one, {"active": False}, actor=actor, fact=events.HookChanged)


def switch_on_hook(one: InboundHook, *, actor: Any) -> InboundHook:
    return write.change(one, {"active": True}, actor=actor, fact=events.HookChanged)


def archive_hook(one: InboundHook, *, actor: Any) -> InboundHook:
    return write.archive(one, actor=actor, fact=events.HookChanged)


def restore_hook(one: InboundHook, *, actor: Any) -> InboundHook:
    return write.restore(one, actor=actor, fact=events.HookChanged)


def receive(hook: InboundHook, *, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[HookCall, bool]:
    """Check who speaks, store it with its fact, once per message id. Returns the call and whether it is new."""
    names = {name.lower(): value for name, value in headers.items()}
    good = good_secrets(hook, now)
    if hook.style == InboundHook.Style.STANDARD:
        key = signing.verify_standard(names, body, secrets=good, now=int(now.timestamp()))
    else:
        key = signing.verify_github(names, body, secrets=good)
    _admit(hook)
    if len(key) > 200 or not key.isprintable():
        raise Refused("The message id has up to 200 plain characters.", code="bad_message_id")
    values = _read(body)
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        kind = str(values.get("type") or names.get("x-github-event") or "")[:80]
        call = HookCall(hook=hook, owner_id=hook.owner_id, key=key, sha256=digest, kind=kind, body=values)
        HookCall.objects.bulk_create([call], ignore_conflicts=True)
        locked: HookCall = HookCall.objects.select_for_update(of=("self",)).get(hook=hook, key=key)
        if locked.event_id is not None:
            return _repeat(locked, digest), False
        event = _emit(locked, hook, actor=None)
        HookCall.objects.filter(pk=locked.pk).update(event_id=event)
        InboundHook.objects.filter(pk=hook.pk).update(last_received_at=now)
    locked.event_id = event
    return locked, True


def _admit(hook: InboundHook) -> None:
    """Only what is proven counts, so that a stranger who knows the address cannot use the sender's minute up."""
    wait = admit(f"hook:{hook.key}", hook.max_per_minute, 60)
    if wait:
        raise Refused(
            f"This inbound webhook takes {hook.max_per_minute} messages a minute. Send again in {wait} seconds.",
            code="rate_limited",
            details={"retry_after": wait},
        )


def _repeat(call: HookCall, digest: str) -> HookCall:
    if call.sha256 != digest:
        raise Refused("This message id came before with another body. Give each message its own.", code="id_reused")
    HookCall.objects.filter(pk=call.pk).update(repeats=F("repeats") + 1)
    return call


def repeat_call(call: HookCall, *, actor: Any) -> HookCall:
    """Tell the platform once more what came in, as a new fact; rules react to it anew."""
    with transaction.atomic():
        _emit(call, call.hook, actor=actor)
    return call


def _emit(call: HookCall, hook: InboundHook, *, actor: Any) -> int:
    fact = events.HookReceived(
        subject=hook.subject(),
        departments=(hook.concerns_id,) if hook.concerns_id else (),
        hook_id=hook.pk,
        hook=hook.name,
        call_id=call.pk,
        kind=call.kind,
        values=call.body,
    )
    return int(emit(fact, actor=actor).pk)


def _read(body: bytes) -> dict[str, Any]:
    """A JSON object that cannot be misread."""
    if len(body) > LARGEST:
        raise Refused(f"A message has at most {LARGEST // 1024} KB.", code="too_large")
    try:
        values = StrictJSONParser().parse(BytesIO(body))
    except ParseError as error:
        raise Refused(str(error.detail), code="bad_body") from error
    if not isinstance(values, dict) or _depth(values) > MOST_DEEP:
        raise Refused(f"Send a JSON object, nested at most {MOST_DEEP} deep.", code="bad_body")
    if b"\\u0000" in body:
        raise Refused("The body holds a character that is not text (zero byte).", code="bad_body")
    kept: dict[str, Any] = _numbers(values)
    return kept


def _numbers(value: Any) -> Any:
    """Decimals as JSON numbers where these keep every digit, else as text."""
    if isinstance(value, dict):
        return {name: _numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    return value


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(one) for one in value), default=0)
    return 0
