"""Makes, starts and stops a PostgreSQL cluster from plain server programs, on a unix socket only."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from apps.core.embedded import paths
from apps.core.embedded.environment import postgres_socket_directory, postgres_url
from apps.core.embedded.identity import child_setup, own_directory, require_reach, server_identity
from apps.core.errors import Refused

SUPERUSER = "postgres"
READY_SECONDS = 120.0
COMMON_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "log_line_prefix": "%m [%p] ",
}
THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One data directory with its socket; `durable=False` is for data that a test may lose."""

    home: Path
    password: str
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home / "pg"

    @property
    def sockets(self) -> Path:
        return postgres_socket_directory(self.home)

    @property
    def log(self) -> Path:
        return self.home / "log" / "postgres.log"

    def url(self, database: str = SUPERUSER) -> str:
        return postgres_url(SUPERUSER, self.password, socket_directory=self.sockets, database=database)

    def command(self) -> list[str]:
        settings = COMMON_SETTINGS | ({} if self.durable else THROWAWAY_SETTINGS)
        settings["unix_socket_directories"] = str(self.sockets)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(paths.postgres_binaries() / "postgres"), "-D", str(self.data), *options]


def binary_major(binaries: Path) -> int:
    """The major version of the server programs."""
    answer = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)(\.|devel|beta|rc)", answer)
    if match is None:
        raise Refused(f"{binaries / 'postgres'} does not say its version.", code="postgres_missing")
    return int(match[1])


def initialise(cluster: Cluster) -> bool:
    """Make the data directory unless it exists; True when it was made. A killed first start leaves nothing half-made."""
    binaries = paths.postgres_binaries()
    identity = server_identity()
    _prepare_directories(cluster)
    if (cluster.data / "PG_VERSION").exists():
        _require_own_version_and_owner(cluster, binaries)
        own_directory(identity, cluster.data)
        return False
    draft = cluster.home / "pg.init"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    own_directory(identity, draft)
    require_reach(identity, draft, binaries / "initdb")
    _run_initdb(cluster, binaries, draft)
    draft.rename(cluster.data)
    return True


def _run_initdb(cluster: Cluster, binaries: Path, draft: Path) -> None:
    modern = binary_major(binaries) >= 17
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if modern else ["--locale=C.UTF-8"]
    flags = [*locale, "-E", "UTF8", "-k", "-U", SUPERUSER, "--auth=scram-sha-256"]
    identity = server_identity()
    with tempfile.NamedTemporaryFile("w", dir=cluster.home) as password:
        password.write(cluster.password + "\n")
        password.flush()
        own_directory(identity, Path(password.name))
        done = subprocess.run(
            [
                binaries / "initdb",
                "-D",
                draft,
                *flags,
                f"--pwfile={password.name}",
                *([] if cluster.durable else ["-N"]),
            ],
            preexec_fn=child_setup(death_signal=signal.SIGTERM, identity=identity),
            capture_output=True,
            check=False,
            text=True,
            env=os.environ | {"LC_ALL": "C"},
            cwd="/",
        )
    if done.returncode:
        raise Refused(f"PostgreSQL could not make its data directory: {_last_line(done.stderr)}", code="initdb_failed")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and "removing" not in line]
    return lines[-1] if lines else "it gave no reason"


def _prepare_directories(cluster: Cluster) -> None:
    try:
        cluster.home.mkdir(parents=True, exist_ok=True)
        run = paths.private_directory(paths.run_directory(cluster.home))
        sockets = cluster.sockets
        sockets.mkdir(mode=0o700, exist_ok=True)
        cluster.log.parent.mkdir(exist_ok=True)
    except PermissionError:
        raise foreign_owner(cluster.home) from None
    identity = server_identity()
    if identity.kind == "account":
        run.chmod(0o711)
        own_directory(identity, sockets)


def foreign_owner(path: Path) -> Refused:
    """The refusal that names both users and the way out."""
    existing = next((place for place in (path, *path.parents) if place.exists()), path)
    owner, me = _user_name(existing.stat().st_uid), _user_name(os.geteuid())
    return Refused(
        f"{path} belongs to user {owner}, but this is user {me}. Run as {owner}, or give it over with: "
        f"sudo chown -R {me} {path}",
        code="foreign_directory",
    )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _require_own_version_and_owner(cluster: Cluster, binaries: Path) -> None:
    identity = server_identity()
    owner = cluster.data.stat().st_uid
    if identity.kind != "account" and owner != identity.uid:
        raise foreign_owner(cluster.data)
    stored, installed = int((cluster.data / "PG_VERSION").read_text()), binary_major(binaries)
    if stored != installed:
        raise Refused(
            f"The data in {cluster.data} was written by PostgreSQL {stored}, the installed program is {installed}. "
            f"Set OPS_PG_BIN to the folder of PostgreSQL {stored} and run ./ops backup, then move {cluster.data} away, "
            "unset OPS_PG_BIN and run ./ops restore.",
            code="postgres_major",
        )


def live_pid(cluster: Cluster) -> int | None:
    """The pid of the server on this data directory; a lock file whose pid another program got is removed."""
    lock = cluster.data / "postmaster.pid"
    try:
        pid = int(lock.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    if str(cluster.data) in _command_line(pid):
        return pid
    lock.unlink(missing_ok=True)
    for left in cluster.sockets.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
    return None


def _command_line(pid: int) -> str:
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        return proc.read_text().replace("\0", " ") if proc.exists() else ""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, check=False, text=True).stdout


def is_ready(cluster: Cluster) -> bool:
    """Whether it accepts connections; during crash recovery it does not yet."""
    try:
        psycopg2.connect(cluster.url(), connect_timeout=3).close()
    except psycopg2.OperationalError as error:
        if "password authentication failed" in str(error):
            raise Refused(
                f"The keys in {cluster.home} do not open the database in {cluster.data}. "
                "Put back secrets.json from a backup of the same installation.",
                code="secrets_mismatch",
            ) from None
        return False
    return True


def wait_ready(cluster: Cluster, process: subprocess.Popen[bytes] | None = None) -> None:
    """Return when connections are accepted; refuse with the server's own last words when it ended."""
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(cluster):
        if process is not None and process.poll() is not None:
            raise Refused(f"PostgreSQL ended at once: {log_tail(cluster.log)}", code="postgres_ended")
        if time.monotonic() > deadline:
            raise Refused(f"PostgreSQL is not ready after {READY_SECONDS:.0f} s. See {cluster.log}.", code="not_ready")
        time.sleep(0.05)


def log_tail(path: Path) -> str:
    """The last telling line of a log."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return "it wrote no log"
    telling = [line for line in lines[-30:] if re.search("FATAL|PANIC|ERROR|DETAIL|HINT|could not", line)]
    return (telling or lines or ["it wrote no log"])[-1]


def start(cluster: Cluster, *, death_signal: int | None) -> subprocess.Popen[bytes] | None:
    """Start the server and wait for it; None when it already ran."""
    initialise(cluster)
    if live_pid(cluster) is not None:
        wait_ready(cluster)
        return None
    with cluster.log.open("ab") as log:
        process = subprocess.Popen(
            cluster.command(),
            preexec_fn=child_setup(death_signal=death_signal, identity=server_identity()),  # noqa: PLW1509 - other threads only wait
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    wait_ready(cluster, process)
    return process


def stop(cluster: Cluster, *, seconds: float = 30.0) -> None:
    """Ask for a fast, clean shutdown and wait for it."""
    pid = live_pid(cluster)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + seconds
    while (cluster.data / "postmaster.pid").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
