"""On a machine without shared semaphores the worker still works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.workers import has_semaphores, worker_command
from tests.support.stack import Stack

REFUSING = """
import _multiprocessing
class Refused:
    SEM_VALUE_MAX = 1
    def __init__(self, *arguments, **options):
        raise PermissionError(13, "Permission denied")
_multiprocessing.SemLock = Refused
try:
    import _billiard
    _billiard.SemLock = Refused
except ImportError:
    pass
"""


@pytest.fixture
def jail(tmp_path: Path) -> str:
    """Python starts here as on a machine without /dev/shm: every semaphore is refused."""
    (tmp_path / "sitecustomize.py").write_text(REFUSING)
    return str(tmp_path)


def test_a_machine_with_shared_memory_uses_processes() -> None:
    assert has_semaphores()
    assert "prefork" in worker_command(threads=False)


def test_refused_semaphores_are_noticed(jail: str) -> None:
    code = "from apps.core.embedded.workers import has_semaphores; print(has_semaphores())"
    environment = {"PYTHONPATH": f"{jail}:{REPOSITORY}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.slow
def test_without_semaphores_the_platform_comes_up_with_its_worker(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, jail: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", jail)
    running = Stack(home=tmp_path_factory.mktemp("jail"), database=None)
    try:
        running.start(timeout=180)
        words = (running.home / "up.log").read_text()
        assert "the worker uses threads" in words
        assert set(running.pids()) == {"web", "worker", "relay", "redis", "postgres"}
        assert "Traceback" not in words
    finally:
        running.stop()
