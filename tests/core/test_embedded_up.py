"""One command, one terminal: what dies comes back, what is stopped is gone, and the data stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psycopg2
import pytest

from apps.core.embedded.paths import REPOSITORY, run_directory
from tests.support.stack import Stack, free_port

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded default in an empty folder, as on a newcomer's machine."""
    running = Stack(home=tmp_path_factory.mktemp("own"), database=None)
    running.start(timeout=180)
    yield running
    running.stop()


def wait_for(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def database_answers(own: Stack) -> bool:
    try:
        own.owner().close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.mark.parametrize("service", ["web", "worker", "relay", "redis", "postgres"])
def test_a_killed_service_comes_back(own: Stack, service: str) -> None:
    killed = own.kill(service)
    wait_for(lambda: own.pids()[service] != killed)
    own.wait_ready(timeout=30)
    wait_for(lambda: database_answers(own))
    assert set(own.pids()) == {"web", "worker", "relay", "redis", "postgres"}
    wait_for(lambda: killed not in own.processes())


def test_a_second_start_is_refused_in_one_sentence(own: Stack) -> None:
    command = [sys.executable, str(REPOSITORY / "manage.py"), "up", "--port", str(free_port())]
    second = subprocess.run(command, env=own.env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert len(second.stderr.strip().splitlines()) == 1


def test_ctrl_c_stops_everything_and_the_data_stays(own: Stack) -> None:
    with own.owner() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES ('kept')")
    assert own.process is not None
    own.process.send_signal(signal.SIGINT)
    assert own.process.wait(60) == 0
    assert own.processes() == {}
    assert not (run_directory(own.home) / "state.json").exists()
    own.start()
    with own.owner() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM auth_group WHERE name = 'kept'")
        assert cursor.fetchone() == (1,)


def test_a_killed_supervisor_leaves_nothing_behind_and_the_next_start_is_normal(own: Stack) -> None:
    assert own.process is not None
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait()
    wait_for(lambda: own.processes() == {}, seconds=40)
    own.start()


def test_the_output_tells_each_step_and_the_address(own: Stack) -> None:
    wait_for(lambda: "Ctrl-C stops it" in (own.home / "up.log").read_text())
    words = (own.home / "up.log").read_text()
    assert "[1/6] Starting PostgreSQL … " in words
    assert "[6/6] Starting the web server … " in words
    assert f"opsplatform runs at {own.url}" in words
    assert "Traceback" not in words
