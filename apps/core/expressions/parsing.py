"""Turns tokens into a typed tree, within bounds that no formula can exceed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from difflib import get_close_matches

from apps.core.errors import Refused
from apps.core.expressions.functions import FUNCTIONS
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Type, Unary
from apps.core.expressions.tokens import Token, refuse, tokens_of
from apps.core.expressions.typing import TypeMismatch, arithmetic_type, comparison_types

MAX_NODES = 100
MAX_DEPTH = 10
COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
KEYWORDS = frozenset({"and", "or", "not", "true", "false"})


class Parser:
    """Recursive descent; nesting and node count are checked as the tree grows."""

    def __init__(self, text: str, names: Mapping[str, Type]) -> None:
        self.tokens = tokens_of(text)
        self.names = names
        self.position = 0
        self.count = 0
        self.depth = 0

    def parse(self) -> Node:
        if self.token.kind == "end":
            raise refuse("the formula is empty. Write one such as good / total.", 1)
        node = self.either()
        if self.token.kind != "end":
            raise refuse(
                f"“{self.token.text}” is not expected here. Put an operator before it or remove it.", self.column
            )
        return node

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def column(self) -> int:
        return self.token.column

    def take(self, *texts: str) -> Token | None:
        """The next token when it is one of these signs or words, else None."""
        token = self.token
        if token.kind in ("sign", "name") and token.text.lower() in texts:
            self.position += 1
            return token
        return None

    def need(self, sign: str, why: str) -> None:
        if self.take(sign) is None:
            raise refuse(f"“{sign}” is missing {why}. Add it.", self.column)

    def made(self, node: Node) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            raise refuse(
                f"the formula has more than {MAX_NODES} parts. Split it into two.", self.column, "formula_too_long"
            )
        return node

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse(
                f"brackets and functions are nested more than {MAX_DEPTH} deep. Split the formula into two.",
                self.column,
                "formula_too_deep",
            )

    def either(self) -> Node:
        left = self.both()
        while token := self.take("or"):
            left = self._logic("or", left, self.both(), token.column)
        return left

    def both(self) -> Node:
        left = self.negated()
        while token := self.take("and"):
            left = self._logic("and", left, self.negated(), token.column)
        return left

    def _logic(self, operator: str, left: Node, right: Node, column: int) -> Node:
        if left.type is not Type.BOOL or right.type is not Type.BOOL:
            raise refuse(
                f"“{operator}” joins two conditions. Compare the value with something.", column, "formula_type"
            )
        return self.made(Binary(operator, left, right, Type.BOOL))

    def negated(self) -> Node:
        token = self.take("not")
        if token is None:
            return self.comparison()
        self.deeper()
        operand = self.negated()
        self.depth -= 1
        if operand.type is not Type.BOOL:
            raise refuse(
                "“not” stands before a condition. Compare the value with something.", token.column, "formula_type"
            )
        return self.made(Unary("not", operand, Type.BOOL))

    def comparison(self) -> Node:
        left = self.sum()
        token = self.take(*COMPARISONS)
        if token is None:
            return left
        right = self.sum()
        try:
            comparison_types(token.text, left, right)
        except TypeMismatch as mismatch:
            raise refuse(str(mismatch), token.column, "formula_type") from None
        if self.token.text in COMPARISONS:
            raise refuse("compare two values at a time. Join two comparisons by and.", self.column)
        return self.made(Binary(token.text, left, right, Type.BOOL))

    def sum(self) -> Node:
        left = self.product()
        while token := self.take("+", "-"):
            left = self._arithmetic(token, left, self.product())
        return left

    def product(self) -> Node:
        left = self.signed()
        while token := self.take("*", "/"):
            left = self._arithmetic(token, left, self.signed())
        return left

    def _arithmetic(self, token: Token, left: Node, right: Node) -> Node:
        try:
            result = arithmetic_type(token.text, left, right)
        except TypeMismatch as mismatch:
            raise refuse(str(mismatch), token.column, "formula_type") from None
        return self.made(Binary(token.text, left, right, result))

    def signed(self) -> Node:
        token = self.take("-", "+")
        if token is None:
            return self.value()
        self.deeper()
        operand = self.signed()
        self.depth -= 1
        if operand.type not in (Type.NUMBER, Type.MONEY):
            raise refuse(f"“{token.text}” stands before a number.", token.column, "formula_type")
        return operand if token.text == "+" else self.made(Unary("-", operand, operand.type))

    def value(self) -> Node:
        token = self.token
        self.position += 1
        match token.kind:
            case "number":
                number = Decimal(token.text)
                return self.made(Literal(number / 100 if self.take("%") else number, Type.NUMBER))
            case "text":
                return self.made(Literal(token.text[1:-1], Type.TEXT))
            case "name":
                return self.call(token) if self.token.text == "(" else self.name(token)
            case "sign" if token.text == "(":
                self.deeper()
                node = self.either()
                self.need(")", "after what the bracket holds")
                self.depth -= 1
                return node
        self.position -= 1
        found = "the formula ends" if token.kind == "end" else f"“{token.text}” stands"
        raise refuse(f"{found} where a value is expected. Add a number, a name or a function.", token.column)

    def name(self, token: Token) -> Node:
        word = token.text.lower()
        if token.text in self.names:
            return self.made(Name(token.text, self.names[token.text]))
        if word in ("true", "false"):
            return self.made(Literal(word == "true", Type.BOOL))
        close = get_close_matches(token.text, self.names, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(sorted(self.names)[:10]) or 'none'}."
        raise refuse(f"“{token.text}” is not known. {hint}", token.column, "formula_unknown_name")

    def call(self, token: Token) -> Node:
        function = FUNCTIONS.get(token.text.upper())
        if function is None:
            close = get_close_matches(token.text.upper(), FUNCTIONS, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Use one of: {', '.join(sorted(FUNCTIONS))}."
            raise refuse(f"There is no function {token.text}. {hint}", token.column, "formula_unknown_function")
        self.deeper()
        self.position += 1
        arguments: list[Node] = []
        if self.take(")") is None:
            arguments.append(self.either())
            while self.take(","):
                arguments.append(self.either())
            self.need(")", f"after the values of {function.name}")
        self.depth -= 1
        if not function.least <= len(arguments) <= function.most:
            raise refuse(f"{function.name} is written {function.usage}.", token.column, "formula_arguments")
        try:
            result = function.type_of(arguments)
        except TypeMismatch as mismatch:
            raise refuse(
                f"{mismatch} {function.name} is written {function.usage}.", token.column, "formula_type"
            ) from None
        if function.name == "DATE":
            return self.made(_date(arguments[0], token.column))
        return self.made(Call(function.name, tuple(arguments), result))


def _date(node: Node, column: int) -> Literal:
    text = node.value if isinstance(node, Literal) else ""
    try:
        return Literal(date.fromisoformat(str(text)), Type.DATE)
    except ValueError:
        raise refuse('DATE is written DATE("2026-11-24") with a day of the calendar.', column, "formula_date") from None


def check_names(names: Mapping[str, Type]) -> None:
    """A name must be readable as one; a bug of the caller otherwise."""
    for name in names:
        if not (name.isascii() and name.isidentifier()) or name.lower() in KEYWORDS or len(name) > 64:
            raise Refused(
                f"“{name[:64]}” cannot be used in formulas. Use letters, digits and underscores.", code="formula_name"
            )
