"""Faults by name and weight, in an order that a seed repeats; only recorded processes of the stack are killed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2
import redis

from apps.core.embedded import postgres
from apps.core.embedded.environment import redis_socket
from apps.core.embedded.keyring import ensure_keyring
from tests.support.stack import Stack

WEIGHTS = {
    "web": 3,
    "web child": 3,
    "worker": 5,
    "worker child": 2,
    "relay": 3,
    "redis": 2,
    "flushall": 2,
    "backend": 3,
    "postmaster": 1,
}


def kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@dataclass
class Injector:
    """Faults spread over the time; the worker's group dies at least twice, every other kind as the seed says."""

    stack: Stack
    seed: int
    faults: int
    seconds: float
    also: Callable[[str], None] = lambda name: None
    done: list[tuple[float, str]] = field(default_factory=list)

    def run(self) -> None:
        rng = random.Random(self.seed)
        names = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=max(self.faults - len(WEIGHTS), 0))
        plan = [*list(WEIGHTS)[: self.faults], *names]
        rng.shuffle(plan)
        start, gap = time.monotonic(), self.seconds / self.faults
        for number, name in enumerate(plan):
            wait = start + gap * (number + rng.uniform(0.2, 0.8)) - time.monotonic()
            time.sleep(max(wait, 0))
            self._strike(name, rng)
            self.also(name)
            self.done.append((time.monotonic() - start, name))

    def _strike(self, name: str, rng: random.Random) -> None:
        service, _, part = name.partition(" ")
        if name == "flushall":
            with suppress(redis.RedisError):
                redis.Redis(unix_socket_path=str(redis_socket(self.stack.home)), socket_timeout=2).flushall()
        elif name == "backend":
            self._end_backends(rng)
        elif name == "postmaster":
            os.kill(self.stack.pids()["postgres"], signal.SIGKILL)
        elif part:
            with suppress(ProcessLookupError, IndexError):
                os.kill(rng.choice(children(self.stack.pids()[service])), signal.SIGKILL)
        else:
            kill_group(self.stack.pids()[service])

    def _end_backends(self, rng: random.Random) -> None:
        """Cut one database connection of each kind of process."""
        cluster = postgres.Cluster(home=self.stack.home, password=ensure_keyring(self.stack.home).postgres)
        with suppress(psycopg2.OperationalError):
            session = psycopg2.connect(cluster.url(), connect_timeout=2)
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT ON (application_name) pid"
                    " FROM pg_stat_activity WHERE application_name LIKE 'ops-%%'"
                    " ORDER BY application_name, md5(pid::text || %s)) chosen",
                    [str(rng.random())],
                )
            session.close()
