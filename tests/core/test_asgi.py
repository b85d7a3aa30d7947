"""The shell between the web server and Django: bodies of every size arrive whole."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.platform import answers
from tests.support.stack import free_port

BIG = 11_000_000


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--no-ws",
        "--port",
        str(number),
        "--workers",
        "1",
    ]
    server = subprocess.Popen([*command, "tests.support.echo:application"], cwd=REPOSITORY, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not answers(f"http://127.0.0.1:{number}/"):
        assert server.poll() is None and time.monotonic() < deadline, "granian did not start"
        time.sleep(0.05)
    yield number
    server.terminate()
    server.wait(20)


def ask(port: int, method: str, body: object = None) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, "/", body=body)  # type: ignore[arg-type]
    answer = connection.getresponse()
    return answer.status, answer.headers["X-Method"], answer.read().decode()


def expected(body: bytes) -> str:
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}"


def test_a_page_without_a_body(port: int) -> None:
    assert ask(port, "GET") == (200, "GET", expected(b""))


def test_a_form_arrives(port: int) -> None:
    assert ask(port, "POST", b"name=Line+2") == (200, "POST", expected(b"name=Line+2"))


def test_an_upload_of_eleven_megabytes_arrives_whole(port: int) -> None:
    body = os.urandom(BIG)
    assert ask(port, "POST", body) == (200, "POST", expected(body))


def test_an_upload_in_chunks_without_a_length_arrives_whole(port: int) -> None:
    blocks = [os.urandom(70_001) for _ in range(20)]
    assert ask(port, "POST", iter(blocks)) == (200, "POST", expected(b"".join(blocks)))


def test_many_uploads_at_once_do_not_mix(port: int) -> None:
    bodies = [os.urandom(200_000 + number) for number in range(24)]
    with ThreadPoolExecutor(12) as pool:
        answers_in_order = list(pool.map(lambda body: ask(port, "POST", body)[2], bodies))
    assert answers_in_order == [expected(body) for body in bodies]
