"""Addresses and keys of the embedded servers as the same variables an outside installation would set."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from apps.core.embedded.keyring import Keyring, ensure_keyring, read_keyring
from apps.core.embedded.paths import run_directory, state_home

DATABASE_NAME = "opsplatform"


def postgres_url(role: str, password: str, *, socket_directory: Path, database: str = DATABASE_NAME) -> str:
    """A libpq address over a unix socket."""
    return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(socket_directory))}"


def postgres_socket_directory(home: Path) -> Path:
    """PostgreSQL's sockets have a directory of their own, because its owner may be another account."""
    return run_directory(home) / "pg"


def redis_socket(home: Path) -> Path:
    return run_directory(home) / "redis.sock"


def redis_url(home: Path, *, number: int = 0) -> str:
    return f"unix://{quote(str(redis_socket(home)))}?db={number}"


def embedded_variables(home: Path, keyring: Keyring) -> dict[str, str]:
    """Every variable the embedded installation can answer."""
    sockets = postgres_socket_directory(home)
    return {
        "DATABASE_URL": postgres_url("ops_app", keyring.ops_app, socket_directory=sockets),
        "DATABASE_OWNER_URL": postgres_url("ops_owner", keyring.ops_owner, socket_directory=sockets),
        "REDIS_URL": redis_url(home),
        "OPS_SECRET_KEY": keyring.secret_key,
        "OPS_TOKEN_PEPPER": keyring.token_pepper,
    }


def read_variable(name: str) -> str:
    """NAME, or the content of the file NAME_FILE names; empty when neither is set."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name, "")


def is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def fill_environment(*, create: bool) -> None:
    """Set what nobody set from outside; an outside DATABASE_URL also keeps our owner address away from it."""
    home = state_home()
    keyring = ensure_keyring(home) if create else read_keyring(home)
    if keyring is None:
        return
    outside_database = is_set("DATABASE_URL")
    for name, value in embedded_variables(home, keyring).items():
        if is_set(name) or (outside_database and name == "DATABASE_OWNER_URL"):
            continue
        os.environ[name] = value
