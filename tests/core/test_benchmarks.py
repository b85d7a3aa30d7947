"""Each benchmark still runs, on very little data; figures are not judged here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from apps.core.embedded.paths import REPOSITORY
from benchmarks.__main__ import NAMES
from tests.support.stack import NOT_INHERITED

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_prints_goal_and_verdict(name: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in NOT_INHERITED | {"OPS_HOME"}}
    command = [sys.executable, "-m", "benchmarks", name, "--seed", "XS", "--no-save"]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"{name}, size XS" in done.stdout
    assert "verdict" in done.stdout
    assert "met" in done.stdout or "missed" in done.stdout


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    command = [sys.executable, "-m", "benchmarks", "nonsense"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "choose from ingest" in done.stderr
