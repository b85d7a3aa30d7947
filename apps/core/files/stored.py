"""Files under their content hash: written whole or not at all, and checked when read."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from apps.core.errors import Refused


@dataclass(frozen=True)
class StoredFile:
    """Where the bytes lie."""

    sha256: str
    size: int


def path_of(sha256: str, root: Path) -> Path:
    return root / sha256[:2] / sha256


def store(content: bytes, root: Path) -> StoredFile:
    """Write once: temporary file, flush to disk, rename. The same content is stored once."""
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(digest, root)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, target)
    return StoredFile(digest, len(content))


def read_stored(sha256: str, root: Path) -> bytes:
    """The bytes, if they still are what was stored; refuses a missing or damaged file."""
    try:
        content = path_of(sha256, root).read_bytes()
    except OSError as error:
        raise Refused("The stored file is missing. Restore it from a backup.", code="file_missing") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("The stored file is damaged. Restore it from a backup.", code="file_damaged")
    return content
