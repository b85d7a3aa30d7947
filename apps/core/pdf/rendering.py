"""Hands HTML and its assets to the PDF child and takes back the file, or says plainly why there is none."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from apps.core.errors import Refused
from apps.core.sandbox import ChildFailed, Limits, run_child

MAX_TABLE_ROWS = 1500
MAX_HTML = 8 << 20
LIMITS = Limits(memory_mb=1536, cpu_seconds=120, wall_seconds=180, output_mb=64)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)


class PdfFailed(Exception):
    """The renderer broke on content of normal size: a bug of ours. The detail is for the log."""


def render(
    html: str,
    *,
    title: str,
    lang: str = "en",
    assets: Mapping[str, bytes] | None = None,
    variant: str = "pdf/ua-1",
    created: datetime = EPOCH,
    limits: Limits = LIMITS,
) -> bytes:
    """The PDF of `html`, the same bytes for the same input.

    assets: what `asset:<name>` in the HTML or CSS stands for; data: addresses work too, every other one is denied.
    created: the moment the file carries; give the report's own, never the clock, so that a second run is identical.
    Refuses content too large to lay out within `limits`; raises PdfFailed where the content is not to blame.
    """
    if len(html) > MAX_HTML:
        raise _too_large("")
    order = {
        "html": html,
        "title": title,
        "lang": lang,
        "variant": variant,
        "created": int(created.timestamp()),
        "assets": {name: base64.b64encode(content).decode() for name, content in (assets or {}).items()},
    }
    try:
        answer = run_child("apps.core.pdf.child", stdin=json.dumps(order).encode(), limits=limits)
    except ChildFailed as failure:
        raise _explained(failure) from None
    head, _, content = answer.partition(b"\n")
    denied = json.loads(head)["denied"]
    if denied:
        log.warning("pdf: %d addresses denied, first %r", len(denied), denied[0])
    if not content.startswith(b"%PDF-") or not content.rstrip().endswith(b"%%EOF"):
        raise PdfFailed("the child wrote no whole file")
    return content


def _explained(failure: ChildFailed) -> Exception:
    detail = failure.detail
    if failure.timed_out or any(word in detail for word in ("MemoryError", "RecursionError", "ended with -6")):
        return _too_large(detail)
    if "cannot load library" in detail or "No module named 'weasyprint'" in detail:
        return Refused(
            "PDFs are off on this server, because the Pango library is missing. Ask an administrator to run "
            "./ops doctor, or download the table as XLSX.",
            code="pdf_unavailable",
        )
    return PdfFailed(detail)


def _too_large(detail: str) -> Refused:
    return Refused(
        f"The report is too large for a PDF. Narrow its period or filters to at most {MAX_TABLE_ROWS} rows, "
        "or download the table as XLSX.",
        code="pdf_too_large",
        details={"detail": detail[-300:]},
    )
