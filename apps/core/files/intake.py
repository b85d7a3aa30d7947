"""Lets one uploaded file in: size, kind and name checked, pictures written anew."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.errors import Refused
from apps.core.files.kinds import PICTURES, sniff
from apps.core.files.names import safe_name
from apps.core.sandbox import ChildFailed, Limits, run_child

MAX_BYTES = 25 << 20
LIMITS = Limits(memory_mb=1024, cpu_seconds=20, wall_seconds=40, output_mb=200)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file fit to be stored; `content` may differ from what was sent, `name` is safe to show."""

    content: bytes
    name: str
    media_type: str


def accept(content: bytes, filename: str, *, max_bytes: int = MAX_BYTES) -> Accepted:
    """The file as it may be kept; refuses what is empty, too large, of another kind than it says, or no picture."""
    if not content:
        raise Refused("The file is empty. Choose another one.", code="file_empty", field="file")
    if len(content) > max_bytes:
        raise Refused(
            f"The file is larger than {max_bytes >> 20} MB. Make it smaller.", code="file_too_large", field="file"
        )
    name = safe_name(filename)
    media_type = sniff(content, name)
    if media_type in PICTURES.values():
        content = _rewritten(content, media_type)
    return Accepted(content, name, media_type)


def _rewritten(content: bytes, media_type: str) -> bytes:
    try:
        return run_child("apps.core.files.image_child", media_type, stdin=content, limits=LIMITS)
    except ChildFailed as failure:
        if "ended with 3" in failure.detail:
            raise Refused(
                "The picture has more than 40 million pixels. Scale it down.", code="picture_too_large", field="file"
            ) from None
        raise Refused("The picture cannot be read. Save it again.", code="picture_unreadable", field="file") from None
