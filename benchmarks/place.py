"""A throw-away installation for benchmarks: own PostgreSQL (fsync on), own Redis, migrated, gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from apps.core.embedded import broker, postgres
from apps.core.embedded.environment import embedded_variables
from apps.core.embedded.keyring import ensure_keyring
from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.platform import prepare_own_database

SIGNAL_WITH_PARENT = 15


@contextmanager
def installation() -> Iterator[Path]:
    """Start the servers and point this process's settings at them."""
    home = Path(tempfile.mkdtemp(prefix="ops-bench-"))
    keyring = ensure_keyring(home)
    cluster = postgres.Cluster(home=home, password=keyring.postgres)
    os.environ |= embedded_variables(home, keyring)
    os.environ |= {"OPS_HOME": str(home), "DJANGO_SETTINGS_MODULE": "opsplatform.settings", "OPS_ROLE": "bench"}
    os.environ |= {"OPS_API_RATE": "1000000/60", "OPS_TEST": "1"}
    try:
        postgres.start(cluster, death_signal=SIGNAL_WITH_PARENT)
        broker.start(home, death_signal=SIGNAL_WITH_PARENT)
        prepare_own_database(home)
        manage("migrate", "--no-input", "-v", "0", OPS_DB_AS="owner")
        django.setup()
        yield home
    finally:
        broker.stop(home)
        postgres.stop(cluster)
        shutil.rmtree(home, ignore_errors=True)


def manage(*command: str, **variables: str) -> str:
    """A management command in the installation."""
    program = [sys.executable, str(REPOSITORY / "manage.py"), *command]
    done = subprocess.run(
        program, env=os.environ | variables, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def postgres_pid(home: Path) -> int:
    pid = postgres.live_pid(postgres.Cluster(home=home, password=ensure_keyring(home).postgres))
    assert pid is not None
    return pid
