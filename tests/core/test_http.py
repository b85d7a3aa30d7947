"""The outbound client against hostile addresses, resolvers and servers; nothing here leaves the machine."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.core.errors import Refused
from apps.core.http import client, is_public, request

PUBLIC = "93.184.215.14"


class Net:
    """A resolver and a dialler that record what they are asked; the far end is a thread on a socket pair."""

    def __init__(self, answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", hosts: Any = None) -> None:
        self.answer = answer
        self.hosts: dict[str, list[str]] = hosts or {}
        self.resolved: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.received = b""
        self.pause, self.piece = 0.0, 1 << 16
        self.tls: ssl.SSLContext | None = None

    def resolve(self, host: str, port: int) -> list[str]:
        self.resolved.append(host)
        if host in self.hosts:
            return self.hosts[host]
        # Forms of numbers the system reads as addresses; AI_NUMERICHOST asks no name server.
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except (OSError, UnicodeError):
            return []
        return [str(answer[4][0]) for answer in answers]

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialled.append((address, port))
        near, far = socket.socketpair()
        near.settimeout(timeout)
        threading.Thread(target=self._serve, args=(far,), daemon=True).start()
        return near

    def _serve(self, far: socket.socket) -> None:
        far.settimeout(2)
        with suppress(OSError), self.tls.wrap_socket(far, server_side=True) if self.tls else far as line:
            while b"\r\n\r\n" not in self.received and (piece := line.recv(65536)):
                self.received += piece
            for start in range(0, len(self.answer), self.piece):
                time.sleep(self.pause)
                line.sendall(self.answer[start : start + self.piece])

    def get(self, url: str, **options: Any) -> client.Response:
        options.setdefault("allow_http", True)
        return request(options.pop("method", "GET"), url, resolve=self.resolve, dial=self.dial, **options)


HOSTILE = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://192.0.0.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fc00::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://①②⑦.⓪.⓪.①/",
    "http://localhost/",
    "http://LOCALHOST./",
    "http://mixed.example/",
    "http://user@public.example/",
    "http://user:pw@public.example/",
    "http://public.example@127.0.0.1/",
    "http://public.example:22/",
    "http://public.example:6379/",
    "http://public.example:0/",
    "http://public.example:99999/",
    "http://public.example:x/",
    "https:public.example",
    "https:///public.example",
    "//public.example/",
    "ftp://public.example/",
    "file:///etc/passwd",
    "gopher://public.example/",
    "javascript:alert(1)",
    "http://public.example\\@127.0.0.1/",
    "http://public.example /",
    "http://public.example/\r\nX: y",
    "http://public.example/a b",
    "http://[::1",
    "http://",
    "",
    "https://public.example/" + "a" * 3000,
]
HOSTS = {
    "public.example": [PUBLIC],
    "mixed.example": [PUBLIC, "127.0.0.1"],
    "localhost": ["127.0.0.1"],
}


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_addresses_are_never_dialled(url: str) -> None:
    net = Net(hosts=HOSTS)
    with pytest.raises(Refused) as refused:
        net.get(url)
    assert net.dialled == []
    assert refused.value.code in ("url_not_allowed", "url_not_public", "url_unknown_host")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "localhost", "8.8.8.8%1", "fe80::1%lo", "203.0.113.9", "2001:db8::1"])
def test_everything_else_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_a_rebinding_resolver_is_asked_once_and_its_first_address_dialled() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    net = Net()
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    response = request("GET", "http://rebind.example/a?b=1", allow_http=True, resolve=rebinding, dial=net.dial)
    assert (asked, net.dialled) == (["rebind.example"], [(PUBLIC, 80)])
    assert (response.status, response.body, response.ok) == (200, b"ok", True)
    assert net.received.startswith(b"GET /a?b=1 HTTP/1.1\r\nHost: rebind.example\r\n")


def test_redirects_are_shown_not_followed() -> None:
    net = Net(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", HOSTS)
    response = net.get("http://public.example/")
    assert (response.status, response.ok, len(net.dialled)) == (302, False, 1)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    net = Net(hosts=HOSTS)
    net.get("http://public.example/")
    assert net.dialled == [(PUBLIC, 80)]


def test_plain_http_needs_to_be_allowed_and_hosts_can_be_listed() -> None:
    net = Net(hosts=HOSTS)
    with pytest.raises(Refused, match="Start the address with https://"):
        net.get("http://public.example/", allow_http=False)
    with pytest.raises(Refused, match="allowed hosts"):
        net.get("http://public.example/", allowed_hosts=frozenset({"other.example"}))
    assert net.dialled == []
    assert net.get("http://public.example/", allowed_hosts=frozenset({"public.example"})).ok


def test_a_body_and_headers_are_sent_once() -> None:
    net = Net(hosts=HOSTS)
    net.get("http://public.example/in", method="POST", body=b"{}", headers={"Content-Type": "application/json"})
    assert b"Content-Type: application/json\r\n" in net.received
    assert b"Content-Length: 2\r\n" in net.received
    assert net.received.count(b"Host:") == 1


@pytest.mark.parametrize("header", [{"X": "a\r\nY: b"}, {"X\r\nY": "b"}, {"Host": "internal"}, {"X": "é"}, {"": "a"}])
def test_headers_cannot_smuggle(header: dict[str, str]) -> None:
    net = Net(hosts=HOSTS)
    with pytest.raises(Refused, match="cannot be sent"):
        net.get("http://public.example/", headers=header)
    assert net.dialled == []


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HEAD + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3_000_000, "url_answer_too_large"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK * 20 + b"0\r\n\r\n", "url_answer_too_large"),
        (HEAD + b"Connection: close\r\n\r\n" + b"x" * 2_000_000, "url_answer_too_large"),
        (HEAD + b"X: " + b"y" * 200_000 + b"\r\n\r\n", "url_unreachable"),
        (HEAD + b"X: y\r\n" * 500 + b"\r\n", "url_unreachable"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "url_unreachable"),
        (b"", "url_unreachable"),
    ],
)
def test_hostile_answers_are_cut(answer: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        Net(answer, HOSTS).get("http://public.example/")
    assert refused.value.code == code


def test_an_answer_of_one_megabyte_is_taken_and_only_a_little_shown() -> None:
    body = b"\x1b[31m" + b"x" * ((1 << 20) - 5)
    response = Net(HEAD + b"Content-Length: 1048576\r\n\r\n" + body, HOSTS).get("http://public.example/")
    assert len(response.body) == 1 << 20
    assert len(response.excerpt) == 200
    assert "\x1b" not in response.excerpt


@pytest.mark.parametrize("answer", [HEAD + b"X: " + b"y" * 60, HEAD + b"\r\n" + b"x" * 60], ids=["head", "body"])
def test_a_server_that_drips_is_cut_at_the_total_time(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "TOTAL_SECONDS", 0.5)
    net = Net(answer, HOSTS)
    net.pause, net.piece = 0.1, 1
    started = time.monotonic()
    with pytest.raises(Refused) as refused:
        net.get("http://public.example/")
    assert refused.value.code == "url_timeout"
    assert time.monotonic() - started < 1.5


def test_unknown_hosts_and_dead_addresses_are_told() -> None:
    with pytest.raises(Refused, match="is not known"):
        Net().get("http://nowhere.example/")

    def refuse(address: str, port: int, timeout: float) -> socket.socket:
        raise ConnectionRefusedError

    resolve: Callable[[str, int], list[str]] = Net(hosts=HOSTS).resolve
    with pytest.raises(Refused, match="cannot be reached"):
        request("GET", "https://public.example/", resolve=resolve, dial=refuse)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for public.example with its key, trusted by nobody until a test says so."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "public.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("public.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pair.pem"
    plain_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(plain_key + made.public_bytes(Encoding.PEM))
    return path


def _tls_net(certificate: Path, hosts: dict[str, list[str]]) -> tuple[Net, list[str | None]]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    asked: list[str | None] = []
    server.sni_callback = lambda line, name, context: asked.append(name)
    net = Net(hosts=hosts)
    net.tls = server
    return net, asked


def test_https_names_the_host_to_the_pinned_address(certificate: Path) -> None:
    net, asked = _tls_net(certificate, HOSTS)
    trusting = ssl.create_default_context(cafile=str(certificate))
    assert net.get("https://public.example/hook", tls=trusting).ok
    assert (asked, net.dialled) == (["public.example"], [(PUBLIC, 443)])
    assert b"Host: public.example\r\n" in net.received


def test_https_refuses_a_certificate_of_a_stranger_or_for_another_name(certificate: Path) -> None:
    net, _ = _tls_net(certificate, HOSTS)
    with pytest.raises(Refused) as refused:
        net.get("https://public.example/")
    assert (refused.value.code, net.received) == ("url_tls", b"")
    net, _ = _tls_net(certificate, {"other.example": [PUBLIC]})
    with pytest.raises(Refused) as refused:
        net.get("https://other.example/", tls=ssl.create_default_context(cafile=str(certificate)))
    assert (refused.value.code, net.received) == ("url_tls", b"")
