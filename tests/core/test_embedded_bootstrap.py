"""The first command on a strange machine ends well or ends with a sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apps.core.embedded.paths import REPOSITORY

NOWHERE = "http://127.0.0.1:9/simple"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files the bootstrap reads, without anything it made."""
    target = tmp_path / "checkout"
    (target / "frontend").mkdir(parents=True)
    for name in ("ops", "pyproject.toml", *(path.name for path in REPOSITORY.glob("requirements*.txt"))):
        shutil.copy2(REPOSITORY / name, target / name)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy2(REPOSITORY / "frontend" / name, target / "frontend" / name)
    return target


def ops(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it with a bare environment: no tools on the path, no package server, no cache."""
    empty = checkout.parent / "empty"
    empty.mkdir(exist_ok=True)
    environment = {"PATH": str(empty), "HOME": str(empty), "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}
    environment |= {"PIP_INDEX_URL": NOWHERE, "PIP_RETRIES": "0", "LANG": "C.UTF-8", **variables}
    command = [sys.executable, str(checkout / "ops"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=checkout)


def test_help_names_every_command(checkout: Path) -> None:
    done = ops(checkout)
    assert done.returncode == 0
    for command in ("up", "test", "setup", "lock", "backup", "restore", "verify", "doctor", "bench", "clean"):
        assert f"\n  {command} " in done.stdout


def test_an_unknown_command_is_named(checkout: Path) -> None:
    done = ops(checkout, "start")
    assert done.returncode == 1
    assert "There is no command start" in done.stderr


def test_without_the_module_for_environments_the_package_is_named(checkout: Path) -> None:
    broken = checkout.parent / "broken"
    broken.mkdir()
    (broken / "venv.py").write_text("raise ImportError('no venv here')\n")
    done = ops(checkout, "setup", PYTHONPATH=str(broken))
    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "-venv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.slow
def test_without_a_network_the_first_run_says_so_and_stamps_nothing(checkout: Path) -> None:
    done = ops(checkout, "up")
    assert done.returncode == 1
    assert "The first run needs the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((checkout / ".venv").glob("*.stamp"))


def test_the_locks_hold_hashes_and_no_addresses() -> None:
    for path in REPOSITORY.glob("requirements*.txt"):
        text = path.read_text()
        assert "://" not in text, path.name
        assert text.count("--hash=sha256:") >= text.count("=="), path.name
    packages = json.loads((REPOSITORY / "frontend" / "package-lock.json").read_text())["packages"]
    assert len(packages) > 3
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert name == "" or package["integrity"].startswith("sha512-"), name
