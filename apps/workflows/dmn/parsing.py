"""Turns S-FEEL tokens into a tree: literal expressions and the unary tests of table cells, within fixed bounds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from apps.core.errors import Refused
from apps.workflows.dmn.builtin import FUNCTIONS
from apps.workflows.dmn.lexing import Token, refuse, tokens_of
from apps.workflows.dmn.nodes import (
    Call,
    Choice,
    Const,
    Equal,
    Items,
    Negative,
    Node,
    Operation,
    Range,
    Ref,
    Tests,
    Within,
)
from apps.workflows.dmn.values import moment, number

MAX_NODES = 500
MAX_DEPTH = 30
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
MOMENTS = ("date", "time", "date and time", "duration")
RESERVED = {"and", "or", "in", "between", "then", "else"}


class Parser:
    """Recursive descent over one entry."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.tokens = tokens_of(text, names)
        self.position = self.count = self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def take(self, *texts: str) -> Token | None:
        token = self.token
        if token.kind in ("sign", "name") and token.text in texts:
            self.position += 1
            return token
        return None

    def need(self, sign: str) -> None:
        if self.take(sign) is None:
            raise refuse(f"“{sign}” is missing. Add it.", self.token.column)

    def made(self, node: Any) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise refuse(
                f"the entry has more than {MAX_NODES} parts. Split the rule.", self.token.column, "feel_too_long"
            )
        return node

    def end(self, node: Any) -> Any:
        if self.token.kind != "end":
            raise refuse(f"“{self.token.text}” is not expected here. Remove it.", self.token.column)
        return node

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse(
                f"the entry is nested more than {MAX_DEPTH} deep. Split it.", self.token.column, "feel_too_deep"
            )
        if self.take("if"):
            condition = self.expression()
            self.need("then")
            then = self.expression()
            self.need("else")
            node = self.made(Choice(condition, then, self.expression()))
        else:
            node = self.either()
        self.depth -= 1
        return node  # type: ignore[no-any-return]

    def either(self) -> Node:
        left = self.both()
        while self.take("or"):
            left = self.made(Operation("or", left, self.both()))
        return left

    def both(self) -> Node:
        left = self.comparison()
        while self.take("and"):
            left = self.made(Operation("and", left, self.comparison()))
        return left

    def comparison(self) -> Node:
        left = self.sum()
        while True:
            if token := self.take(*COMPARISONS):
                left = self.made(Operation(token.text, left, self.sum()))
            elif self.take("between"):
                low = self.sum()
                self.need("and")
                left = self.made(Within(left, Tests((Range(low, self.sum(), True, True),))))
            elif self.take("in"):
                left = self.made(Within(left, self.within()))
            else:
                return left

    def within(self) -> Tests:
        """After `in`: one test, or several in brackets."""
        start = self.position
        if self.take("("):
            try:
                tests = self.tests_listed()
                self.need(")")
                return Tests(tests)
            except Refused:
                self.position = start
        return Tests((self.test(),))

    def sum(self) -> Node:
        left = self.product()
        while token := self.take("+", "-"):
            left = self.made(Operation(token.text, left, self.product()))
        return left

    def product(self) -> Node:
        left = self.power()
        while token := self.take("*", "/"):
            left = self.made(Operation(token.text, left, self.power()))
        return left

    def power(self) -> Node:
        left = self.signed()
        while self.take("**"):
            left = self.made(Operation("**", left, self.signed()))
        return left

    def signed(self) -> Node:
        signs = 0
        while self.take("-"):
            signs += 1
        node = self.value()
        return self.made(Negative(node)) if signs % 2 else node  # type: ignore[no-any-return]

    def value(self) -> Node:
        token = self.token
        self.position += 1
        match token.kind, token.text:
            case "number", text:
                return self.made(Const(number(text)))  # type: ignore[no-any-return]
            case "text", text:
                return self.made(Const(text))  # type: ignore[no-any-return]
            case "sign", "(":
                return self.bracketed()
            case "sign", "[":
                return self.listed()
            case "name", text if text not in RESERVED:
                return self.named(text, token.column)
        self.position -= 1
        found = "the entry ends" if token.kind == "end" else f"“{token.text}” stands"
        raise refuse(
            f"{found} where a value is expected. Add a number, a text in quotation marks or a name.", token.column
        )

    def bracketed(self) -> Node:
        node = self.expression()
        if self.take(".."):
            return self.upper(node, False)
        self.need(")")
        return node

    def listed(self) -> Node:
        """A list [1, 2], or a range [1..5]."""
        items: list[Node] = []
        if self.take("]"):
            return self.made(Items(()))  # type: ignore[no-any-return]
        items.append(self.expression())
        if self.take(".."):
            return self.upper(items[0], True)
        while self.take(","):
            items.append(self.expression())
        self.need("]")
        return self.made(Items(tuple(items)))  # type: ignore[no-any-return]

    def upper(self, low: Node, low_in: bool) -> Node:
        high = self.expression()
        closing = self.take("]", ")", "[")
        if closing is None:
            raise refuse("a range ends with ] or ). Add it.", self.token.column)
        return self.made(Range(low, high, low_in, closing.text == "]"))  # type: ignore[no-any-return]

    def named(self, text: str, column: int) -> Node:
        if text in ("true", "false"):
            return self.made(Const(text == "true"))  # type: ignore[no-any-return]
        if text == "null":
            return self.made(Const(None))  # type: ignore[no-any-return]
        if self.token.text == "(" and (text in FUNCTIONS or text in MOMENTS):
            return self.call(text, column)
        if self.token.text == "(":
            raise refuse(
                f"there is no function {text}. Use one of: {', '.join(sorted(FUNCTIONS))}.", column, "feel_function"
            )
        path = [text]
        while self.token.text == "." and self.tokens[self.position + 1].kind == "name":
            path.append(self.tokens[self.position + 1].text)
            self.position += 2
        return self.made(Ref(tuple(path)))  # type: ignore[no-any-return]

    def call(self, name: str, column: int) -> Node:
        self.need("(")
        arguments: list[Node] = []
        if self.take(")") is None:
            arguments.append(self.expression())
            while self.take(","):
                arguments.append(self.expression())
            self.need(")")
        if name in MOMENTS and len(arguments) == 1 and isinstance(arguments[0], Const):
            return self.moment(name, arguments[0].value, column)
        if name in MOMENTS:
            raise refuse(f'{name} is written {name}("…") with a text inside.', column)
        least, most = FUNCTIONS[name].takes
        if not least <= len(arguments) <= most:
            raise refuse(f"{name} is written {FUNCTIONS[name].usage}.", column, "feel_arguments")
        return self.made(Call(name, tuple(arguments)))  # type: ignore[no-any-return]

    def moment(self, kind: str, text: Any, column: int) -> Node:
        found = moment(kind, text) if isinstance(text, str) else None
        if found is None:
            examples = {"date": "2026-11-24", "time": "14:30:00", "duration": "P3DT4H"}
            raise refuse(
                f'“{text}” is no {kind}. Write {kind}("{examples.get(kind, "2026-11-24T14:30:00")}").',
                column,
                "feel_date",
            )
        return self.made(Const(found))  # type: ignore[no-any-return]

    def tests_listed(self) -> tuple[Range | Equal, ...]:
        found = [self.test()]
        while self.take(","):
            found.append(self.test())
        return tuple(found)

    def test(self) -> Range | Equal:
        """One unary test: a comparison with the input, a range, or a value."""
        if token := self.take("<", "<=", ">", ">="):
            bound = self.sum()
            inside = token.text.endswith("=")
            return Range(None, bound, False, inside) if token.text[0] == "<" else Range(bound, None, inside, False)
        if self.take("="):
            return Equal(self.sum())
        if self.token.text == "]":  # ]1..5[ is the other way to write (1..5)
            self.position += 1
            low = self.expression()
            self.need("..")
            found = self.upper(low, False)
        else:
            found = self.expression()
        return found if isinstance(found, Range) else Equal(found)


def expression(text: str, names: Collection[str] = ()) -> Node:
    """The literal expression in `text`; refuses with the column at fault."""
    parser = Parser(text, names)
    return parser.end(parser.expression())  # type: ignore[no-any-return]


def unary(text: str, names: Collection[str] = ()) -> Tests:
    """The tests in one cell of a table: “-”, “< 10”, “[1..5], 7”, “not("a")”."""
    cleaned = text.strip()
    if cleaned in ("", "-"):
        return Tests()
    parser = Parser(cleaned, names)
    if parser.token.text == "not" and parser.tokens[1].text == "(":
        parser.position = 2
        tests = parser.tests_listed()
        parser.need(")")
        return parser.end(Tests(tests, negated=True))  # type: ignore[no-any-return]
    return parser.end(Tests(parser.tests_listed()))  # type: ignore[no-any-return]
