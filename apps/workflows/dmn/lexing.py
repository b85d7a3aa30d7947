"""Cuts S-FEEL into tokens with their columns; names may hold spaces when the table knows them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from apps.core.errors import Refused

MAX_LENGTH = 2000
_TOKEN = re.compile(
    r"""(?:
    (?P<number>(?:\d{1,34}(?:\.\d{1,34})?|\.\d{1,34}))
  | (?P<text>"(?:[^"\\\n]|\\.){0,1000}")
  | (?P<sign>\*\*|<=|>=|!=|\.\.|[-+*/()\[\]{}<>=,.:@])
  | (?P<name>\?|[^\W\d][\w$]*)
  )""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
PHRASES = (
    "date and time",
    "string length",
    "upper case",
    "lower case",
    "starts with",
    "ends with",
)


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, text, sign, name or end; `column` counts from 1."""

    kind: str
    text: str
    column: int


def refuse(message: str, column: int = 1, code: str = "feel_syntax") -> Refused:
    return Refused(f"Column {column}: {message}", code=code, details={"column": column})


def tokens_of(text: str, names: Collection[str] = ()) -> list[Token]:
    """Every token and an end mark; the longest known name wins at each place."""
    if len(text) > MAX_LENGTH:
        raise refuse(f"the entry is longer than {MAX_LENGTH} characters. Split the rule.", 1, "feel_too_long")
    known = sorted({*(name for name in names if name), *PHRASES}, key=len, reverse=True)
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        name = _name_at(text, position, known)
        if name:
            found.append(Token("name", name, position + 1))
            position += len(name)
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise refuse(_unknown(text[position:]), position + 1)
        kind = match.lastgroup or ""
        found.append(Token(kind, unescaped(match[kind]) if kind == "text" else match[kind], position + 1))
        position = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _name_at(text: str, position: int, known: list[str]) -> str:
    for name in known:
        end = position + len(name)
        if text.startswith(name, position) and (end == len(text) or not (text[end].isalnum() or text[end] == "_")):
            return name
    return ""


def unescaped(text: str) -> str:
    def put(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if code[0] in "uU" and len(code) > 1 else _ESCAPES.get(code, code)

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", put, text[1:-1])


def _unknown(rest: str) -> str:
    if rest[0] == '"':
        return "this text has no closing quotation mark. Add one."
    return f"“{rest[0]}” has no meaning here. Remove it."
