"""Whether the conditions of a gateway leave a case without a way, found by trying every value that matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from apps.core.errors import Refused
from apps.core.expressions import Type, parse
from apps.core.expressions.nodes import Binary, Call, Literal, Name, Node, Unary

MOST = 4_000
STEP = Decimal("0.0001")


def complete(conditions: Sequence[str], names: Mapping[str, Type]) -> bool:
    """True when one of the conditions holds for every value; False when one may be missing or it cannot be told."""
    try:
        trees = [parse(one, names=names) for one in conditions]
    except Refused:
        return False
    tried: dict[str, set[object]] = {}
    if not all(_collect(tree.root, tried) for tree in trees):
        return False
    size = 1
    for values in tried.values():
        size *= len(values)
    if size > MOST:
        return False
    keys = list(tried)
    return all(
        any(tree.evaluate(dict(zip(keys, values, strict=True))) is True for tree in trees)
        for values in product(*tried.values())
    )


def _collect(node: Node, tried: dict[str, set[object]]) -> bool:
    """Notes the values around which a name changes the answer; False for what is not understood."""
    match node:
        case Name(type=Type.BOOL):
            tried.setdefault(node.name, set()).update((True, False))
            return True
        case Literal(type=Type.BOOL):
            return True
        case Unary(operator="not"):
            return _collect(node.operand, tried)
        case Binary(operator="and" | "or"):
            return _collect(node.left, tried) and _collect(node.right, tried)
        case Binary(left=Name() as name, right=other) | Binary(left=other, right=Name() as name):
            value = _written(other)
            if value is None:
                return False
            tried.setdefault(name.name, set()).update(_around(value))
            return True
        case Call(function="ONE_OF", arguments=(Name() as name, *choices)):
            for choice in choices:
                tried.setdefault(name.name, set()).update(_around(_written(choice)))
            return True
    return False


def _written(node: Node) -> object:
    if isinstance(node, Unary) and isinstance(node.operand, Literal) and isinstance(node.operand.value, Decimal):
        return -node.operand.value
    return node.value if isinstance(node, Literal) else None


def _around(value: object) -> set[object]:
    if isinstance(value, bool):
        return {True, False}
    if isinstance(value, Decimal):
        return {value - STEP, value, value + STEP}
    if isinstance(value, date):
        return {value - timedelta(days=1), value, value + timedelta(days=1)}
    return {value, f"not {value}"}
