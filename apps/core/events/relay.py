"""The relay: one elected leader that publishes owed deliveries, plans scheduled jobs, seals the log and sweeps."""

from __future__ import annotations

import logging
import select
import signal
import time
from datetime import UTC, datetime
from types import FrameType

import psycopg2
import redis
from django.conf import settings
from django.db import connection, transaction

from apps.core.events import delivery, schedule, seal
from apps.core.events.log import CHANNEL
from apps.core.events.worker import deliver_one, deliver_slow
from apps.core.models import Delivery, IdempotencyKey

log = logging.getLogger("ops.relay")
LEADER_LOCK = 0x0B5
RESEND_SECONDS = 20
BATCH = 200
DEGRADED_AFTER_SECONDS = 30
EPOCH_KEY = "ops:relay:epoch"
HEARTBEAT_KEY = "ops:relay:heartbeat"

# One statement claims a batch: unsent or unanswered rows whose turn it is.
CLAIM = f"""
UPDATE core_delivery SET sent_at = now() WHERE id IN (
  SELECT d.id FROM core_delivery d WHERE {delivery.READY}
    AND (d.sent_at IS NULL OR d.sent_at < now() - interval '{RESEND_SECONDS} seconds')
  ORDER BY d.id FOR UPDATE SKIP LOCKED LIMIT {BATCH}) RETURNING id, slow
"""
SHORT_AND_READY = f"SELECT d.id FROM core_delivery d WHERE {delivery.READY} AND NOT d.slow ORDER BY d.id LIMIT 20"


class Relay:
    """Run forever; several may run, one leads."""

    def __init__(self) -> None:
        self.stopping = False
        self.epoch = str(time.time_ns())
        self.redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)
        self.session: psycopg2.extensions.connection | None = None

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        while not self.stopping:
            try:
                if self._lead():
                    self._turn()
            except (psycopg2.Error, redis.RedisError, OSError) as error:
                log.warning("Relay turn failed, trying again: %s", error)
                self._forget_session()
            except Exception:
                log.exception("Relay turn failed, trying again")
                connection.close()
                time.sleep(0.5)
            self._wait(0.5)
        self._forget_session()

    def _lead(self) -> bool:
        """Hold the leader lock on a session of its own; when the connection dies, so does the leadership."""
        if self.session is not None and not self.session.closed:
            return True
        connection.ensure_connection()
        params = connection.get_connection_params()
        params.pop("cursor_factory", None)
        params["application_name"] = "ops-relay-leader"
        session = psycopg2.connect(**params, keepalives_idle=2, keepalives_interval=1, keepalives_count=2)
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            row = cursor.fetchone()
            if not (row and row[0]):
                session.close()
                return False
            cursor.execute(f"LISTEN {CHANNEL}")
        self.session = session
        log.info("This relay leads now")
        return True

    def _forget_session(self) -> None:
        if self.session is not None:
            self.session.close()
            self.session = None
        connection.close()

    def _wait(self, seconds: float) -> None:
        """Sleep until a fact rings or the interval is over."""
        session = self.session
        if session is None or session.closed:
            time.sleep(seconds)
            return
        if not session.notifies:
            select.select([session], [], [], seconds)
        session.poll()
        session.notifies.clear()

    def _turn(self) -> None:
        assert self.session is not None
        with self.session.cursor() as cursor:
            cursor.execute("SELECT 1")
        schedule.plan_due_runs(datetime.now(UTC))
        broker = self._broker_is_there()
        if broker:
            while self._publish() == BATCH and not self.stopping:
                pass
        self._sweep(broker)
        seal.seal_new_events()

    def _broker_is_there(self) -> bool:
        """Detect a broker that forgot: when our epoch key is gone, everything unfinished is sent again."""
        try:
            if self.redis.get(EPOCH_KEY) != self.epoch.encode():
                with transaction.atomic():
                    Delivery.objects.filter(done_at__isnull=True, parked_at__isnull=True).update(sent_at=None)
                self.redis.set(EPOCH_KEY, self.epoch)
            self.redis.set(HEARTBEAT_KEY, int(time.time()), ex=30)
        except redis.RedisError as error:
            log.warning("The broker does not answer: %s", error)
            return False
        return True

    def _publish(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(CLAIM)
            rows = cursor.fetchall()
        failed = []
        for delivery_id, slow in rows:
            try:
                (deliver_slow if slow else deliver_one).apply_async(args=[delivery_id], retry=False, ignore_result=True)
            except Exception as error:  # kombu raises its own family here
                log.warning("Could not publish delivery %s: %s", delivery_id, error)
                failed.append(delivery_id)
        if failed:
            Delivery.objects.filter(pk__in=failed).update(sent_at=None)
            return 0
        return len(rows)

    def _sweep(self, broker: bool) -> None:
        """With no broker or no working worker, run short deliveries here, one at a time: slower, but nothing stands."""
        oldest = delivery.oldest_open_seconds()
        if oldest > DEGRADED_AFTER_SECONDS or (not broker and oldest > 5):
            with connection.cursor() as cursor:
                cursor.execute(SHORT_AND_READY)
                waiting = [row[0] for row in cursor.fetchall()]
            for delivery_id in waiting:
                delivery.deliver(delivery_id)
        if int(time.time()) % 600 == 0:
            with connection.cursor() as cursor, transaction.atomic():
                cursor.execute(
                    f"DELETE FROM {IdempotencyKey._meta.db_table} WHERE created_at < now() - interval '48 hours'"
                )
