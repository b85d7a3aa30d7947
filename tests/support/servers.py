"""One throwaway PostgreSQL and Redis per checkout: the first test run starts them, the last ends them."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO

from apps.core.embedded import broker, database, postgres
from apps.core.embedded.environment import embedded_variables, redis_url
from apps.core.embedded.keyring import ensure_keyring
from apps.core.embedded.paths import REPOSITORY

HOME = Path(os.environ.get("OPS_TEST_HOME") or REPOSITORY / "var" / "test").absolute()
RUN_PREFIX = "run_"
TEMPLATE_PREFIX = "template_"
KEPT_TEMPLATES = 3


def cluster() -> postgres.Cluster:
    return postgres.Cluster(home=HOME, password=ensure_keyring(HOME).postgres, durable=False)


def set_environment() -> None:
    """The variables under which settings are read in tests, in this process and in those it starts."""
    HOME.mkdir(parents=True, exist_ok=True)
    os.environ["OPS_HOME"] = str(HOME)
    os.environ["OPS_TEST"] = "1"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as ./ops does: a stack is many processes
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser keeps an event loop in the main thread
    os.environ["DJANGO_SETTINGS_MODULE"] = "opsplatform.settings"
    for name in ("OPS_DB_AS", "OPS_BASE_URL", "OPS_DEBUG", "OPS_MEDIA", "OPS_PROXY_COUNT"):
        os.environ.pop(name, None)
    os.environ |= embedded_variables(HOME, ensure_keyring(HOME))
    os.environ["REDIS_URL"] = redis_url(HOME, number=_number_of_run())


def _number_of_run() -> int:
    """A Redis database per process of a run: neighbours under xdist never share one."""
    first = int(os.environ.setdefault("OPS_TEST_RUN", str(os.getpid())))
    return (first + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))) % 16


class Servers:
    """A shared file lock counts the runs; whoever holds it alone may clean and stop."""

    def __init__(self) -> None:
        self._users: IO[str] | None = None

    def start(self) -> None:
        with (HOME / "start.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            self._users = (HOME / "users.lock").open("w")
            alone = _try_alone(self._users)
            postgres.start(cluster(), death_signal=None)
            broker.start(HOME, durable=False, death_signal=None)
            if alone:
                _prepare()
            fcntl.flock(self._users, fcntl.LOCK_SH)

    def stop(self) -> None:
        if self._users is None:
            return
        with (HOME / "start.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if _try_alone(self._users):
                broker.stop(HOME)
                postgres.stop(cluster())
            self._users.close()
            self._users = None


def _try_alone(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _prepare() -> None:
    """Roles as in production, and nothing left over from runs that were killed."""
    keyring = ensure_keyring(HOME)
    with database.session(cluster().url()) as superuser:
        database.prepare_roles(superuser, owner_password=keyring.ops_owner, app_password=keyring.ops_app)
        with superuser.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY oid DESC")
            names = [name for (name,) in cursor.fetchall()]
        stale = [name for name in names if name.startswith(RUN_PREFIX) or name.endswith("_draft")]
        templates = [name for name in names if name.startswith(TEMPLATE_PREFIX) and name not in stale]
        for name in stale + templates[KEPT_TEMPLATES:]:
            database.drop_database(superuser, name)
