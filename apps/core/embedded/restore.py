"""Puts a backup back: checked whole beforehand, built beside the live data, and swapped in one step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from psycopg2 import sql
from psycopg2.extensions import parse_dsn

from apps.core.embedded import backup, database
from apps.core.embedded.backup import Manifest
from apps.core.embedded.environment import read_variable
from apps.core.embedded.keyring import read_keyring, write_keyring
from apps.core.embedded.offline import owner_url, with_database
from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.platform import running_state
from apps.core.embedded.sealing import unseal
from apps.core.errors import Refused

RESTORED_KEYS = "restored-keys.env"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What was done, for the person who did it."""

    manifest: Manifest
    safety_backup: Path | None
    keys_file: Path | None


# The log is ordered by transaction number. A new server starts counting low, so its counter is moved past the newest
# event's; otherwise new events would stand before old ones in the feed and in the audit chain.
CATCH_UP = """
DO $$ DECLARE newest bigint; BEGIN
  SELECT coalesce(max(xact::text::bigint), 0) INTO newest FROM core_event;
  WHILE pg_current_xact_id()::text::bigint <= newest LOOP COMMIT; END LOOP;
END $$
"""


# The chain goes on from the backup's head, and says so.
RESTORED = """
INSERT INTO core_event (name, subject, departments, payload, changes, request_id)
SELECT 'core.restored', 'platform:1', '{}', jsonb_build_object('backup', %s::text, 'head',
  coalesce((SELECT hash FROM core_seal ORDER BY number DESC LIMIT 1), 'none')), '{}', ''
"""


def restore_backup(*, home: Path, source: Path, passphrase: str, confirm: str | None) -> Restored:
    """Replace database, files and keys by the backup's; on any refusal nothing has changed."""
    manifest = backup.read_manifest(source)
    _require_readable(manifest)
    _require_whole(source, manifest)
    keys = unseal((source / backup.KEYS).read_text(), passphrase)
    with with_database(home) as running:
        name = parse_dsn(owner_url())["dbname"]
        if running or running_state(home) or _somebody_works(name):
            raise Refused("The platform is running. Stop it (Ctrl-C), then run the restore again.", code="running")
        safety = _secure_present_data(home, manifest, passphrase, confirm, name)
        _build_and_swap(source, manifest, name)
    return Restored(manifest=manifest, safety_backup=safety, keys_file=_store_keys(home, keys))


def _require_readable(manifest: Manifest) -> None:
    known = {".".join(key) for key in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    newer = _version(manifest.app_version) > _version(settings.VERSION)
    if newer or set(manifest.migrations) - known:
        raise Refused(
            f"This backup comes from opsplatform {manifest.app_version}, which has tables that version "
            f"{settings.VERSION} does not know. Install version {manifest.app_version} or newer, then restore.",
            code="wrong_version",
        )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _require_whole(source: Path, manifest: Manifest) -> None:
    for part, expected in manifest.parts.items():
        path = source / part
        if not path.is_file():
            raise Refused(f"The backup is incomplete: {part} is missing. Use another backup.", code="damaged")
        if backup.sha256_of(path) != expected:
            raise Refused(
                f"The backup is damaged: {part} is not what was written. Copy it again or use another backup.",
                code="damaged",
            )


def _somebody_works(name: str) -> bool:
    with database.session(owner_url()) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name LIKE 'ops-%%' "
            "AND application_name <> 'ops-owner' AND pid <> pg_backend_pid()",
            [name],
        )
        return bool(cursor.fetchone()[0])


def _secure_present_data(
    home: Path, manifest: Manifest, passphrase: str, confirm: str | None, name: str
) -> Path | None:
    with database.session(owner_url()) as connection:
        major, present = backup.server_major(connection), backup.applied_migrations(connection)
    if major < manifest.postgres_major:
        raise Refused(
            f"This backup was made on PostgreSQL {manifest.postgres_major}, this server is {major}. "
            f"Use a server of version {manifest.postgres_major} or newer.",
            code="postgres_major",
        )
    if not present:
        return None
    if confirm != name:
        raise Refused(
            f"The database {name} already holds data. To replace it, add: --confirm {name} "
            "(a safety backup is made first).",
            code="confirmation_missing",
        )
    return backup.write_backup(folder=home / "backups" / "before-restore", passphrase=passphrase)


