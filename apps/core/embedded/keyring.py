"""The generated passwords and keys of an embedded installation, written once and readable by the owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from apps.core.errors import Refused

FILE_NAME = "secrets.json"


def _generated() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Keyring:
    """One secret per part; the database superuser is used only to make roles."""

    postgres: str = field(default_factory=_generated)
    ops_owner: str = field(default_factory=_generated)
    ops_app: str = field(default_factory=_generated)
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(50))
    token_pepper: str = field(default_factory=_generated)


def read_keyring(home: Path) -> Keyring | None:
    """The stored keys, or None where nothing was set up yet."""
    path = home / FILE_NAME
    try:
        return Keyring(**json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise Refused(
            f"{path} belongs to another user. Give it back with: sudo chown -R $(id -un) {home}",
            code="foreign_directory",
        ) from None
    except (ValueError, TypeError):
        raise Refused(
            f"{path} cannot be read as the installation's keys. Put back the file from a backup (./ops restore).",
            code="secrets_damaged",
        ) from None


def write_keyring(home: Path, keyring: Keyring) -> Keyring:
    """Replace the file in one step, so that a crash leaves the old keys or the new ones."""
    home.mkdir(parents=True, exist_ok=True)
    draft = home / f"{FILE_NAME}.{os.getpid()}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(asdict(keyring), stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(home / FILE_NAME)
    return keyring


def ensure_keyring(home: Path) -> Keyring:
    """The stored keys, made on the first call."""
    return read_keyring(home) or write_keyring(home, Keyring())
