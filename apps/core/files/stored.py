"""Files under their content hash: written whole or not at all, and checked when read."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from apps.core.errors import Refused


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What was stored; the hash is also the way to the bytes."""

    sha256: str
    size: int
    media_type: str = "application/octet-stream"


def path_of(sha256: str, root: Path) -> Path:
    """Where those bytes lie under `root`."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("a stored file is named by its SHA-256 in small letters")
    return root / sha256[:2] / sha256


def store(content: bytes, root: Path, media_type: str = "application/octet-stream") -> StoredFile:
    """Write once: temporary file, flush to disk, rename. The same content is stored once, and mended if damaged."""
    digest = hashlib.sha256(content).hexdigest()
    if not verify(digest, root):
        _write(content, path_of(digest, root))
    return StoredFile(digest, len(content), media_type)


def _write(content: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".part-", delete=False) as part:
        try:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
            os.replace(part.name, target)
        except BaseException:
            os.unlink(part.name)
            raise
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def verify(sha256: str, root: Path) -> bool:
    """Whether the file is there and still is what was stored; reads it in pieces."""
    try:
        with path_of(sha256, root).open("rb") as source:
            return hashlib.file_digest(source, "sha256").hexdigest() == sha256
    except OSError:
        return False


def read_stored(sha256: str, root: Path) -> bytes:
    """The bytes, if they still are what was stored; refuses a missing or damaged file."""
    try:
        content = path_of(sha256, root).read_bytes()
    except OSError as error:
        raise Refused("The stored file is missing. Restore it from a backup.", code="file_missing") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refused("The stored file is damaged. Restore it from a backup.", code="file_damaged")
    return content
