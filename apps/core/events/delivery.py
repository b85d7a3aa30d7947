"""Delivering one event to one handler exactly once in effect, however often the broker asks."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.core.access import scope
from apps.core.events import context
from apps.core.events.handlers import Handler, handlers
from apps.core.events.outbound import Postponed
from apps.core.models import Delivery

log = logging.getLogger("ops.delivery")
LEASE_SECONDS = 60
LEASE = timedelta(seconds=5)
BACKOFF_SECONDS = (2, 10, 60, 300)
POSTPONED = timedelta(seconds=60)
# Open, its turn has come, and the oldest of its (handler, key): what may be handed out. `d` is the delivery.
READY = """
d.done_at IS NULL AND d.parked_at IS NULL AND d.available_at <= now() AND (d.leased_until IS NULL OR d.leased_until < now())
AND NOT EXISTS (SELECT 1 FROM core_delivery e WHERE e.handler = d.handler AND e.key = d.key AND e.id < d.id
                AND e.done_at IS NULL AND e.parked_at IS NULL)
"""


# One statement takes the session's lock, and only with it counts the attempt; a lost count of a crashed server harms
# nobody, so nobody waits for the disk. A row another session finished meanwhile is seen anew by FOR UPDATE.
CLAIM = """
WITH alone AS MATERIALIZED (
  SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0)) AS locked, set_config('synchronous_commit', 'off', true)),
claimed AS (
  UPDATE core_delivery SET attempts = attempts + 1, leased_until = now() + make_interval(secs => %(lease)s)
  WHERE id = (SELECT d.id FROM core_delivery d, alone WHERE alone.locked AND d.id = %(id)s
    AND d.done_at IS NULL AND d.parked_at IS NULL AND (d.leased_until IS NULL OR d.leased_until < now())
    AND d.available_at <= now() AND d.handler = ANY(%(known)s) FOR UPDATE OF d SKIP LOCKED)
  RETURNING handler, attempts)
SELECT alone.locked, claimed.handler, claimed.attempts FROM alone LEFT JOIN claimed ON true
"""


def deliver(delivery_id: int) -> str:
    """Run the delivery unless it is done, parked, or in another worker's hands; returns what happened."""
    with _claimed(delivery_id) as handler:
        if handler is None:
            return "skipped"
        try:
            if handler.slow:
                return _run_slow(delivery_id, handler)
            return _run_atomic(delivery_id, handler)
        except Postponed as waits:
            _postpone(delivery_id, str(waits))
            return "postponed"
        except Exception as error:
            _record_failure(delivery_id, handler, error)
            return "failed"


@contextmanager
def _claimed(delivery_id: int) -> Iterator[Handler | None]:
    """The handler to run, under a lock of the session: it lasts as long as the work and dies with its worker.

    The attempt is counted before the body runs, so that a body that kills its worker is counted too. A handler that
    only a newer version knows is left for a worker that knows it.
    """
    key = f"delivery:{delivery_id}"
    wanted: dict[str, Any] = {"key": key, "id": delivery_id, "lease": LEASE.total_seconds(), "known": handlers.names()}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, wanted)
        locked, name, attempts = cursor.fetchone()
    session = connection.connection
    try:
        yield _unless_given_up(delivery_id, name, attempts) if name else None
    finally:
        if locked and connection.connection is session and not connection.needs_rollback:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def _unless_given_up(delivery_id: int, name: str, attempts: int) -> Handler | None:
    handler = handlers[name]
    if attempts <= handler.max_attempts:
        return handler
    _park(delivery_id, handler, f"Given up after {handler.max_attempts} attempts; the worker died each time.")
    return None


def _run_atomic(delivery_id: int, handler: Handler) -> str:
    with scope.transacted(scope.for_system(f"handler {handler.name}")):
        delivery = Delivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)
        if delivery.done_at:
            return "already done"
        with context.entered(
            cause_id=delivery.event_id, request_id=delivery.event.request_id, depth=_depth(delivery) + 1
        ):
            handler.run(delivery.event)
        Delivery.objects.filter(pk=delivery_id).update(done_at=Now(), leased_until=None, last_error="")
    return "done"


def _run_slow(delivery_id: int, handler: Handler) -> str:
    with scope.transacted(scope.for_system(f"handler {handler.name}")):
        delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    with context.entered(cause_id=delivery.event_id, request_id=delivery.event.request_id, depth=_depth(delivery) + 1):
        handler.run(delivery.event)
    with scope.transacted(scope.for_system(f"handler {handler.name}")):
        Delivery.objects.filter(pk=delivery_id).update(done_at=Now(), leased_until=None, last_error="")
    return "done"


def _depth(delivery: Delivery) -> int:
    """How many causes stand behind the event; bounded, because chains are cut at emit()."""
    with connection.cursor() as cursor:
        if delivery.event.cause_id is None:
            return 0
        cursor.execute(
            "WITH RECURSIVE chain(id, cause_id, n) AS ("
            "  SELECT id, cause_id, 0 FROM core_event WHERE id = %s"
            "  UNION ALL SELECT e.id, e.cause_id, n + 1 FROM core_event e JOIN chain c ON e.id = c.cause_id WHERE n < 50)"
            " SELECT max(n) FROM chain",
            [delivery.event_id],
        )
        return int(cursor.fetchone()[0] or 0)


def _record_failure(delivery_id: int, handler: Handler, error: Exception) -> None:
    text = "".join(traceback.format_exception(error))[-4000:]
    log.warning("Delivery %s to %s failed: %s", delivery_id, handler.name, error)
    if isinstance(error, OperationalError):
        connection.close()
    with transaction.atomic():
        attempts = Delivery.objects.values_list("attempts", flat=True).get(pk=delivery_id)
        if attempts >= handler.max_attempts:
            _park(delivery_id, handler, text)
            return
        pause = timedelta(seconds=BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS)) - 1])
        Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).update(
            available_at=Now() + pause, leased_until=None, sent_at=None, last_error=text
        )


def _postpone(delivery_id: int, reason: str) -> None:
    Delivery.objects.filter(pk=delivery_id, done_at__isnull=True).update(
        attempts=F("attempts") - 1,
        available_at=Now() + POSTPONED,
        leased_until=None,
        sent_at=None,
        last_error=reason[-4000:],
    )


def _park(delivery_id: int, handler: Handler, reason: str) -> None:
    """A dead letter: a person sees it and may start it again; the handler may say so in its own tables."""
    with transaction.atomic(), scope.system(f"parking {handler.name}"):
        delivery = Delivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)
        if delivery.done_at:
            return
        if handler.given_up is not None:
            handler.given_up(delivery.event)
        Delivery.objects.filter(pk=delivery_id).update(parked_at=Now(), leased_until=None, last_error=reason)


def replay(delivery: Delivery) -> None:
    """Give a parked delivery a fresh start; its receipt still forbids a second effect."""
    Delivery.objects.filter(pk=delivery.pk, done_at__isnull=True).update(
        parked_at=None, attempts=0, sent_at=None, leased_until=None, available_at=Now()
    )


def open_count() -> int:
    return Delivery.objects.filter(done_at__isnull=True, parked_at__isnull=True).count()


def oldest_open_seconds() -> float:
    row = Delivery.objects.filter(done_at__isnull=True, parked_at__isnull=True, available_at__lte=Now()).annotate(
        age=Now() - F("available_at")
    )
    oldest = row.order_by("available_at").values_list("age", flat=True).first()
    return float(oldest.total_seconds()) if oldest else 0.0
