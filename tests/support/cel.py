"""Translates CEL expressions into the platform's formulas, or says why an expression lies outside them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from apps.core.expressions import Type
from tests.support.jsonlogic import Outside

TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.\d+|\d+)(?:[eE][+-]?\d+)?u?)
    |(?P<text>[rR]?(?:"[^"\\\n]*"|'[^'\\\n]*'))
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%()<>!?:.,\[\]{}]))""",
    re.VERBOSE,
)
METHODS = {"startsWith": "STARTS_WITH", "endsWith": "ENDS_WITH", "contains": "CONTAINS"}
TEXT_METHODS = {"lowerAscii": "LOWER", "upperAscii": "UPPER"}
MATH = {"greatest": "MAX", "least": "MIN", "abs": "ABS"}
OUTSIDE = {
    "dyn": "values without a type", "type": "types as values", "has": "objects", "optional": "objects",
    "bytes": "bytes", "timestamp": "times of day", "duration": "times of day", "int": "conversions",
    "uint": "conversions", "double": "conversions", "string": "conversions", "bool": "conversions",
    "matches": "patterns", "math": "bits and rounding to whole numbers",
}  # fmt: skip


class Translator:
    """Recursive descent over the part of CEL that has a counterpart."""

    def __init__(self, text: str, bindings: dict[str, Any]) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.names: dict[str, Type] = {}
        self.values: dict[str, Any] = {}
        self.bindings = bindings
        self.at = 0
        end = len(text.rstrip())
        while self.at < end:
            match = TOKEN.match(text, self.at)
            if match is None:
                raise Outside("texts with control signs")
            self.tokens.append((match.lastgroup or "", match[match.lastgroup or ""]))
            self.at = match.end()
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *signs: str) -> str:
        if self.next in signs and self.tokens[self.at][0] in ("sign", "name"):
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def need(self, sign: str) -> None:
        if not self.take(sign):
            raise Outside("other syntax")

    def whole(self) -> str:
        found = self.choice()
        if self.next:
            raise Outside("other syntax")
        return found

    def choice(self) -> str:
        condition = self.either()
        if not self.take("?"):
            return condition
        then = self.choice()
        self.need(":")
        return f"IF({condition}, {then}, {self.choice()})"

    def either(self) -> str:
        found = self.both()
        while self.take("||"):
            found = f"({found} or {self.both()})"
        return found

    def both(self) -> str:
        found = self.compared()
        while self.take("&&"):
            found = f"({found} and {self.compared()})"
        return found

    def compared(self) -> str:
        found = self.sum()
        if sign := self.take("==", "!=", "<", "<=", ">", ">="):
            return f"({found} {{}} {self.sum()})".format({"==": "=", "!=": "<>"}.get(sign, sign))
        if self.take("in"):
            self.need("[")
            items = self.listed("]")
            if not items:
                raise Outside("empty lists")
            return f"ONE_OF({', '.join([found, *items])})"
        return found

    def sum(self) -> str:
        found = self.product()
        while sign := self.take("+", "-"):
            found = f"({found} {sign} {self.product()})"
        return found

    def product(self) -> str:
        found = self.unary()
        while sign := self.take("*", "/", "%"):
            if sign == "%":
                raise Outside("remainder")
            other = self.unary()
            if sign == "/" and "." not in found + other:
                raise Outside("division of whole numbers")
            found = f"({found} {sign} {other})"
        return found

    def unary(self) -> str:
        if self.take("!"):
            return f"(not {self.unary()})"
        if self.take("-"):
            return f"(-{self.unary()})"
        return self.member()

    def member(self) -> str:
        found = self.primary()
        while self.take("."):
            kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
            self.at += 1
            if kind != "name" or not self.take("("):
                raise Outside("objects")
            given = self.listed(")")
            if name in METHODS and len(given) == 1:
                found = f"{METHODS[name]}({found}, {given[0]})"
            elif name in TEXT_METHODS and not given:
                found = f"{TEXT_METHODS[name]}({found})"
            elif name == "size" and not given:
                found = f"LENGTH({found})"
            else:
                raise Outside("patterns" if name == "matches" else "other functions of texts and lists")
        if self.next == "[":
            raise Outside("lists")
        return found

    def listed(self, closing: str) -> list[str]:
        found: list[str] = []
        if self.take(closing):
            return found
        found.append(self.choice())
        while self.take(","):
            found.append(self.choice())
        self.need(closing)
        return found

    def primary(self) -> str:
        kind, text = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        match kind:
            case "number":
                return self.number(text)
            case "text":
                return '"' + text.lstrip("rR")[1:-1].replace('"', "'") + '"'
            case "name":
                return self.name(text)
            case "sign" if text == "(":
                found = self.choice()
                self.need(")")
                return f"({found})"
        raise Outside("lists" if text in ("[", "{") else "other syntax")

    def number(self, text: str) -> str:
        number = Decimal(text.rstrip("u"))
        if abs(number) >= Decimal(10) ** 15 or number.as_tuple().exponent < -10:  # type: ignore[operator]
            raise Outside("numbers beyond measure")
        return f"{number:f}"

    def name(self, text: str) -> str:
        if text in ("true", "false"):
            return text.upper()
        if text == "null":
            raise Outside("null written out")
        if text == "size" and self.take("("):
            return f"LENGTH({', '.join(self.listed(')'))})"
        if text == "math" and self.take("."):
            name = self.next
            self.at += 1
            if name not in MATH or not self.take("("):
                raise Outside("bits and rounding to whole numbers")
            return f"{MATH[name]}({', '.join(self.listed(')'))})"
        if text in OUTSIDE:
            raise Outside(OUTSIDE[text])
        if text not in self.bindings:
            raise Outside("names without a value")
        tagged = self.bindings[text]
        kind, value = next(iter(tagged.items())) if isinstance(tagged, dict) else ("", None)
        types = {"int": Type.NUMBER, "uint": Type.NUMBER, "double": Type.NUMBER, "string": Type.TEXT, "bool": Type.BOOL}
        if kind not in types:
            raise Outside("lists")
        self.names[text] = types[kind]
        self.values[text] = Decimal(repr(value)) if types[kind] is Type.NUMBER else value
        return text


def translated(text: str, bindings: dict[str, Any] | None) -> tuple[str, dict[str, Type], dict[str, Any]]:
    """The formula, the types of its names and their values."""
    translator = Translator(text, bindings or {})
    return translator.whole(), translator.names, translator.values
