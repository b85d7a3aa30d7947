"""A decision table as data, checked on the way in, and its evaluation under each hit policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import Refused
from apps.workflows.dmn.builtin import FUNCTIONS, total
from apps.workflows.dmn.evaluating import equal, evaluate, passes
from apps.workflows.dmn.nodes import Const, Node, Tests
from apps.workflows.dmn.parsing import expression, unary
from apps.workflows.dmn.values import TYPES, Value, given

POLICIES = {
    "U": "Unique: at most one rule may hit",
    "A": "Any: rules that hit must agree",
    "P": "Priority: the first of the listed outcomes",
    "F": "First: the first rule that hits",
    "R": "Rule order: all, in the order of the rules",
    "O": "Output order: all, in the order of the listed outcomes",
    "C": "Collect: all",
    "C+": "Collect: their sum",
    "C<": "Collect: the smallest",
    "C>": "Collect: the largest",
    "C#": "Collect: how many",
}
SINGLE = {"U", "A", "P", "F"}
MOST_RULES, MOST_COLUMNS, MOST_TEXT = 1000, 40, 2000


@dataclass(frozen=True, slots=True)
class Input:
    """A column that is tested. `name` is the expression it tests, mostly the name of a value."""

    name: str
    type: str = ""
    values: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    name: str
    type: str = ""
    values: tuple[str, ...] = ()
    default: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: a test per input, an entry per output."""

    when: tuple[str, ...]
    then: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    lines: tuple[Line, ...]
    policy: str = "U"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a table says. `hits` are the numbers of the rules that hit, from 1; `problem` says why there is no value."""

    value: Value
    hits: tuple[int, ...] = ()
    problem: str = ""
    outputs: tuple[Mapping[str, Value], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Ready:
    """A table whose every cell is parsed."""

    table: Table
    inputs: tuple[Node, ...]
    tests: tuple[tuple[Tests, ...], ...]
    entries: tuple[tuple[Node, ...], ...]
    priorities: tuple[tuple[Value, ...], ...]
    defaults: tuple[Node, ...] | None


def located(place: str, error: Refused, field_name: str = "table") -> Refused:
    return Refused(f"{place}: {error.message}", code=error.code, field=field_name, details=error.details)


def ready(table: Table, names: Sequence[str] = ()) -> Ready:
    """Parse every cell; refuses with the rule and the column at fault. `names` are further names that may be used."""
    _check_shape(table)
    known = {*names, *(one.name for one in table.inputs)}
    inputs = tuple(_parsed(expression, one.name, known, f"Input {one.name}") for one in table.inputs)
    tests = tuple(
        tuple(
            _parsed(unary, text, known, f"Rule {number}, {column.label or column.name}")
            for text, column in zip(line.when, table.inputs, strict=True)
        )
        for number, line in enumerate(table.lines, 1)
    )
    entries = tuple(
        tuple(
            _parsed(expression, text or "null", known, f"Rule {number}, {column.label or column.name or 'outcome'}")
            for text, column in zip(line.then, table.outputs, strict=True)
        )
        for number, line in enumerate(table.lines, 1)
    )
    priorities = tuple(
        tuple(evaluate(_parsed(expression, text, known, f"Listed outcomes of {one.name}"), {}) for text in one.values)
        for one in table.outputs
    )
    defaults = None
    if any(one.default for one in table.outputs):
        defaults = tuple(
            _parsed(expression, one.default or "null", known, f"Default of {one.name}") for one in table.outputs
        )
    return Ready(table, inputs, tests, entries, priorities, defaults)


def _parsed(parse: Any, text: str, names: set[str], place: str) -> Any:
    try:
        return parse(text, names)
    except Refused as error:
        raise located(place, error) from None


def _check_shape(table: Table) -> None:
    def refuse(message: str) -> Refused:
        return Refused(message, code="bad_table", field="table")

    if table.policy not in POLICIES:
        raise refuse(f"There is no hit policy {table.policy}. Use one of {', '.join(POLICIES)}.")
    if not table.outputs:
        raise refuse("A decision table needs an outcome. Add an outcome column.")
    if len(table.lines) > MOST_RULES or len(table.inputs) + len(table.outputs) > MOST_COLUMNS:
        raise refuse(f"A table holds at most {MOST_RULES} rules and {MOST_COLUMNS} columns. Split it.")
    for kind, columns in (("input", table.inputs), ("outcome", table.outputs)):
        names = [one.name for one in columns]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise refuse(f"The {kind} “{twice}” is there twice. Rename one.")
        wrong = next((one.type for one in columns if one.type and one.type not in TYPES), None)
        if wrong is not None:
            raise refuse(f"There is no type {wrong}. Use one of {', '.join(TYPES)}.")
    if not all(one.name for one in table.inputs):
        raise refuse("Every input column needs a name.")
    if len(table.outputs) > 1 and not all(one.name for one in table.outputs):
        raise refuse("Every outcome column needs a name.")
    for number, line in enumerate(table.lines, 1):
        if len(line.when) != len(table.inputs) or len(line.then) != len(table.outputs):
            raise refuse(
                f"Rule {number} has {len(line.when)} tests and {len(line.then)} outcomes; the table has others."
            )
    if table.policy in {"C+", "C<", "C>"} and len(table.outputs) > 1:
        raise refuse(f"The hit policy {table.policy} adds up one outcome. Remove the other columns.")
    if table.policy in {"P", "O"} and not any(one.values for one in table.outputs):
        raise refuse("Priorities need the outcomes listed in their order. List them in an outcome column.")


def decide(table: Ready, values: Mapping[str, Any]) -> Outcome:
    """The outcome for these values under the table's hit policy, with the rules that hit."""
    kinds = {one.name: one.type for one in table.table.inputs}
    names = {name: given(value, kinds.get(name, "")) for name, value in values.items()}
    found = [evaluate(node, names) for node in table.inputs]
    wrong = _outside(table, found)
    if wrong:
        return Outcome(None, (), wrong)
    hits = [
        number
        for number, tests in enumerate(table.tests)
        if all(passes(test, value, names) for test, value in zip(tests, found, strict=True))
    ]
    outputs = [tuple(evaluate(node, names) for node in table.entries[number]) for number in hits]
    if not hits and table.defaults is not None:
        default = tuple(evaluate(node, names) for node in table.defaults)
        return Outcome(_shaped(table, default), (), "", (_named(table, default),))
    return _by_policy(table, hits, outputs)


