"""File names that are safe to store, show and send, whatever the sender called the file."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

LONGEST = 150
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*%;]')


def safe_name(name: str) -> str:
    """The last part of `name` without signs that steer a path, a screen or a header; at most 150 letters, never empty."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", name[:5000]))[-1]
    name = "".join(" " if sign.isspace() else sign for sign in name)
    name = "".join(sign for sign in name if unicodedata.category(sign)[0] != "C")
    name = _UNSAFE.sub("_", name).strip(" .")
    stem, point, extension = name.rpartition(".")
    if not point or len(extension) > 10:
        stem, extension = name, ""
    stem = stem[: LONGEST - len(extension) - 1].rstrip(" .") or "file"
    if _DEVICE.fullmatch(stem.split(".")[0].strip()):
        stem = f"_{stem}"
    return f"{stem}.{extension}" if extension else stem


def content_disposition(name: str, *, inline: bool = False) -> str:
    """The header of RFC 6266: a plain name for old readers and the full one in UTF-8."""
    name = safe_name(name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip(" .") or "file"
    how = "inline" if inline else "attachment"
    full = quote(name, safe="!#$&+-.^_`|~")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{full}"


def download_headers(name: str, media_type: str) -> dict[str, str]:
    """Headers with which a stored file can do nothing in the browser but be saved; pictures may be shown."""
    return {
        "Content-Type": media_type,
        "Content-Disposition": content_disposition(
            name, inline=media_type in ("image/png", "image/jpeg", "image/webp")
        ),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
