"""Looks at every part an installation needs and says what to do about each that is not well."""

from __future__ import annotations

import ctypes
import platform
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis
from django.conf import settings

from apps.core import pdf
from apps.core.embedded import database, keyring, paths, postgres
from apps.core.embedded.environment import read_variable
from apps.core.embedded.offline import owner_url, with_database
from apps.core.embedded.platform import answers, running_state
from apps.core.errors import Refused

ENOUGH_DISK = 2_000_000_000
OLDEST_BACKUP_HOURS = 26
PDF_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0", "libfontconfig.so.1")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the report; `advice` is empty when all is well."""

    subject: str
    fact: str
    advice: str = ""


def examine(home: Path) -> list[Finding]:
    """Every finding; a look that itself fails becomes a finding."""
    looks: list[tuple[str, Callable[[Path], Iterator[Finding]]]] = [
        ("Programs", _programs),
        ("State", _state),
        ("Database", _database),
        ("Redis", _redis),
        ("PDF reports", _pdf),
        ("Backups", _backups),
        ("Web", _web),
    ]
    findings: list[Finding] = []
    for subject, look in looks:
        try:
            findings += look(home)
        except Refused as refused:
            findings.append(Finding(subject=subject, fact="not well", advice=str(refused)))
    return findings


def _programs(home: Path) -> Iterator[Finding]:
    yield Finding(subject="Python", fact=f"{platform.python_version()} in {sys.prefix}")
    binaries = paths.postgres_binaries()
    yield Finding(subject="PostgreSQL program", fact=f"{postgres.binary_major(binaries)} in {binaries}")
    yield Finding(subject="Redis program", fact=str(paths.redis_binary()))
    node = paths.REPOSITORY / "frontend" / "node_modules"
    advice = (
        "" if (node / "@fontsource-variable").is_dir() else "Run ./ops setup with a network; system fonts are used."
    )
    yield Finding(subject="Fonts", fact="missing" if advice else "Inter", advice=advice)


def _state(home: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(home).free
    advice = "" if free > ENOUGH_DISK else f"Make room: less than {ENOUGH_DISK / 1e9:.0f} GB are free at {home}."
    yield Finding(subject="Disk", fact=f"{free / 1e9:.1f} GB free at {home}", advice=advice)
    secrets = home / keyring.FILE_NAME
    if secrets.exists():
        mode = stat.S_IMODE(secrets.stat().st_mode)
        advice = "" if mode == 0o600 else f"Others can read the keys. Run: chmod 600 {secrets}"
        yield Finding(subject="Keys", fact=f"{secrets}, mode {mode:o}", advice=advice)
    run = paths.run_directory(home)
    if run.exists():
        mode = stat.S_IMODE(run.stat().st_mode)
        advice = "" if mode in (0o700, 0o711) else f"Others can reach the sockets. Run: chmod 700 {run}"
        yield Finding(subject="Sockets", fact=f"{run}, mode {mode:o}", advice=advice)


def _database(home: Path) -> Iterator[Finding]:
    with with_database(home):
        try:
            with database.session(owner_url()) as connection, connection.cursor() as cursor:
                yield from _server_settings(cursor)
            with database.session(read_variable("DATABASE_URL")) as connection, connection.cursor() as cursor:
                yield from _application_role(cursor)
        except psycopg2.OperationalError as error:
            words = str(error).strip().splitlines()[-1]
            yield Finding(subject="Database", fact=words, advice="Start it with ./ops up, or correct DATABASE_URL.")


def _server_settings(cursor: psycopg2.extensions.cursor) -> Iterator[Finding]:
    cursor.execute("SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))")
    version, size = cursor.fetchone()
    too_old = int(version.split(".")[0]) < 15
    yield Finding(
        subject="Database",
        fact=f"PostgreSQL {version}, {size}",
        advice="Use PostgreSQL 15 or newer." if too_old else "",
    )
    for name in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
        cursor.execute("SELECT current_setting(%s)", [name])
        (value,) = cursor.fetchone()
        harmless = value == "on" or (name == "synchronous_commit" and value != "off")
        advice = "" if harmless else f"Turn {name} on: without it a power cut can lose or damage data."
        yield Finding(subject=f"  {name}", fact=value, advice=advice)


def _application_role(cursor: psycopg2.extensions.cursor) -> Iterator[Finding]:
    cursor.execute("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    name, too_strong = cursor.fetchone()
    advice = f"Run as an administrator: ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS" if too_strong else ""
    yield Finding(subject="Application role", fact=name, advice=advice)
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    (owned,) = cursor.fetchone()
    advice = "Migrate with DATABASE_OWNER_URL; the application must own no table." if owned else ""
    yield Finding(subject="  tables it owns", fact=str(owned), advice=advice)


def _redis(home: Path) -> Iterator[Finding]:
    client = redis.Redis.from_url(read_variable("REDIS_URL"), socket_timeout=3, socket_connect_timeout=3)
    try:
        version = client.info("server")["redis_version"]
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
    except redis.RedisError as error:
        if running_state(home) or not read_variable("REDIS_URL").startswith("unix://"):
            yield Finding(subject="Redis", fact=str(error), advice="Start it, or correct REDIS_URL. Nothing is lost.")
        else:
            yield Finding(subject="Redis", fact="stopped, as the platform is")
        return
    finally:
        client.close()
    advice = (
        "" if policy == "noeviction" else "Set maxmemory-policy to noeviction: a full Redis must refuse, not forget."
    )
    yield Finding(subject="Redis", fact=f"{version}, {policy}", advice=advice)


def _pdf(home: Path) -> Iterator[Finding]:
    if not settings.PDF_ENABLED:
        yield Finding(subject="PDF reports", fact="off", advice="Install Pango, then start again with ./ops up.")
        return
    missing = [name for name in PDF_LIBRARIES if sys.platform == "linux" and not _loads(name)]
    advice = "Run ./ops setup, or: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0" if missing else ""
    if missing:
        yield Finding(subject="PDF reports", fact=f"missing {', '.join(missing)}", advice=advice)
        return
    started = time.monotonic()
    try:
        pdf.render("<html lang='en'><title>Trial</title><p>Trial</p></html>", title="Trial")
    except pdf.PdfFailed as failure:
        words = str(failure).strip().splitlines()[-1:] or ["no reason given"]
        yield Finding(subject="PDF reports", fact=words[0], advice="Run ./ops setup, then ./ops doctor again.")
    else:
        yield Finding(subject="PDF reports", fact=f"a trial page took {time.monotonic() - started:.1f} s")


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _backups(home: Path) -> Iterator[Finding]:
    found = sorted((home / "backups").glob("opsplatform-*/manifest.json"))
    if not found:
        yield Finding(subject="Backups", fact=f"none in {home / 'backups'}", advice="Run ./ops backup.")
        return
    hours = (time.time() - found[-1].stat().st_mtime) / 3600
    advice = "" if hours < OLDEST_BACKUP_HOURS else "Run ./ops backup, and let a timer do it every day."
    yield Finding(subject="Backups", fact=f"the newest is {hours:.0f} h old: {found[-1].parent}", advice=advice)


def _web(home: Path) -> Iterator[Finding]:
    state = running_state(home)
    if state is None:
        yield Finding(subject="Web", fact="stopped")
        return
    port = state["port"]
    well = answers(f"http://127.0.0.1:{port}/-/ready")
    advice = "" if well else f"Read {home / 'log' / 'web.log'}, then start again."
    yield Finding(subject="Web", fact=f"port {port} {'answers' if well else 'does not answer'}", advice=advice)
