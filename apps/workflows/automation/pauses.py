"""How long a failed run waits, and which failures no waiting mends."""

from __future__ import annotations

import secrets
from datetime import timedelta

from apps.core.errors import Conflict, Refused

MOST_ATTEMPTS = 5
FIRST_SECONDS, LONGEST_SECONDS = 4, 900
TRY_AGAIN_STATUS = frozenset({408, 409, 425, 429})
MAY_PASS = frozenset({"url_timeout", "url_unreachable", "in_progress"})


def pause(attempt: int) -> timedelta:
    """4 s, 16 s, 64 s, 256 s … at most 15 minutes, each up to half longer, so that many do not come back at once."""
    seconds = min(FIRST_SECONDS * 4 ** (attempt - 1), LONGEST_SECONDS)
    return timedelta(seconds=seconds * (1 + secrets.randbelow(500) / 1000))


def is_permanent(error: BaseException) -> bool:
    """A refusal stays one; a lost race, an unreachable server or a bug may pass."""
    status = getattr(error, "status", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in TRY_AGAIN_STATUS
    return isinstance(error, Refused) and not isinstance(error, Conflict) and error.code not in MAY_PASS
