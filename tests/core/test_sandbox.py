"""The confined child: limits bite, failures are told, nothing is left running."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from apps.core import sandbox
from apps.core.sandbox import ChildFailed, Limits, run_child

SCRIPT = """
import sys, os, time
from apps.core.sandbox import confine
what = confine(sys.argv[1:])[0]
if what == "echo": sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])
if what == "memory": bytearray(2 << 30)
if what == "spin":
    while True: pass
if what == "sleep": time.sleep(60)
if what == "write": sys.stdout.buffer.write(b"x" * (8 << 20)); sys.stdout.flush()
if what == "environment": sys.stdout.write(" ".join(sorted(os.environ)))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    (tmp_path / "probe_child.py").write_text(SCRIPT)
    monkeypatch.setattr(sandbox, "ROOT", f"{sandbox.ROOT}{os.pathsep}{tmp_path}")

    def act(what: str, stdin: bytes = b"") -> bytes:
        limits = Limits(memory_mb=512, cpu_seconds=1, wall_seconds=3, output_mb=4)
        return run_child("probe_child", what, stdin=stdin, limits=limits)

    return act


def test_gives_the_output(run) -> None:  # type: ignore[no-untyped-def]
    assert run("echo", b"abc") == b"cba"


@pytest.mark.parametrize(("what", "timed_out"), [("memory", False), ("spin", True), ("sleep", True), ("write", False)])
def test_limits_end_the_child(run, what: str, timed_out: bool) -> None:  # type: ignore[no-untyped-def]
    started = time.monotonic()
    with pytest.raises(ChildFailed) as failed:
        run(what)
    assert failed.value.timed_out is timed_out
    assert time.monotonic() - started < 8


def test_secrets_of_the_parent_stay_there(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert b"DATABASE_URL" not in run("environment")
