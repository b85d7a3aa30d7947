"""The question "does this person hold this skill today?", answered by the app that knows people's skills."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Check = Callable[[Any, str], bool]
_check: list[Check] = []


def provide_skill_check(check: Check) -> Check:
    if _check:
        raise ValueError("Skills already have a provider.")
    _check.append(check)
    return check


def holds_skill(user: Any, skill: str) -> bool:
    """True where nobody keeps skills: the task then only names the skill."""
    return not _check or _check[0](user, skill)
