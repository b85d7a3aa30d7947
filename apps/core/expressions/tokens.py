"""Cuts a formula into tokens with their columns, accepting the signs people know from spreadsheets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.core.errors import Refused

MAX_LENGTH = 500
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>[0-9]{1,15}(?:\.[0-9]{1,10})?(?![0-9.\w]))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]{0,63}(?![\w]))
  | (?P<text>"[^"\x00-\x1f]{0,200}"|'[^'\x00-\x1f]{0,200}')
  | (?P<sign><=|>=|<>|!=|==|[-+*/()<>=,%×÷−≤≥≠])
  )""",
    re.VERBOSE | re.ASCII,
)
_SAME = {"==": "=", "!=": "<>", "≠": "<>", "×": "*", "÷": "/", "−": "-", "≤": "<=", "≥": ">="}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, name, text, sign or end; `column` counts from 1."""

    kind: str
    text: str
    column: int


def refuse(message: str, column: int, code: str = "formula_syntax") -> Refused:
    """A refusal located in the formula."""
    return Refused(f"Column {column}: {message}", code=code, details={"column": column})


def tokens_of(text: str) -> list[Token]:
    """Every token and an end mark; refuses what no token can be."""
    if len(text) > MAX_LENGTH:
        raise refuse(f"the formula is longer than {MAX_LENGTH} characters. Split it into two.", 1, "formula_too_long")
    found: list[Token] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            column = position + len(text[position:]) - len(text[position:].lstrip()) + 1
            raise refuse(_unknown(text[column - 1 :]), column)
        kind = match.lastgroup or ""
        piece = match[kind]
        found.append(Token(kind, _SAME.get(piece, piece), match.start(kind) + 1))
        position = match.end()
    return [*found, Token("end", "", end + 1)]


def _unknown(rest: str) -> str:
    if rest[0] in "\"'":
        return "this text has no closing quotation mark. Add one."
    if rest[0].isdigit():
        return "this number is not written plainly. Write it like 1234.5."
    if rest[0] == ".":
        return "a point belongs inside a number. Names have none."
    return f"“{rest[0]}” has no meaning in a formula. Remove it."
