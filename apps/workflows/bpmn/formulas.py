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
    for at, part in enumerate(parts):
        if at % 2:
            parts[at] = '"' + part[1:-1] + '"' if '"' not in part[1:-1] else part
        else:
            for sign, ours in SIGNS:
                part = re.sub(sign, ours, part)
            parts[at] = re.sub(r"\s+", " ", part)
    return "".join(parts).strip()
