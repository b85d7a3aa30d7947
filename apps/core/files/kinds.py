"""Tells what a file is by its bytes and lets it in only where its name says the same."""

from __future__ import annotations

import io
import re
import zipfile

from apps.core.errors import Refused

PICTURES = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
MEDIA_TYPES = PICTURES | {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "txt": "text/plain",
}
SAME = {"jpeg": "jpg"}
ALLOWED_EXTENSIONS = (*MEDIA_TYPES, *SAME)
MAIN_PARTS = {"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}
MAX_PARTS = 2000
# Texts that a browser, a shell or another program would run or open as something else.
_DISGUISED = re.compile(rb"\s*(<!|<\?|<[a-z]|#!|mz|%pdf|%!ps|\{\\rtf|gif8|pk\x03|\x7felf)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def sniff(content: bytes, filename: str) -> str:
    """The media type; refuses what is not on the list, and a name that says something else than the bytes."""
    extension = filename.rpartition(".")[2].lower() if "." in filename else ""
    extension = SAME.get(extension, extension)
    if extension not in MEDIA_TYPES:
        raise Refused(
            f"Files of this kind are not accepted. Upload one of: {', '.join(MEDIA_TYPES)}.",
            code="file_kind",
            field="file",
        )
    if not _is(extension, content):
        raise Refused(
            f"The content of this file is not {extension.upper()}. Save it again in the kind its name says.",
            code="file_mismatch",
            field="file",
        )
    return MEDIA_TYPES[extension]


def _is(extension: str, content: bytes) -> bool:
    match extension:
        case "png":
            return content.startswith(b"\x89PNG\r\n\x1a\n")
        case "jpg":
            return content.startswith(b"\xff\xd8\xff")
        case "webp":
            return content[:4] == b"RIFF" and content[8:12] == b"WEBP"
        case "pdf":
            return content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]
        case "xlsx" | "docx":
            return _is_office(content, MAIN_PARTS[extension])
    return _is_text(content)


def _is_office(content: bytes, main_part: str) -> bool:
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    macros = any(part.lower().endswith(("vbaproject.bin", ".exe", ".js", ".vbs")) for part in parts)
    outside = any(part.startswith("/") or ".." in part.split("/") for part in parts)
    wanted = {"[Content_Types].xml", main_part} <= set(parts)
    return wanted and not macros and not outside and len(parts) <= MAX_PARTS


def _is_text(content: bytes) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
        if _DISGUISED.match(content.removeprefix(b"\xef\xbb\xbf")):
            return False
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not _CONTROL.search(text) and not _DISGUISED.match(text[:100].encode())
    return False
