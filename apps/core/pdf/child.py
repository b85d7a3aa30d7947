"""The only process that ever loads WeasyPrint: JSON comes in, a PDF goes out, no address but `asset:` and `data:` opens."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Any

from apps.core.sandbox import confine

LONGEST_SHOWN = 100


def make_pdf(order: dict[str, Any]) -> tuple[bytes, list[str]]:
    """The file and the addresses that were denied."""
    os.environ["SOURCE_DATE_EPOCH"] = str(order["created"])
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    assets = {name: base64.b64decode(content) for name, content in order["assets"].items()}
    denied: list[str] = []

    class HandedAssets(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            if not url.startswith("asset:"):
                denied.append(url[:LONGEST_SHOWN])
                raise ValueError("only assets are served")
            name = url.removeprefix("asset:")
            if name not in assets:
                raise FatalURLFetchingError(f"asset {name[:LONGEST_SHOWN]!r} was not handed over")
            return URLFetcherResponse(url, assets[name], {"Content-Type": _media_type(name)})

    fetcher = HandedAssets(allowed_protocols={"data"}, allow_redirects=False)
    document = HTML(string=order["html"], base_url="asset:", url_fetcher=fetcher).render(pdf_variant=order["variant"])
    document.metadata.title = order["title"]
    document.metadata.lang = order["lang"]
    document.metadata.created = datetime.fromtimestamp(order["created"], UTC).isoformat()
    document.metadata.attachments = []
    content: bytes = document.write_pdf(pdf_variant=order["variant"])
    return content, denied


def _media_type(name: str) -> str:
    kinds = {"css": "text/css", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "woff2": "font/woff2"}
    return kinds.get(name.rpartition(".")[2], "application/octet-stream")


def main() -> None:
    confine(sys.argv[1:])
    for name in ("weasyprint", "fontTools"):
        logging.getLogger(name).setLevel(logging.ERROR)
    content, denied = make_pdf(json.load(sys.stdin.buffer))
    sys.stdout.buffer.write(json.dumps({"denied": denied}).encode() + b"\n" + content)


if __name__ == "__main__":
    main()
