"""Files in: kinds, disguises, names, pictures, and storage that is whole or not there."""

from __future__ import annotations

import io
import os
import re
import struct
import time
import zipfile
import zlib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from apps.core.errors import Refused
from apps.core.files import (
    accept,
    content_disposition,
    download_headers,
    path_of,
    read_stored,
    safe_name,
    sniff,
    store,
    verify,
)


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 4), mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, 1).save(buffer, kind, **options)
    return buffer.getvalue()


def office(*parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for part in parts:
            archive.writestr(part, "x")
    return buffer.getvalue()


XLSX = office("[Content_Types].xml", "xl/workbook.xml")
DOCX = office("[Content_Types].xml", "word/document.xml")
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (picture(), "a.png", "image/png"),
        (picture("JPEG"), "a.JPG", "image/jpeg"),
        (picture("JPEG"), "a.jpeg", "image/jpeg"),
        (picture("WEBP"), "a.webp", "image/webp"),
        (PDF, "a.pdf", "application/pdf"),
        (XLSX, "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (DOCX, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"a;b\r\n1;2\r\n", "a.csv", "text/csv"),
        ("Grüße\n".encode("cp1252"), "a.txt", "text/plain"),
        ("\ufeffGrüße\n".encode("utf-16"), "a.txt", "text/plain"),
    ],
)
def test_allowed_kinds(content: bytes, name: str, media_type: str) -> None:
    assert sniff(content, name) == media_type


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
DISGUISED = [
    (SVG, "a.svg"),
    (SVG, "a.png"),
    (SVG, "a.txt"),
    (b"\xef\xbb\xbf" + SVG, "a.txt"),
    (SVG.decode().encode("utf-16"), "a.txt"),
    (b"<html><script>alert(1)</script>", "a.html"),
    (b"<html><script>alert(1)</script>", "a.csv"),
    (b"  \n<!DOCTYPE html>", "a.txt"),
    (b"<?php echo 1;", "a.txt"),
    (b"<?xml version='1.0'?>", "a.csv"),
    (b"#!/bin/sh\nid\n", "a.txt"),
    (b"MZ\x90\x00", "a.txt"),
    (b"MZ\x90\x00", "a.exe"),
    (b"\x7fELF\x02", "a.pdf"),
    (PDF, "a.txt"),
    (PDF, "a.png"),
    (PDF, "a.pdf.exe"),
    (PDF[:-8], "a.pdf"),
    (b"junk" + PDF, "a.pdf"),
    (picture(), "a.jpg"),
    (picture("JPEG"), "a.png"),
    (picture("GIF"), "a.gif"),
    (picture("GIF"), "a.png"),
    (picture("BMP"), "a.txt"),
    (XLSX, "a.docx"),
    (DOCX, "a.xlsx"),
    (XLSX, "a.zip"),
    (XLSX[:40], "a.xlsx"),
    (office("x"), "a.xlsx"),
    (office("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "a.xlsx"),
    (office("[Content_Types].xml", "word/document.xml", "../../etc/cron.d/x"), "a.docx"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xlsx"),
    (b"{\\rtf1}", "a.txt"),
    (b"a\x00b", "a.txt"),
    (b"a\x1b\x00b", "a.csv"),
    (b"plain", "txt"),
    (b"plain", "noextension"),
    (b"plain", "a.txt\x00.exe"),
]


@pytest.mark.parametrize(("content", "name"), DISGUISED, ids=range(len(DISGUISED)))
def test_disguises_and_other_kinds_are_refused(content: bytes, name: str) -> None:
    with pytest.raises(Refused) as refused:
        sniff(content, name)
    assert refused.value.code in ("file_kind", "file_mismatch")


def test_pictures_keep_their_pixels_and_lose_everything_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "secret place"
    sent = picture("JPEG", exif=exif) + b"PK\x03\x04<script>alert(1)</script>"
    kept = accept(sent, "../../x/photo.jpg")
    assert (kept.name, kept.media_type) == ("photo.jpg", "image/jpeg")
    assert b"secret" not in kept.content
    assert b"script" not in kept.content
    with Image.open(io.BytesIO(kept.content)) as shown:
        assert shown.size == (4, 8)
        assert not shown.getexif()


@pytest.mark.parametrize(
    ("kind", "mode", "name"),
    [
        ("PNG", "P", "a.png"),
        ("PNG", "LA", "a.png"),
        ("PNG", "I;16", "a.png"),
        ("JPEG", "CMYK", "a.jpg"),
        ("WEBP", "RGBA", "a.webp"),
    ],
)
def test_every_usual_colour_mode_is_taken(kind: str, mode: str, name: str) -> None:
    with Image.open(io.BytesIO(accept(picture(kind, mode=mode), name).content)) as shown:
        assert (shown.size, shown.format) == ((8, 4), kind)


def test_an_animation_becomes_its_first_frame() -> None:
    frames = [Image.new("RGB", (8, 4), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    with Image.open(io.BytesIO(accept(buffer.getvalue(), "a.png").content)) as shown:
        assert getattr(shown, "n_frames", 1) == 1


def _flood(width: int, height: int) -> bytes:
    """A valid PNG of few bytes and very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * 1000)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.txt", "file_empty"),
        (b"x" * 101, "a.txt", "file_too_large"),
        (_flood(8000, 5001), "a.png", "picture_too_large"),
        (_flood(2**31 - 1, 2**31 - 1), "a.png", "picture_too_large"),
        (picture()[:40], "a.png", "picture_unreadable"),
        (b"\xff\xd8\xff\xe0junk", "a.jpg", "picture_unreadable"),
        (b"RIFF\x00\x00\x00\x00WEBPjunk", "a.webp", "picture_unreadable"),
    ],
)
def test_what_cannot_be_kept_is_refused(content: bytes, name: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        accept(content, name, max_bytes=100 if code == "file_too_large" else 1 << 20)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.csv", "a.csv"),
        ("/abs/a.csv", "a.csv"),
        ("a\x00b.txt", "ab.txt"),
        ("a\r\nX: y.txt", "a  X_ y.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\u200bа.txt", "а.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("com1.tar.gz", "_com1.tar.gz"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("a/", "file"),
        ('q"uote;%.txt', "q_uote__.txt"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("e\u0301.txt", "é.txt"),
        ("a.txt. . ", "a.txt"),
    ],
)
def test_names_are_made_safe(given_name: str, name: str) -> None:
    assert safe_name(given_name) == name


@given(st.text(max_size=300))
def test_any_name_is_safe_and_stays_so(text: str) -> None:
    name = safe_name(text)
    assert 1 <= len(name) <= 152
    assert safe_name(name) == name
    assert not re.search(r'[\x00-\x1f/\\<>:"|?*]', name)
    header = content_disposition(text)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_the_header_names_the_file_for_old_and_new_readers() -> None:
    header = content_disposition("Grüße – Prüfplan.pdf")
    message = EmailMessage()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert unquote(header.rpartition("UTF-8''")[2]) == "Grüße – Prüfplan.pdf"
    assert 'filename="Grue  Prufplan.pdf";' in header


@pytest.mark.parametrize("sign", [" ", ".", "<", "a", "\u202e", "/", "\n"])
def test_long_inputs_end_soon(sign: str) -> None:
    started = time.perf_counter()
    content_disposition(sign * 100_000)
    with pytest.raises(Refused):
        sniff((sign * 100_000 + "\0").encode(), "a.txt")
    assert time.perf_counter() - started < 0.1


def test_only_pictures_are_shown_in_the_browser() -> None:
    assert download_headers("a.png", "image/png")["Content-Disposition"].startswith("inline")
    headers = download_headers("a.pdf", "application/pdf")
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")


def test_the_same_content_is_stored_once_and_read_back(tmp_path: Path) -> None:
    first = store(b"abc", tmp_path, "text/plain")
    # FIPS 180-2, appendix B.1
    assert first.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (first.size, first.media_type) == (3, "text/plain")
    assert store(b"abc", tmp_path).sha256 == first.sha256
    assert read_stored(first.sha256, tmp_path) == b"abc"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [path_of(first.sha256, tmp_path)]


def test_damage_is_seen_and_mended_by_storing_again(tmp_path: Path) -> None:
    stored = store(b"abc", tmp_path)
    path_of(stored.sha256, tmp_path).write_bytes(b"abd")
    assert not verify(stored.sha256, tmp_path)
    with pytest.raises(Refused, match="damaged"):
        read_stored(stored.sha256, tmp_path)
    store(b"abc", tmp_path)
    assert verify(stored.sha256, tmp_path)
    path_of(stored.sha256, tmp_path).unlink()
    with pytest.raises(Refused, match="missing"):
        read_stored(stored.sha256, tmp_path)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store(b"abc", tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("text", ["../../etc/passwd", "", "BA78" * 16, "g" * 64])
def test_only_a_hash_leads_to_a_file(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        path_of(text, tmp_path)
