"""The control: commit first, send afterwards, no outbox. The same faults must make it lose effects."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import suppress

import redis

from apps.core.embedded.environment import redis_socket
from tests.support.stack import Stack

QUEUE = "naive:queue"
PREFETCHED = 4  # as a stock worker does


class NaiveConsumer:
    """A producer that commits an order and then pushes its id to Redis, and a consumer that pops and then works."""

    def __init__(self, stack: Stack) -> None:
        self.redis_socket = str(redis_socket(stack.home))
        self.sent = 0
        self._lives = 0
        self.effects: set[str] = set()
        self._committed: set[str] = set()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._produce, self._consume)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=self.redis_socket, socket_timeout=1, socket_connect_timeout=1)

    def _produce(self) -> None:
        client = self._client()
        while not self._stopping.is_set():
            order = uuid.uuid4().hex
            self._committed.add(order)
            self.sent += 1
            with suppress(redis.RedisError):  # the order is committed; its message is gone
                client.lpush(QUEUE, order)
            time.sleep(0.02)

    def crash(self) -> None:
        """The worker is killed: what it had taken but not done dies with it."""
        self._lives += 1

    def _consume(self) -> None:
        client = self._client()
        while not self._stopping.is_set() or self._left(client):
            try:
                taken = client.rpop(QUEUE, PREFETCHED)
            except redis.RedisError:
                time.sleep(0.1)
                continue
            life = self._lives
            for order in taken or []:
                time.sleep(0.021)
                if self._lives != life:
                    break
                self.effects.add(order.decode())
            time.sleep(0 if taken else 0.02)

    def _left(self, client: redis.Redis) -> int:
        with suppress(redis.RedisError):
            return int(client.llen(QUEUE))  # type: ignore[arg-type]
        return 0

    def finish(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    def missing(self) -> int:
        return len(self._committed - self.effects)