def _outside(table: Ready, found: list[Value]) -> str:
    """An input that is none of the listed values is a mistake, not a case."""
    for column, value in zip(table.table.inputs, found, strict=True):
        if column.values and value is not None:
            allowed = unary(", ".join(column.values), ())
            if not passes(allowed, value, {}):
                return f"{column.label or column.name} is none of the listed values {', '.join(column.values)}."
    return ""


def _by_policy(table: Ready, hits: list[int], outputs: list[tuple[Value, ...]]) -> Outcome:
    policy = table.table.policy
    numbers = [number + 1 for number in hits]
    if policy == "U" and len(hits) > 1:
        return Outcome(None, tuple(numbers), f"Rules {_and(numbers)} hit at once, and the hit policy is Unique.")
    if policy == "A" and any(not _same(one, outputs[0]) for one in outputs):
        return Outcome(None, tuple(numbers), f"Rules {_and(numbers)} hit with different outcomes; the policy is Any.")
    if policy in {"P", "O"}:
        order = sorted(range(len(hits)), key=lambda at: _rank(table, outputs[at]))
        numbers, outputs = [numbers[at] for at in order], [outputs[at] for at in order]
    if policy in SINGLE:
        if not outputs:
            return Outcome(None)
        kept = tuple(numbers) if policy == "A" else tuple(numbers[:1])
        return Outcome(_shaped(table, outputs[0]), kept, "", (_named(table, outputs[0]),))
    all_of_them = tuple(_named(table, one) for one in outputs)
    if policy == "C#":
        return Outcome(given(len(outputs)), tuple(numbers), "", all_of_them)
    if policy in {"R", "O", "C"}:
        return Outcome([_shaped(table, one) for one in outputs], tuple(numbers), "", all_of_them)
    values = [one[0] for one in outputs]
    if not values:
        return Outcome(None)
    found = total(values) if policy == "C+" else FUNCTIONS["min" if policy == "C<" else "max"].run(values)
    return Outcome(found, tuple(numbers), "", all_of_them)


def _same(left: tuple[Value, ...], right: tuple[Value, ...]) -> bool:
    return all(equal(one, other) is True for one, other in zip(left, right, strict=True))


def _rank(table: Ready, output: tuple[Value, ...]) -> tuple[int, ...]:
    return tuple(
        next((place for place, one in enumerate(order) if equal(one, value)), len(order)) if order else 0
        for order, value in zip(table.priorities, output, strict=True)
    )


def _named(table: Ready, output: tuple[Value, ...]) -> dict[str, Value]:
    return {column.name or "outcome": value for column, value in zip(table.table.outputs, output, strict=True)}


def _shaped(table: Ready, output: tuple[Value, ...]) -> Value:
    return output[0] if len(table.table.outputs) == 1 else _named(table, output)


def _and(numbers: Sequence[int]) -> str:
    return f"{', '.join(str(one) for one in numbers[:-1])} and {numbers[-1]}"


def is_constant(tests: Tests) -> bool:
    """Whether the cell's bounds are written out, so that it can be searched for gaps."""
    nodes = [node for test in tests.tests for node in (getattr(test, "node", None), getattr(test, "low", None), getattr(test, "high", None)) if node is not None]  # fmt: skip
    return all(isinstance(node, Const) or _negated_number(node) for node in nodes)


def _negated_number(node: Node) -> bool:
    return isinstance(getattr(node, "operand", None), Const)


def from_data(data: Any) -> Table:
    """A table from its stored JSON; refuses what has another shape."""
    try:
        return Table(
            tuple(Input(_text(o["name"]), _text(o.get("type", "")), _texts(o.get("values", ())), _text(o.get("label", ""))) for o in data["inputs"]),
            tuple(
                Output(_text(o.get("name", "")), _text(o.get("type", "")), _texts(o.get("values", ())), _text(o.get("default", "")), _text(o.get("label", "")))
                for o in data["outputs"]
            ),
            tuple(Line(_texts(o["when"]), _texts(o["then"]), _text(o.get("note", ""))) for o in data.get("rules", ())),
            _text(data.get("policy", "U")),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(
            "A table is written with inputs, outputs, policy and rules, each rule with when and then.",
            code="bad_table",
            field="table",
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise TypeError("a text is expected")
    return value.strip()


def _texts(values: Any) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError("a list is expected")
    return tuple(_text(one) for one in values)


def to_data(table: Table) -> dict[str, Any]:
    return {
        "policy": table.policy,
        "inputs": [{"name": o.name, "type": o.type, "values": list(o.values), "label": o.label} for o in table.inputs],
        "outputs": [
            {"name": o.name, "type": o.type, "values": list(o.values), "default": o.default, "label": o.label}
            for o in table.outputs
        ],
        "rules": [{"when": list(o.when), "then": list(o.then), "note": o.note} for o in table.lines],
    }
