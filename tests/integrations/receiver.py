"""A system outside: a small HTTP server that keeps what it is sent and answers as told, reached by the real client."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from apps.core.http import client

PUBLIC = "93.184.215.14"


@dataclass
class Seen:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers per path: a status, or a function of the request."""

    answers: dict[str, Any] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    pause: float = 0.0
    dialled: list[str] = field(default_factory=list)

    def __enter__(self) -> Receiver:
        outer = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append(Seen(self.path, headers, body))
                time.sleep(outer.pause)
                answer = outer.answers.get(self.path, 200)
                status, place = answer if isinstance(answer, tuple) else (answer, "")
                self.send_response(status)
                if place:
                    self.send_header("Location", place)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.server.shutdown()
        self.server.server_close()

    def resolve(self, host: str, port: int) -> list[str]:
        known = {"example.org": [PUBLIC], "inside.example": ["10.0.0.7"]}
        return known.get(host) or client.resolve_by_system(host, port)

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialled.append(address)
        assert address == PUBLIC, "only the public address is ever dialled"
        return socket.create_connection(("127.0.0.1", self.server.server_port), timeout=timeout)

    def request(self) -> Any:
        """The real client, with the name service and the wire of this machine."""
        return partial(client.request, resolve=self.resolve, dial=self.dial, allow_http=True)
