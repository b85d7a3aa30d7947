"""Named places where a test may kill the process, to prove that nothing is lost and nothing happens twice."""

from __future__ import annotations

import os
import signal

POINTS = (
    "before_saving",
    "after_saving",
    "before_telling",
    "after_action",
)
MESSAGE_POINTS = ("after_keeping", "after_taking")
_armed = os.environ.get("OPS_FAILPOINT", "") if os.environ.get("OPS_TEST") == "1" else ""


def failpoint(name: str) -> None:
    """Dies here as a power cut would, when the environment of a test run names this place."""
    if _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
