"""Looks at a zip file from outside before anything unpacks it, so that a bomb is refused while it is still small."""

from __future__ import annotations

import io
import zipfile

from apps.core.errors import Refused

MAX_BYTES = 10 << 20
MAX_ENTRIES = 200
MAX_UNPACKED = 100 << 20
MAX_RATIO = 100
SMALL_ENTRY = 1 << 20


def check_archive(data: bytes) -> None:
    """Refuses a workbook with too many parts, too much content or parts packed suspiciously tight.

    The directory may lie, so every part is also unpacked in pieces and counted.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if any(part.flag_bits & 1 for part in parts):
                raise Refused("The workbook is locked with a password. Save it without one.", code="locked_workbook")
            declared = sum(part.file_size for part in parts)
            if len(parts) > MAX_ENTRIES or declared > MAX_UNPACKED or any(map(_too_tight, parts)):
                raise _bomb()
            _count(archive, parts)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError, RuntimeError, zipfile.LargeZipFile):
        raise Refused("The workbook is damaged. Save it again and upload the new file.", code="damaged_file") from None


def _too_tight(part: zipfile.ZipInfo) -> bool:
    return part.file_size > SMALL_ENTRY and part.file_size > MAX_RATIO * max(1, part.compress_size)


def _count(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    total = 0
    for part in parts:
        with archive.open(part) as stream:
            while piece := stream.read(1 << 20):
                total += len(piece)
                if total > MAX_UNPACKED:
                    raise _bomb()


def _bomb() -> Refused:
    return Refused(
        "The workbook unpacks to far more than its size. Save only the rows you need as CSV.", code="file_bomb"
    )
