"""One effect per key: the key's row is inserted first, so that a second request waits for the first and reads its answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

from apps.core.errors import Refused
from apps.core.models import IdempotencyKey


@dataclass(frozen=True)
class Answer:
    """A stored answer: status, JSON body (or {'location': …} for pages) and the headers that matter."""

    status: int
    body: Any
    headers: dict[str, str]
    replayed: bool = False


def body_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def once(*, principal: str, route: str, key: str, content_hash: str, run: Callable[[], Answer]) -> Answer:
    """Run at most once per (principal, route, key); 5xx answers vanish with their transaction."""
    if not 1 <= len(key) <= 200:
        raise Refused(
            "Idempotency-Key must have 1 to 200 characters.", code="bad_idempotency_key", field="Idempotency-Key"
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO core_idempotencykey (principal, route, key, body_hash, headers) VALUES (%s, %s, %s, %s, '{}')"
                " ON CONFLICT (principal, route, key) DO NOTHING RETURNING id",
                [principal, route[:200], key, content_hash],
            )
            row = cursor.fetchone()
    except OperationalError as error:
        raise Refused(
            "The same request is still running. Ask again in a few seconds.", code="in_progress", field=None
        ) from error
    if row is None:
        known = IdempotencyKey.objects.get(principal=principal, route=route[:200], key=key)
        if known.body_hash != content_hash:
            raise Refused(
                "This Idempotency-Key was used for a different request. Use a new key.", code="idempotency_mismatch"
            )
        return Answer(known.status or 200, known.answer, known.headers, replayed=True)
    answer = run()
    IdempotencyKey.objects.filter(pk=row[0]).update(status=answer.status, answer=answer.body, headers=answer.headers)
    return answer
