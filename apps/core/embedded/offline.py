"""Lets a command use the database whether the platform runs or not, and under the owner's role."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from psycopg2.extensions import parse_dsn

from apps.core.embedded import postgres
from apps.core.embedded.environment import embedded_variables, read_variable
from apps.core.embedded.keyring import ensure_keyring, read_keyring
from apps.core.embedded.platform import lock_home, prepare_own_database
from apps.core.errors import Refused


def uses_own_database(home: Path) -> bool:
    """Whether DATABASE_URL is the embedded server's address."""
    keyring = read_keyring(home)
    return keyring is not None and read_variable("DATABASE_URL") == embedded_variables(home, keyring)["DATABASE_URL"]


def owner_url() -> str:
    """The owner's address, or the sentence that tells how to set it."""
    url = read_variable("DATABASE_OWNER_URL")
    if not url:
        raise Refused(
            "Set DATABASE_OWNER_URL to the role that owns the tables; docs/operator-guide.md shows how.",
            code="owner_url_missing",
        )
    return url


@contextmanager
def with_database(home: Path) -> Iterator[bool]:
    """The database is there inside; yields whether the platform was already running. Starts our own server if not."""
    if not uses_own_database(home):
        yield False
        return
    cluster = postgres.Cluster(home=home, password=ensure_keyring(home).postgres)
    if postgres.live_pid(cluster) is not None:
        postgres.wait_ready(cluster)
        yield True
        return
    with lock_home(home):
        postgres.start(cluster, death_signal=signal.SIGINT)
        try:
            prepare_own_database(home)
            yield False
        finally:
            connections.close_all()
            postgres.stop(cluster)


@contextmanager
def as_owner() -> Iterator[None]:
    """Django's connection under the owner's role, which sees every row whatever the fence."""
    address = parse_dsn(owner_url())
    wanted: dict[str, object] = {
        "NAME": address["dbname"],
        "USER": address.get("user", ""),
        "PASSWORD": address.get("password", ""),
        "HOST": address.get("host", ""),
        "PORT": address.get("port", ""),
        "OPTIONS": {"application_name": "ops-owner"},
    }
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in wanted}
    connection.close()
    connection.settings_dict.update(wanted)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
