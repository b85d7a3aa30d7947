"""JSON that cannot be misread: no duplicate keys, no NaN, exact decimals, bounded depth."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 20_000_000


class StrictJSONParser(BaseParser):
    """Reads application/json in UTF-8 only."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        content = stream.read()
        if len(content) > MAX_BYTES:
            raise ParseError("The body is larger than 20 MB. Send it in parts.")
        try:
            found = json.loads(
                content.decode("utf-8"), parse_float=_decimal, parse_constant=_no_constant, object_pairs_hook=_no_twins
            )
            if b"\\u" in content:
                _check_texts(found)
            return found
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error
        except (ValueError, UnicodeDecodeError) as error:
            raise ParseError(f"This is not JSON we can read: {error}.") from error


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    if abs(value.adjusted()) > 60:
        raise ValueError(f"the number {text[:20]} is out of range")
    return value


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number in JSON")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _check_texts(value: Any) -> None:
    """Escapes can write what is no text: a zero, or half of a pair, which no database keeps."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ValueError("a text holds a character that is none (zero, or half of a pair)")
    elif isinstance(value, dict):
        for name, one in value.items():
            _check_texts(name)
            _check_texts(one)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one)