def _build_and_swap(source: Path, manifest: Manifest, name: str) -> None:
    draft = f"{name}_restoring"
    media = Path(settings.MEDIA_ROOT)
    draft_media = media.with_name(f"{media.name}.restoring")
    maintenance = _with_database(owner_url(), "postgres")
    with database.session(maintenance) as server:
        try:
            database.drop_database(server, draft)
            database.create_database(server, draft, owner=parse_dsn(owner_url())["user"])
            _fill(source, manifest, _with_database(owner_url(), draft))
            _unpack_media(source / backup.MEDIA, draft_media)
        except BaseException:
            database.drop_database(server, draft)
            shutil.rmtree(draft_media, ignore_errors=True)
            raise
    _swap(maintenance, name, draft, media, draft_media)


def _fill(source: Path, manifest: Manifest, url: str) -> None:
    """The rights in the dump are written for a database without default rights, so ours come afterwards."""
    application = parse_dsn(read_variable("DATABASE_URL"))["user"]
    options = ["--exit-on-error", "--no-owner", "--jobs=2", "--dbname", parse_dsn(url)["dbname"]]
    backup.run_tool("pg_restore", *options, str(source / backup.DUMP), url=url)
    with database.session(url) as connection:
        database.prepare_database(connection, owner=parse_dsn(url)["user"], application=application)
        counts = backup.count_rows(connection)
        different = sorted(table for table, rows in manifest.row_counts.items() if counts.get(table) != rows)
        if different:
            raise Refused(
                f"The restored tables differ from the backup's list: {', '.join(different[:5])}. "
                "Use another backup; nothing was changed.",
                code="damaged",
            )
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_session")
            cursor.execute("SET synchronous_commit = off")
            cursor.execute(CATCH_UP)
            cursor.execute(RESTORED, [manifest.created_at])
    _migrate(url)


def _migrate(url: str) -> None:
    """An older backup gets today's tables before anybody sees it."""
    command = [sys.executable, str(REPOSITORY / "manage.py"), "migrate", "--no-input", "--skip-checks", "-v", "0"]
    environment = {**os.environ, "OPS_DB_AS": "owner", "DATABASE_OWNER_URL": url}
    done = subprocess.run(command, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise Refused(f"The backup's tables could not be brought up to date: {words[-1]}", code="migrate_failed")


def _unpack_media(archive: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tarfile.open(archive) as files:
        for member in files:
            place = (target / member.name).resolve()
            if not (member.isfile() or member.isdir()) or not place.is_relative_to(target.resolve()):
                raise Refused(f"The backup holds a file outside its folder: {member.name}.", code="damaged")
            files.extract(member, target)


def _swap(maintenance: str, name: str, draft: str, media: Path, draft_media: Path) -> None:
    old, old_media = f"{name}_replaced", media.with_name(f"{media.name}.replaced")
    connections.close_all()
    with database.session(maintenance) as server:
        database.drop_database(server, old)
        server.autocommit = False
        with server.cursor() as cursor:
            for before, after in ((name, old), (draft, name)):
                statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                cursor.execute(statement.format(sql.Identifier(before), sql.Identifier(after)))
        server.commit()
        shutil.rmtree(old_media, ignore_errors=True)
        if media.exists():
            media.rename(old_media)
        draft_media.rename(media)
        server.autocommit = True
        database.drop_database(server, old)
        shutil.rmtree(old_media, ignore_errors=True)


def _store_keys(home: Path, keys: dict[str, str]) -> Path | None:
    """Our own key file takes the backup's keys; keys set from outside are left beside it for the operator."""
    keyring = read_keyring(home)
    if keyring is not None and read_variable("OPS_SECRET_KEY") == keyring.secret_key:
        pair = {"secret_key": keys["OPS_SECRET_KEY"], "token_pepper": keys["OPS_TOKEN_PEPPER"]}
        write_keyring(home, replace(keyring, **pair))
        return None
    if read_variable("OPS_SECRET_KEY") == keys["OPS_SECRET_KEY"]:
        return None
    path = home / RESTORED_KEYS
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.writelines(f"{name}={value}\n" for name, value in keys.items())
    return path


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
