"""Keeps the platform's processes running in one terminal: readiness, prefixed output, restarts, an orderly stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apps.core.embedded.identity import Identity, child_setup
from apps.core.errors import Refused

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
STEADY_SECONDS = 10.0
LONGEST_LOG = 20_000_000
COLOURS = {"web": "36", "worker": "33", "relay": "35", "postgres": "34", "redis": "31"}


def say(text: str, *, end: str = "\n") -> None:
    """Speak to the person at the terminal, at once."""
    sys.stdout.write(text + end)
    sys.stdout.flush()


@dataclass(frozen=True, kw_only=True)
class Service:
    """A process that must always run. `ready` is asked until it says yes; a server speaks only into its log."""

    name: str
    command: list[str]
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 120.0
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0
    is_server: bool = False
    identity: Identity | None = None
    directory: str = "."


@dataclass
class _Running:
    service: Service
    process: asyncio.subprocess.Process
    started: float
    reader: asyncio.Task[None]
    failures: int = 0


@dataclass
class Supervisor:
    """Starts services in order and stops the servers last; children die with it, even by kill -9.

    Until `speaking` is set, output goes to the logs only, so that the progress lines stay readable.
    """

    environment: Mapping[str, str]
    logs: Path
    state_file: Path
    notes: dict[str, str | int] = field(default_factory=dict)
    speaking: bool = False
    _running: dict[str, _Running] = field(default_factory=dict)
    _watchers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def listen_for_signals(self) -> None:
        """The first signal stops in order, the second at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            return
        for running in self._running.values():
            _signal_group(running.process.pid, signal.SIGKILL)
        os._exit(130)

    async def run(self, label: str, command: list[str], *, environment: Mapping[str, str] | None = None) -> list[str]:
        """Run a command to its end and return its lines; refuse with its last words when it fails."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**self.environment, **(environment or {})},
            preexec_fn=child_setup(death_signal=signal.SIGTERM),
            start_new_session=True,
        )
        output = asyncio.ensure_future(process.communicate())
        stop = asyncio.ensure_future(self.stopping.wait())
        await asyncio.wait({output, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not output.done():
            _signal_group(process.pid, signal.SIGTERM)
        text = (await output)[0].decode(errors="replace")
        stop.cancel()
        (self.logs / f"{label}.log").write_text(text)
        if self.stopping.is_set():
            raise Refused("Stopped before the start was complete.", code="stopped")
        if process.returncode:
            words = [line for line in text.splitlines() if line.strip()] or ["it gave no reason"]
            raise Refused(f"{label} failed: {words[-1]} (all of it: {self.logs / label}.log)", code="step_failed")
        return text.splitlines()

    async def start(self, service: Service) -> None:
        """Start a service, wait until it is ready, then keep it running."""
        await self._spawn(service)
        await self._wait_ready(service)
        self._watchers[service.name] = asyncio.ensure_future(self._keep(service))

    async def _spawn(self, service: Service, failures: int = 0) -> None:
        process = await asyncio.create_subprocess_exec(
            *service.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**self.environment, "OPS_ROLE": service.name},
            cwd=service.directory,
            preexec_fn=child_setup(death_signal=service.stop_signal, identity=service.identity),
            start_new_session=True,
        )
        reader = asyncio.ensure_future(self._copy_output(service, process))
        self._running[service.name] = _Running(service, process, time.monotonic(), reader, failures)
        self._write_state()

    async def _wait_ready(self, service: Service) -> None:
        deadline = time.monotonic() + service.ready_seconds
        while service.ready and not await asyncio.to_thread(service.ready):
            if self.stopping.is_set():
                raise Refused("Stopped before the start was complete.", code="stopped")
            running = self._running[service.name]
            if running.process.returncode is not None:
                await running.reader
                raise Refused(f"{service.name} ended at once: {self._last_words(service.name)}", code="service_ended")
            if time.monotonic() > deadline:
                raise Refused(
                    f"{service.name} is not ready after {service.ready_seconds:.0f} s: "
                    f"{self._last_words(service.name)} (see {self.logs / service.name}.log)",
                    code="not_ready",
                )
            await asyncio.sleep(0.05)

    async def _keep(self, service: Service) -> None:
        while True:
            running = self._running[service.name]
            code = await _exit_code(running.process)
            if self.stopping.is_set():
                return
            _signal_group(running.process.pid, signal.SIGKILL)
            steady = time.monotonic() - running.started > STEADY_SECONDS
            failures = 1 if steady else running.failures + 1
            pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
            self._say(service.name, f"ended ({_ending(code)}), starting again in {pause:g} s")
            await asyncio.sleep(pause)
            await self._spawn(service, failures)

    async def stop(self) -> None:
        """Stop the platform's own processes together, then the servers they used, the first started last."""
        self.stopping.set()
        self.speaking = False
        for watcher in self._watchers.values():
            watcher.cancel()
        everything = list(self._running.values())
        await asyncio.gather(*(self._end(running) for running in everything if not running.service.is_server))
        for running in reversed(everything):
            await self._end(running)
        self.state_file.unlink(missing_ok=True)

    async def _end(self, running: _Running) -> None:
        """Ask it to stop; what does not end in its time is killed."""
        if running.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                running.process.send_signal(running.service.stop_signal)
            try:
                await asyncio.wait_for(_exit_code(running.process), running.service.stop_seconds)
            except TimeoutError:
                self._say(running.service.name, "did not stop in time and was ended")
        _signal_group(running.process.pid, signal.SIGKILL)
        await _exit_code(running.process)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(running.reader, 2)

    async def _copy_output(self, service: Service, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        path = self.logs / f"{service.name}.log"
        while chunk := await process.stdout.readline():
            if path.exists() and path.stat().st_size > LONGEST_LOG:
                path.replace(path.with_suffix(".log.1"))
            with path.open("ab") as log:
                log.write(chunk)
            if self.speaking and not service.is_server:
                self._say(service.name, chunk.decode(errors="replace").rstrip())

    def _say(self, name: str, line: str) -> None:
        prefix = f"{name:<8} | "
        if sys.stdout.isatty():
            prefix = f"\033[{COLOURS.get(name, '37')}m{prefix}\033[0m"
        say(prefix + line)

    def _last_words(self, name: str) -> str:
        try:
            lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return next((line for line in reversed(lines) if line.strip()), "it gave no reason")

    def _write_state(self) -> None:
        services = {name: running.process.pid for name, running in self._running.items()}
        draft = self.state_file.with_suffix(".draft")
        draft.write_text(json.dumps({"supervisor": os.getpid(), "services": services, **self.notes}, indent=1))
        draft.replace(self.state_file)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


async def _exit_code(process: asyncio.subprocess.Process) -> int:
    """Process.wait() would also wait for orphans that still hold the output pipe."""
    while process.returncode is None:
        await asyncio.sleep(0.05)
    return process.returncode


def _ending(code: int) -> str:
    if code < 0:
        return f"by signal {signal.Signals(-code).name}"
    return f"exit code {code}"
