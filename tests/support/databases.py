"""A migrated template per state of the migrations, and a fresh copy of it per run, as the application's role."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.apps import apps
from django.conf import settings

from apps.core.embedded import database
from apps.core.embedded.paths import REPOSITORY
from tests.support import servers

ADVISORY_LOCK = 7_203_114


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def superuser_url(name: str = "postgres") -> str:
    return servers.cluster().url(name)


def owner_url(name: str) -> str:
    return with_database(os.environ["DATABASE_OWNER_URL"], name)


def app_url(name: str) -> str:
    return with_database(os.environ["DATABASE_URL"], name)


def migrations_hash() -> str:
    """Changes whenever a migration, a module of ours it imports, the locks or the app list change."""
    files: set[Path] = {REPOSITORY / "requirements.txt"}
    for config in apps.get_app_configs():
        if Path(config.path).is_relative_to(REPOSITORY / "apps"):
            files |= set(Path(config.path).glob("migrations/*.py"))
    for path in sorted(files):
        for module in re.findall(r"^from (apps[\w.]*) import (\w+)", path.read_text(), re.MULTILINE):
            for dotted in (module[0], ".".join(module)):
                files |= {place for place in [REPOSITORY / f"{dotted.replace('.', '/')}.py"] if place.exists()}
    digest = hashlib.sha256(" ".join(settings.INSTALLED_APPS).encode())
    for path in sorted(files):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def run_as_owner(command: list[str], *, name: str) -> None:
    """A management command under the owner's role; its whole output is the error message."""
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), *command],
        env=os.environ | {"OPS_DB_AS": "owner", "DATABASE_OWNER_URL": owner_url(name)},
        capture_output=True,
        check=False,
        text=True,
        cwd=REPOSITORY,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py {' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def ensure_template() -> str:
    """The name of a database migrated from nothing by today's migrations."""
    name = servers.TEMPLATE_PREFIX + migrations_hash()
    with database.session(superuser_url()) as superuser, superuser.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            draft = f"{name}_draft"
            database.drop_database(superuser, draft)
            database.create_database(superuser, draft)
            with database.session(owner_url(draft)) as owner:
                database.prepare_database(owner)
            run_as_owner(["migrate", "--no-input", "--skip-checks", "-v", "0"], name=draft)
            cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


class RunDatabase:
    """This process's copy; `reset` puts it back to the template, whatever a test committed."""

    def __init__(self, *, template: str, suffix: str) -> None:
        self.template = template
        self.name = f"{servers.RUN_PREFIX}{os.getpid()}_{suffix}"

    def create(self) -> None:
        with database.session(superuser_url()) as superuser:
            database.drop_database(superuser, self.name)
            database.clone_database(superuser, template=self.template, name=self.name)
            with superuser.cursor() as cursor:
                cursor.execute(f'REVOKE ALL ON DATABASE "{self.name}" FROM PUBLIC')
                cursor.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{self.name}" TO {database.APPLICATION}')

    def drop(self) -> None:
        with database.session(superuser_url()) as superuser:
            database.drop_database(superuser, self.name)

    def owner(self) -> psycopg2.extensions.connection:
        connection = psycopg2.connect(owner_url(self.name))
        connection.autocommit = True
        return connection
