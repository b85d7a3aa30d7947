"""The steps of a document: as data, as text people type, and the difference between two revisions. No ORM."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Literal

from apps.core.errors import Refused

MOST_STEPS = 200
Line = tuple[Literal[" ", "+", "-"], str]


def check_steps(found: Any) -> list[dict[str, str]]:
    """Steps as {"title", "text"}; a refusal names the step at fault."""
    if not isinstance(found, list) or len(found) > MOST_STEPS:
        raise Refused(f"A document has at most {MOST_STEPS} steps.", code="bad_steps", field="steps")
    kept = []
    for place, step in enumerate(found, 1):
        title = str(step.get("title", "")).strip() if isinstance(step, dict) else ""
        text = str(step.get("text", "")).strip() if isinstance(step, dict) else ""
        if not title or len(title) > 200 or len(text) > 8000:
            raise Refused(f"Step {place}: write a title of one line.", code="bad_steps", field="steps")
        kept.append({"title": title, "text": text})
    return kept


def from_text(text: str) -> list[dict[str, str]]:
    """Blocks between empty lines: the first line is the title, the rest the words."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    parts = [block.partition("\n") for block in blocks if block]
    return [{"title": title.strip(), "text": words.strip()} for title, _, words in parts]


def to_text(steps: Sequence[dict[str, str]]) -> str:
    return "\n\n".join("\n".join(part for part in (one["title"], one["text"]) if part) for one in steps)


def as_lines(scope: str, steps: Sequence[dict[str, str]]) -> list[str]:
    lines = scope.splitlines()
    for number, step in enumerate(steps, 1):
        lines += [f"{number}. {step['title']}", *step["text"].splitlines()]
    return [line for line in lines if line.strip()]


def difference(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Lines kept (" "), taken out ("-") and put in ("+"), in reading order."""
    found: list[Line] = []
    matcher = difflib.SequenceMatcher(None, list(before), list(after), autojunk=False)
    for kind, start, end, begin, stop in matcher.get_opcodes():
        if kind == "equal":
            found += [(" ", line) for line in before[start:end]]
        else:
            found += [("-", line) for line in before[start:end]]
            found += [("+", line) for line in after[begin:stop]]
    return found
