"""Runs a risky parser or renderer as a child with limits, so that a bad file can hurt nobody but its own process."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ERROR_TAIL = 2000
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "SOURCE_DATE_EPOCH", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one child may use; `output_mb` bounds every file it writes."""

    memory_mb: int
    cpu_seconds: int
    wall_seconds: float
    output_mb: int = 256


class ChildFailed(Exception):
    """The child ended without a result; `timed_out` tells a limit of time, `detail` is for the log, not for users."""

    def __init__(self, detail: str, *, timed_out: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.timed_out = timed_out


def run_child(module: str, *arguments: str, stdin: bytes, limits: Limits) -> bytes:
    """Standard output of `python -m module`, which must call `confine` first; raises ChildFailed otherwise."""
    numbers = [str(limits.memory_mb), str(limits.cpu_seconds), str(limits.output_mb)]
    with tempfile.TemporaryDirectory(prefix="ops-child-") as folder, tempfile.TemporaryFile() as output:
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= {"PYTHONPATH": str(ROOT), "HOME": folder, "TMPDIR": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        child = subprocess.Popen(
            [sys.executable, "-m", module, *numbers, *arguments],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            _, errors = child.communicate(stdin, timeout=limits.wall_seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed(f"{module} took longer than {limits.wall_seconds} s", timed_out=True) from None
        finally:
            _end(child)
        if child.returncode != 0:
            tail = errors.decode(errors="replace")[-ERROR_TAIL:]
            timed_out = child.returncode in (-signal.SIGXCPU, -signal.SIGKILL)
            raise ChildFailed(f"{module} ended with {child.returncode}: {tail}", timed_out=timed_out)
        output.seek(0)
        return output.read()


def confine(arguments: list[str]) -> list[str]:
    """Called first inside the child: takes the limits off the arguments and puts them on itself."""
    memory, cpu, output = (int(number) for number in arguments[:3])
    resource.setrlimit(resource.RLIMIT_AS, (memory << 20, memory << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (output << 20, output << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(10)
    return arguments[3:]


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stderr is not None:
        child.stderr.close()
