"""The conditions of a diagram as the platform's formulas: simple expressions of other tools are said in our words."""

from __future__ import annotations

import re

WRAPPED = re.compile(r"^[$#]\{(.*)\}$", re.DOTALL)
QUOTED = re.compile(r"(\"[^\"]*\"|'[^']*')")
SIGNS = ((r"&&", " and "), (r"\|\|", " or "), (r"==", "="), (r"!=", "<>"), (r"!(?!=)", " not "))


def formula(text: str) -> str:
    """`${amount >= 100 && !urgent}` and `= amount >= 100` are read as `amount >= 100 and not urgent`."""
    text = text.strip()
    wrapped = WRAPPED.match(text)
    text = wrapped[1] if wrapped else text.removeprefix("=")
    parts = QUOTED.split(text)
    return "".join(part if at % 2 else _in_our_signs(part) for at, part in enumerate(parts)).strip()


def _in_our_signs(text: str) -> str:
    for sign, ours in SIGNS:
        text = re.sub(sign, ours, text)
    return re.sub(r"\s+", " ", text)
