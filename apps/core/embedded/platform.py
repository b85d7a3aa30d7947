"""The whole platform in one terminal: servers, migrations, demo company, web, worker and relay, in this order."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from django.core.management import get_commands

from apps.core.embedded import broker, database, paths, postgres
from apps.core.embedded.environment import DATABASE_NAME, embedded_variables, is_set, postgres_url
from apps.core.embedded.identity import server_identity
from apps.core.embedded.keyring import ensure_keyring
from apps.core.embedded.supervisor import Service, Supervisor, say
from apps.core.embedded.workers import NO_SEMAPHORES, has_semaphores, worker_command
from apps.core.errors import Refused
from apps.core.invariants import needs_migration

Result = TypeVar("Result")
FIRST_PORT, LAST_PORT = 8000, 8020
STEPS = 6


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the caller of `up` asked for."""

    port: int | None = None
    host: str = "127.0.0.1"
    demo: bool | None = None


class Progress:
    """One line per step; the bootstrap script tells how many steps it already showed."""

    def __init__(self) -> None:
        self.done = int(os.environ.get("OPS_STEPS_DONE", "0"))
        self.total = self.done + STEPS

    async def show(self, words: str, work: Awaitable[Result]) -> Result:
        self.done += 1
        started = time.monotonic()
        say(f"[{self.done}/{self.total}] {words} … ", end="")
        try:
            result = await work
        except BaseException:
            say("stopped")
            raise
        say(f"{time.monotonic() - started:.1f} s")
        return result


