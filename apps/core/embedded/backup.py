"""Writes a backup: database, files and keys of one moment, with a manifest that proves them whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from apps.core.embedded import database, paths
from apps.core.embedded.offline import owner_url
from apps.core.embedded.sealing import seal
from apps.core.errors import Refused

FORMAT = 1
MANIFEST = "manifest.json"
DUMP, MEDIA, KEYS = "database.dump", "media.tar", "keys.sealed"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says about itself."""

    format: int
    app_version: str
    created_at: str
    database: str
    postgres_major: int
    migrations: list[str]
    row_counts: dict[str, int]
    parts: dict[str, str]


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def server_major(connection: Connection) -> int:
    return int(connection.server_version) // 10_000


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows per table, as this connection's snapshot sees them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        tables = [name for (name,) in cursor.fetchall()]
        counts: dict[str, int] = {}
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            counts[table] = cursor.fetchone()[0]
    return counts


def applied_migrations(connection: Connection) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('django_migrations')")
        if cursor.fetchone()[0] is None:
            return []
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def libpq_variables(url: str) -> dict[str, str]:
    """The address for PostgreSQL's programs; as variables, so that no password shows in the process list."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    given = parse_dsn(url)
    return {**os.environ, **{names[key]: value for key, value in given.items() if key in names}}


def run_tool(name: str, *arguments: str, url: str) -> None:
    """Run pg_dump or pg_restore; refuse with its own last words."""
    command = [str(paths.postgres_binaries() / name), *arguments]
    done = subprocess.run(command, env=libpq_variables(url), capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise Refused(f"{name} could not finish: {words[0]}", code=f"{name}_failed")


def write_backup(*, folder: Path, passphrase: str, now: datetime | None = None) -> Path:
    """Write a new folder under `folder`. It gets its name only when it is complete."""
    moment = now or datetime.now(UTC)
    final = folder / f"opsplatform-{moment:%Y%m%dT%H%M%SZ}"
    draft = folder / f".{final.name}.{os.getpid()}"
    try:
        draft.mkdir(parents=True, mode=0o700)
    except PermissionError:
        raise Refused(f"{folder} cannot be written. Name another folder with --to.", code="not_writable") from None
    try:
        manifest = _write_parts(draft, passphrase, moment)
        (draft / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
        draft.rename(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return final


def _write_parts(draft: Path, passphrase: str, moment: datetime) -> Manifest:
    url = owner_url()
    with database.session(url) as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True, autocommit=False)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot()")
            (snapshot,) = cursor.fetchone()
        run_tool("pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={draft / DUMP}", url=url)
        counts, migrations = count_rows(connection), applied_migrations(connection)
        major = server_major(connection)
    _pack_media(draft / MEDIA)
    keys = {"OPS_SECRET_KEY": settings.SECRET_KEY, "OPS_TOKEN_PEPPER": settings.TOKEN_PEPPER}
    (draft / KEYS).write_text(seal(keys, passphrase))
    return Manifest(
        format=FORMAT,
        app_version=settings.VERSION,
        created_at=moment.isoformat(),
        database=parse_dsn(url)["dbname"],
        postgres_major=major,
        migrations=migrations,
        row_counts=counts,
        parts={name: sha256_of(draft / name) for name in (DUMP, MEDIA, KEYS)},
    )


def _pack_media(target: Path) -> None:
    """After the dump: files are only ever added, so the archive holds all the dump refers to."""
    root = Path(settings.MEDIA_ROOT)
    with tarfile.open(target, "w") as archive:
        if root.is_dir():
            archive.add(root, arcname=".")


def read_manifest(folder: Path) -> Manifest:
    """The manifest, or what is wrong with the folder."""
    try:
        stored: Mapping[str, object] = json.loads((folder / MANIFEST).read_text())
        if stored.get("format") != FORMAT:
            raise Refused(
                f"This backup has format {stored.get('format')}; this version reads format {FORMAT}. "
                "Install the version that made it.",
                code="wrong_format",
            )
        return Manifest(**stored)  # type: ignore[arg-type]
    except FileNotFoundError:
        raise Refused(f"{folder} is no backup: it has no {MANIFEST}.", code="no_backup") from None
    except (ValueError, TypeError, AttributeError):
        raise Refused(f"{folder / MANIFEST} is damaged. Use another backup.", code="damaged") from None
