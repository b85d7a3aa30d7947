"""A small application inside our ASGI shell, to try the shell on the real server without Django's rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from opsplatform.asgi import Shell


def _digest(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    digest, size = hashlib.sha256(), 0
    while block := environ["wsgi.input"].read(65536):
        digest.update(block)
        size += len(block)
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Method", environ["REQUEST_METHOD"])])
    return [f"{size} {digest.hexdigest()}".encode()]


application = Shell(_digest)