def lock_home(home: Path, name: str = "up.lock") -> IO[str]:
    """Hold this checkout for one supervisor (or one restore) at a time."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / name).open("a")
    except PermissionError:
        raise postgres.foreign_owner(home) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            f"The platform already runs from {home}. Stop it with Ctrl-C in its terminal, or use that one.",
            code="already_running",
        ) from None
    return lock


def choose_port(wishes: Wishes) -> int:
    """The wanted port, or the first free one from 8000 up."""
    if wishes.port is not None:
        if not _is_free(wishes.host, wishes.port):
            raise Refused(
                f"Port {wishes.port} is in use. Leave --port away to take a free one, or name another.",
                code="port_busy",
            )
        return wishes.port
    for port in range(FIRST_PORT, LAST_PORT + 1):
        if _is_free(wishes.host, port):
            return port
    raise Refused(f"Ports {FIRST_PORT} to {LAST_PORT} are all in use. Name a free one with --port.", code="port_busy")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Refused(f"Port {port} needs root. Choose one above 1024 with --port.", code="port_refused") from None
        except OSError:
            return False
    return True


class Platform:
    """One run of `up`."""

    def __init__(self, *, home: Path, wishes: Wishes) -> None:
        self.home, self.wishes = home, wishes
        self.port = choose_port(wishes)
        self.url = os.environ.get("OPS_BASE_URL") or f"http://localhost:{self.port}"
        self.progress = Progress()
        self.starting: list[asyncio.Future[None]] = []
        keyring = ensure_keyring(home)
        self.cluster = postgres.Cluster(home=home, password=keyring.postgres)
        own = embedded_variables(home, keyring)
        self.own_database = os.environ["DATABASE_URL"] == own["DATABASE_URL"]
        self.own_redis = os.environ["REDIS_URL"] == own["REDIS_URL"]
        logs = home / "log"
        logs.mkdir(parents=True, exist_ok=True)
        run = paths.private_directory(paths.run_directory(home))
        hosts = os.environ.get("OPS_ALLOWED_HOSTS") or f"localhost,127.0.0.1,[::1],{self.wishes.host}"
        self.supervisor = Supervisor(
            environment={
                **os.environ,
                "OPS_BASE_URL": self.url,
                "OPS_ALLOWED_HOSTS": hosts,
                "OPS_HOME": str(home),
                "PYTHONUNBUFFERED": "1",
            },
            logs=logs,
            state_file=run / "state.json",
            notes={"url": self.url, "port": self.port},
        )

    async def run(self) -> None:
        """Start everything, say where it is, and stay until asked to stop."""
        supervisor = self.supervisor
        supervisor.listen_for_signals()
        try:
            await self._start()
            await supervisor.stopping.wait()
            say("Stopping …")
        except Refused as refused:
            if refused.code != "stopped":
                raise
        finally:
            await supervisor.stop()

    async def _start(self) -> None:
        show = self.progress.show
        await show("Starting PostgreSQL" if self.own_database else "Using the database you named", self._database())
        await show("Starting Redis" if self.own_redis else "Using the Redis you named", self._redis())
        await show("Bringing the tables up to date", self._migrate())
        await show("Building the demo company" if self._wants_demo() else "Keeping the data as it is", self._demo())
        await show("Starting worker and relay", self._background())
        await show("Starting the web server", self._foreground())
        await self._banner()
        self.supervisor.speaking = True

    async def _database(self) -> None:
        if not self.own_database:
            if not is_set("DATABASE_OWNER_URL"):
                raise Refused(
                    "DATABASE_URL is set, DATABASE_OWNER_URL is not. Set it to the role that owns the tables; "
                    "docs/operator-guide.md shows how to make both roles.",
                    code="owner_url_missing",
                )
            return
        postgres.initialise(self.cluster)
        if postgres.live_pid(self.cluster) is not None:
            postgres.stop(self.cluster)
        service = Service(
            name="postgres",
            command=self.cluster.command(),
            ready=lambda: postgres.is_ready(self.cluster),
            stop_signal=signal.SIGINT,
            stop_seconds=60,
            is_server=True,
            identity=server_identity(),
            directory="/",
        )
        await self.supervisor.start(service)
        prepare_own_database(self.home)

    async def _redis(self) -> None:
        if not self.own_redis:
            return
        broker.stop(self.home)
        command = broker.command(self.home)
        ready = Service(name="redis", command=command, ready=lambda: broker.is_ready(self.home), is_server=True)
        await self.supervisor.start(ready)

    async def _migrate(self) -> None:
        if await asyncio.to_thread(needs_migration):
            await self._manage("migrate", "--no-input", environment={"OPS_DB_AS": "owner"})

    @property
    def _first_run_mark(self) -> Path:
        return self.home / "first-run.done"

    def _wants_demo(self) -> bool:
        if self.wishes.demo is not None:
            return self.wishes.demo and not self._first_run_mark.exists()
        return self.own_database and not self._first_run_mark.exists()

    async def _demo(self) -> None:
        if self._wants_demo() and "seed_demo" in get_commands():
            await self._manage("seed_demo")
        self._first_run_mark.touch()

    async def _background(self) -> None:
        if not has_semaphores():
            say(f"{NO_SEMAPHORES} ", end="")
        root = str(paths.REPOSITORY)
        worker = Service(
            name="worker",
            command=worker_command(threads=not has_semaphores()),
            ready=(lambda: broker.has_consumer(self.home)) if self.own_redis else None,
            stop_seconds=30,
            directory=root,
        )
        relay = Service(name="relay", command=[sys.executable, "manage.py", "relay"], directory=root)
        self.starting = [asyncio.ensure_future(self.supervisor.start(one)) for one in (worker, relay)]
        await asyncio.sleep(0)

    async def _foreground(self) -> None:
        """The web server starts while the worker does; all of them are there before the address is told."""
        await asyncio.gather(self.supervisor.start(self._web()), *self.starting)

    def _web(self) -> Service:
        granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--no-ws", "--log-level", "warning"]
        granian += ["--workers-kill-timeout", "5", "--respawn-failed-workers", "--respawn-interval", "0.5"]
        place = [
            "--host",
            self.wishes.host,
            "--port",
            str(self.port),
            "--workers",
            os.environ.get("OPS_WEB_WORKERS", "2"),
        ]
        return Service(
            name="web",
            command=[*granian, *place, "opsplatform.asgi:application"],
            ready=lambda: answers(f"http://{self.wishes.host}:{self.port}/-/ready"),
            directory=str(paths.REPOSITORY),
        )

    async def _manage(self, *command: str, environment: dict[str, str] | None = None) -> list[str]:
        program = [sys.executable, str(paths.REPOSITORY / "manage.py"), *command]
        return await self.supervisor.run(command[0], program, environment=environment)

    async def _banner(self) -> None:
        lines = [f"opsplatform runs at {self.url}", ""]
        command = "demo_signins" if (self.home / "demo-password").exists() else "setup_link"
        lines += await self._manage(command)
        lines += ["", "Ctrl-C stops it; the data stays."]
        width = max(len(line) for line in lines) + 2
        say("\n".join(["", "─" * width, *lines, "─" * width]))


def running_state(home: Path) -> dict[str, Any] | None:
    """What the supervisor of this checkout wrote about itself, if it still lives."""
    try:
        state: dict[str, Any] = json.loads((paths.run_directory(home) / "state.json").read_text())
        os.kill(state["supervisor"], 0)
    except (OSError, ValueError):
        return None
    return state


def answers(address: str) -> bool:
    """Whether a page comes back with status 200."""
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def prepare_own_database(home: Path) -> None:
    """Roles, database and rights on the embedded server; safe to repeat at every start."""
    keyring = ensure_keyring(home)
    cluster = postgres.Cluster(home=home, password=keyring.postgres)
    with database.session(cluster.url()) as superuser:
        database.prepare_roles(superuser, owner_password=keyring.ops_owner, app_password=keyring.ops_app)
        database.create_database(superuser, DATABASE_NAME)
    url = postgres_url(database.OWNER, keyring.ops_owner, socket_directory=cluster.sockets)
    with database.session(url) as owner:
        database.prepare_database(owner)


def run_platform(*, home: Path, wishes: Wishes) -> None:
    """Hold the checkout's lock for the whole run."""
    with lock_home(home):
        asyncio.run(Platform(home=home, wishes=wishes).run())
