"""How a child process runs: tied to its parent's life, and never as root where PostgreSQL forbids it."""

from __future__ import annotations

import ctypes
import functools
import os
import pwd
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from apps.core.errors import Refused

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
NOBODY = 65534
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """`self`: as we are. `namespace`: as we are, but seen as nobody. `account`: root that steps down to an account."""

    kind: Literal["self", "namespace", "account"]
    uid: int
    gid: int


def _enter_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if _libc is None or _libc.unshare(CLONE_NEWUSER) != 0:
        raise PermissionError("user namespaces are not available")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def _succeeds_in_child(action: Callable[[], bool | None]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            os._exit(1 if action() is False else 0)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


@functools.cache
def server_identity() -> Identity:
    """The identity PostgreSQL runs under; it refuses uid 0 and a uid that no account has."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_account(uid):
        return Identity(kind="self", uid=uid, gid=gid)
    if os.environ.get("OPS_NO_USER_NAMESPACE") != "1" and _succeeds_in_child(_enter_namespace):
        return Identity(kind="namespace", uid=uid, gid=gid)
    if uid != 0:
        raise Refused(
            f"PostgreSQL needs an account for user id {uid}. Run ./ops as a user that has one.", code="no_account"
        )
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(kind="account", uid=account.pw_uid, gid=account.pw_gid)
    raise Refused("PostgreSQL cannot run as root here. Run ./ops as an ordinary user.", code="root_refused")


def _step_down(identity: Identity) -> None:
    if identity.kind == "namespace":
        _enter_namespace()
    elif identity.kind == "account":
        os.setgroups([])
        os.setgid(identity.gid)
        os.setuid(identity.uid)


def own_directory(identity: Identity, directory: Path) -> None:
    """Give the server's account its directory; every other identity already owns what it makes."""
    if identity.kind != "account":
        return
    for path in (directory, *directory.rglob("*")):
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def require_reach(identity: Identity, *paths: Path) -> None:
    """Say so plainly when root's private home hides the files from the account that must read them."""

    def reachable() -> bool:
        _step_down(identity)
        return all(os.access(path, os.X_OK) for path in paths)

    if identity.kind == "account" and not _succeeds_in_child(reachable):
        raise Refused(
            f"As root, PostgreSQL runs as user {pwd.getpwuid(identity.uid).pw_name}, who cannot enter {paths[0]}. "
            "Run ./ops as an ordinary user, or move the checkout out of the private home (for example to /opt).",
            code="private_home",
        )


def child_setup(*, death_signal: int | None, identity: Identity | None = None) -> Callable[[], None]:
    """What a forked child does before exec: step down, then ask to be told when its parent dies."""

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if identity is not None:
            _step_down(identity)
        if death_signal is not None and _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, death_signal)

    return prepare
