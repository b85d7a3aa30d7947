"""The running platform as a user has it: `manage.py up` on a database of its own, for browser and chaos tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2

from apps.core.embedded.environment import embedded_variables, redis_url
from apps.core.embedded.keyring import ensure_keyring
from apps.core.embedded.paths import REPOSITORY, run_directory
from apps.core.embedded.platform import answers
from tests.support.databases import RunDatabase, app_url, owner_url

START_SECONDS = 90
OWN_SERVERS = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "OPS_SECRET_KEY", "OPS_TOKEN_PEPPER"}
NOT_INHERITED = OWN_SERVERS | {"DJANGO_ALLOW_ASYNC_UNSAFE", "OPS_STEPS_DONE"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Stack:
    """Web, worker, relay and Redis under the real supervisor; without a copy of the template it brings PostgreSQL too."""

    home: Path
    database: RunDatabase | None
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """What a process needs to belong to this stack."""
        variables = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        variables |= {"OPS_HOME": str(self.home), "OPS_BASE_URL": self.url}
        if self.database is None:
            return variables | embedded_variables(self.home, ensure_keyring(self.home))
        urls = {"DATABASE_URL": app_url(self.database.name), "DATABASE_OWNER_URL": owner_url(self.database.name)}
        return variables | urls | {"REDIS_URL": redis_url(self.home), "OPS_SECRET_KEY": os.environ["OPS_SECRET_KEY"]}

    def start(self, *, timeout: float = START_SECONDS) -> None:
        own = OWN_SERVERS if self.database is None else {"REDIS_URL"}
        outside_only = {name: value for name, value in self.env.items() if name not in own}
        command = [sys.executable, str(REPOSITORY / "manage.py"), "up", "--no-demo", "--port", str(self.port)]
        with (self.home / "up.log").open("wb") as log:
            self.process = subprocess.Popen(command, env=outside_only, stdout=log, stderr=log, cwd=REPOSITORY)
        self.wait_ready(timeout=timeout)

    def wait_ready(self, *, timeout: float = START_SECONDS) -> None:
        """Return when the ready page answers; the stack's own output is the error message otherwise."""
        deadline = time.monotonic() + timeout
        while not answers(f"{self.url}/-/ready"):
            ended = self.process is not None and self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"The stack is not ready:\n{(self.home / 'up.log').read_text(errors='replace')}")
            time.sleep(0.1)

    def pids(self) -> dict[str, int]:
        """Process ids by service: web, worker, relay, redis."""
        services: dict[str, int] = self._state()["services"]
        return services

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((run_directory(self.home) / "state.json").read_text())
        return state

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill one service as a crash would; the supervisor brings it back."""
        pid = self.pids()[name]
        os.kill(pid, number)
        return pid

    def kill_and_wait(self, name: str) -> None:
        """Kill one service and return when its successor serves; an orphan of the old one may still answer for a moment."""
        old = self.kill(name)
        deadline = time.monotonic() + START_SECONDS
        while self.pids().get(name, old) == old and time.monotonic() < deadline:
            time.sleep(0.1)
        self.wait_ready()

    def manage(self, *command: str, timeout: float = 300) -> str:
        """The output of a management command in this stack."""
        program = [sys.executable, str(REPOSITORY / "manage.py"), *command]
        done = subprocess.run(
            program, env=self.env, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=timeout
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def owner(self) -> psycopg2.extensions.connection:
        """A connection of the owner's role, which sees every row."""
        connection = psycopg2.connect(self.env["DATABASE_OWNER_URL"])
        connection.autocommit = True
        return connection

    def processes(self) -> dict[int, str]:
        """Every process that belongs to this stack, with its command line."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if f"OPS_HOME={self.home}\0".encode() in environment and int(entry.name) != os.getpid():
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def log(self, name: str) -> str:
        path = self.home / "log" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
