"""Sends one request to a vetted public address and reads a bounded answer; redirects and proxies do not exist here."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from apps.core.errors import Refused
from apps.core.http.addresses import is_public

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MAX_ANSWER = 1 << 20
MAX_URL = 2000
PORTS = {"https": frozenset({443, 8443}), "http": frozenset({80, 8080})}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)

Resolve = Callable[[str, int], list[str]]
Dial = Callable[[str, int, float], socket.socket]


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: `body` holds at most 1 MB. Show people no more of it than `excerpt`."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def excerpt(self) -> str:
        text = self.body[:200].decode("utf-8", "replace")
        return "".join(sign if sign.isprintable() else " " for sign in text)


def resolve_by_system(host: str, port: int) -> list[str]:
    """Every address the system's resolver gives for `host`."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def dial_by_system(address: str, port: int, timeout: float) -> socket.socket:
    """A connection to exactly this address."""
    return socket.create_connection((address, port), timeout=timeout)


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    allow_http: bool = False,
    allowed_hosts: frozenset[str] | None = None,
    resolve: Resolve = resolve_by_system,
    dial: Dial = dial_by_system,
    tls: ssl.SSLContext | None = None,
) -> Response:
    """One exchange. Refuses an address that is not public, and an answer that is slow, large or none at all.

    The name is resolved once, every answer must be public, and that very address is dialled with the name in
    SNI and Host: a second answer of the resolver is never asked for. A redirect is returned, never followed.
    allowed_hosts: when given, the only host names that may be called. `resolve` and `dial` are for tests.
    """
    parts, host, port = check_url(url, allow_http=allow_http, allowed_hosts=allowed_hosts)
    sent = _checked_headers(method, headers or {})
    address = _vetted_address(host, port, resolve)
    cut = threading.Event()
    try:
        with dial(address, port, CONNECT_SECONDS) as plain, _line(plain, parts, host, tls, cut) as line:
            return _exchange(line, method, parts, headers=sent, body=body)
    except ssl.SSLCertVerificationError:
        raise Refused(f"The certificate of {host} is not trusted. Ask its owner to renew it.", code="url_tls") from None
    except (OSError, http.client.HTTPException) as error:
        if cut.is_set() or isinstance(error, TimeoutError):
            raise Refused(f"{host} did not answer in time. Try again later.", code="url_timeout") from None
        raise Refused(f"{host} cannot be reached. Check the address.", code="url_unreachable") from None


@contextmanager
def _line(
    plain: socket.socket, parts: SplitResult, host: str, tls: ssl.SSLContext | None, cut: threading.Event
) -> Iterator[socket.socket]:
    """The line to talk on, cut at the total time: a server that sends a byte now and then outlives any timeout."""
    line = plain
    if parts.scheme == "https":
        context = tls or ssl.create_default_context()
        line = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)

    def end() -> None:
        cut.set()
        with suppress(OSError):
            socket.socket.shutdown(line, socket.SHUT_RDWR)

    timer = threading.Timer(TOTAL_SECONDS, end)
    timer.daemon = True
    with line:
        timer.start()
        try:
            line.settimeout(CONNECT_SECONDS)
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            line.settimeout(TOTAL_SECONDS)
            yield line
            if cut.is_set():
                raise TimeoutError
        finally:
            timer.cancel()


def check_url(
    url: str, *, allow_http: bool = False, allowed_hosts: frozenset[str] | None = None
) -> tuple[SplitResult, str, int]:
    """The parts, host and port of an address that may be called; for saving one before it is ever used."""
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _bad("Write the address without spaces or special letters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _bad("Check the host and port of the address.") from None
    schemes = ("https", "http") if allow_http else ("https",)
    if parts.scheme not in schemes or not url.lower().startswith(f"{parts.scheme}://"):
        raise _bad(f"Start the address with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    if "@" in parts.netloc:
        raise _bad("Leave user name and password out of the address.")
    host = (parts.hostname or "").rstrip(".")
    if not host or len(host) > 253 or "%" in host:
        raise _bad("Name a host in the address.")
    if allowed_hosts is not None and host not in allowed_hosts:
        raise Refused(f"{host} is not on the list of allowed hosts. Ask an administrator to add it.", code="url_host")
    if _lies_inside(host):
        raise _not_public(host)
    port = port if port is not None else (443 if parts.scheme == "https" else 80)
    if port not in PORTS[parts.scheme]:
        allowed = " or ".join(map(str, sorted(PORTS[parts.scheme])))
        raise _bad(f"Use port {allowed}.")
    return parts, host, port


def _vetted_address(host: str, port: int, resolve: Resolve) -> str:
    try:
        addresses = resolve(host, port)
    except (OSError, UnicodeError):
        addresses = []
    if not addresses:
        raise Refused(f"{host} is not known. Check the spelling of the address.", code="url_unknown_host")
    if not all(map(is_public, addresses)):
        raise _not_public(host)
    return addresses[0]


def _not_public(host: str) -> Refused:
    return Refused(
        f"{host} does not lie on the public Internet. Use a public address.", code="url_not_public", field="url"
    )


def _lies_inside(host: str) -> bool:
    """Whether the host itself says so, before any name is looked up; numbers in every spelling resolvers take."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    if ":" in host:
        return not is_public(host)
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False


def _checked_headers(method: str, headers: Mapping[str, str]) -> dict[str, str]:
    if method not in METHODS:
        raise ValueError(f"method {method!r} is not offered")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in OURS or not value.isascii() or not value.isprintable():
            raise Refused(f"The header {name[:40]!r} cannot be sent. Remove it.", code="url_header")
    return dict(headers)


def _exchange(
    line: socket.socket, method: str, parts: SplitResult, *, headers: dict[str, str], body: bytes
) -> Response:
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = line
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(
        method, path, body=body or None, headers={"User-Agent": "opsplatform", "Connection": "close"} | headers
    )
    answer = connection.getresponse()
    content = b"" if method == "HEAD" else answer.read(MAX_ANSWER + 1)
    if len(content) > MAX_ANSWER:
        raise Refused("The answer is larger than 1 MB. Ask for less.", code="url_answer_too_large")
    return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)


def _bad(advice: str) -> Refused:
    return Refused(f"This address cannot be called. {advice}", code="url_not_allowed", field="url")
