"""Starts and stops the Redis-compatible server that wakes the workers; nothing depends on what it remembers."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from apps.core.embedded import paths
from apps.core.embedded.environment import redis_socket
from apps.core.embedded.identity import child_setup
from apps.core.errors import Refused

READY_SECONDS = 20.0


def command(home: Path, *, durable: bool = True) -> list[str]:
    """The server's command line; `noeviction` because a full memory must be an error, never a lost message."""
    data = home / "broker"
    data.mkdir(parents=True, exist_ok=True)
    return [
        str(paths.redis_binary()),
        *("--port", "0", "--unixsocket", str(redis_socket(home)), "--unixsocketperm", "700"),
        *("--dir", str(data), "--save", "", "--appendonly", "yes" if durable else "no", "--appendfsync", "everysec"),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--daemonize", "no"),
    ]


def _ask(home: Path, request: str) -> str:
    """One inline request over the socket; an empty answer when nobody is there."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(redis_socket(home)))
            connection.sendall(f"{request}\r\n".encode())
            return connection.recv(65536).decode(errors="replace")
    except OSError:
        return ""


def is_ready(home: Path) -> bool:
    return _ask(home, "PING").startswith("+PONG")


def has_consumer(home: Path) -> bool:
    """Whether a worker waits for messages."""
    return "cmd=brpop" in _ask(home, "CLIENT LIST")


def process_id(home: Path) -> int | None:
    """The pid of the server that answers on the socket."""
    match = re.search(r"process_id:(\d+)", _ask(home, "INFO server"))
    return int(match[1]) if match else None


def start(home: Path, *, durable: bool = True, death_signal: int | None) -> None:
    """Start the server unless one answers, and wait for it."""
    if is_ready(home):
        return
    paths.private_directory(paths.run_directory(home))
    log_path = home / "log" / "redis.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            command(home, durable=durable),
            preexec_fn=child_setup(death_signal=death_signal),  # noqa: PLW1509 - other threads only wait
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(home):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Refused(f"Redis did not start. See {log_path}.", code="redis_ended")
        time.sleep(0.02)


def stop(home: Path) -> None:
    """End the server that answers on our socket."""
    pid = process_id(home)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while is_ready(home) and time.monotonic() < deadline:
        time.sleep(0.02)
