"""How the worker is started: with processes where the machine has shared semaphores, with threads where it has none."""

from __future__ import annotations

import multiprocessing
import os
import sys

NO_SEMAPHORES = (
    "This machine gives no shared memory (/dev/shm): the worker uses threads, and no time limit ends a stuck task."
)


def has_semaphores() -> bool:
    """Whether a pool of processes can work here; containers and jails without /dev/shm have no semaphores."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except (OSError, ImportError):
        return False
    return True


def worker_command(*, threads: bool) -> list[str]:
    """The worker of a platform in one terminal; all queues, as many tasks at once as OPS_WORKERS says."""
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser privileges"]
    celery = [*python, "-m", "celery", "-q", "-A", "opsplatform", "worker", "--without-gossip", "--without-mingle"]
    pool = "threads" if threads else "prefork"
    concurrency = os.environ.get("OPS_WORKERS", "2")
    return [*celery, "-Q", "default,slow", "--pool", pool, "--concurrency", concurrency, "--loglevel", "WARNING"]
