"""The control: real processes that commit first and send afterwards, without an outbox; the same faults make it lose work."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress

import redis

from apps.core.embedded.environment import redis_socket
from apps.core.embedded.paths import REPOSITORY
from tests.chaos.naive_process import QUEUE
from tests.chaos.oracle import Ledger, unfinished
from tests.support.stack import Stack, free_port

TABLES = """
CREATE SCHEMA naive;
CREATE TABLE naive.batch (id bigserial PRIMARY KEY, key text UNIQUE, rows int, rolled_up_at timestamptz);
CREATE TABLE naive.reading (batch bigint, value int);
CREATE TABLE naive.rollup (grain text PRIMARY KEY, count int, total int);
INSERT INTO naive.rollup VALUES ('all', 0, 0);
"""
NAIVE = Ledger(
    batches="SELECT id, rows FROM naive.batch",
    stored="SELECT count(*) FROM naive.reading",
    rollups="SELECT grain, count, total FROM naive.rollup",
    grains=("all",),
    unfinished={"batches without roll-up": "SELECT id FROM naive.batch WHERE rolled_up_at IS NULL"},
)


class NaiveSystem:
    """A web and a worker process on the stack's own PostgreSQL and Redis, struck whenever ours are.

    `patience` is how long they wait for Redis: without faults a busy machine must not look like a lost message.
    """

    def __init__(self, stack: Stack, *, patience: float = 1) -> None:
        self.patience = patience
        self.stack = stack
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.redis_socket = str(redis_socket(stack.home))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        session = self.stack.owner()
        with session.cursor() as cursor:
            cursor.execute(TABLES)
        session.close()
        for part in ("web", "worker"):
            self._launch(part)

    def _launch(self, part: str) -> None:
        self._processes[part] = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.chaos.naive_process", part, str(self.port)),
                *(self.stack.env["DATABASE_OWNER_URL"], self.redis_socket, str(self.patience)),
            ],
            cwd=REPOSITORY,
        )

    def strike(self, fault: str) -> None:
        """A fault of our web or worker hits the same part here; it comes back at once, as a supervisor would bring it."""
        part = fault.split()[0]
        if part in self._processes:
            self._end(part)
            self._launch(part)

    def _end(self, part: str) -> None:
        self._processes[part].kill()
        self._processes[part].wait()

    def finish(self) -> None:
        """Let the worker empty its queue, so that only what was lost is missing."""
        client = redis.Redis(unix_socket_path=self.redis_socket, socket_timeout=2)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(redis.RedisError):
                if not client.llen(QUEUE):
                    break
            time.sleep(0.2)
        self._await_rest(deadline)
        for part in self._processes:
            self._end(part)

    def _await_rest(self, deadline: float) -> None:
        """The worker still holds what it popped: done when five seconds pass in which it finishes nothing more."""
        left = unfinished(self.stack, NAIVE)
        while left and time.monotonic() < deadline:
            time.sleep(5)
            now = unfinished(self.stack, NAIVE)
            if now == left:
                return
            left = now
