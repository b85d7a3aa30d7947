"""A small real SMTP server that keeps what it is sent, refuses chosen addresses, and can be switched off."""

from __future__ import annotations

import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread


class _Talk(socketserver.StreamRequestHandler):
    server: Mailbox

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 sink ready")
        accepted = False
        while line := self.rfile.readline():
            word = line[:4].upper().strip()
            if word in {b"EHLO", b"HELO", b"MAIL", b"RSET", b"NOOP"}:
                self.say("250 fine")
            elif word == b"RCPT":
                address = line.decode().partition("<")[2].partition(">")[0]
                accepted = address not in self.server.refused
                self.say("250 fine" if accepted else "550 5.1.1 no such mailbox")
            elif word == b"DATA":
                self.say("354 go on")
                self.server.keep(self._body())
                self.say("250 kept")
            elif word == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("500 what")

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)


class Mailbox(socketserver.ThreadingTCPServer):
    """Use as a context manager; `mails` holds what arrived, oldest first."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.refused: set[str] = set()
        self.mails: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def keep(self, content: bytes) -> None:
        self.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]

    def __enter__(self) -> Mailbox:
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()
