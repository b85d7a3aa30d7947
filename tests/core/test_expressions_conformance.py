"""Published cases of CEL and JSON Logic that fall inside our formula language give their published results.

The rest is counted by reason, so that the part inside can grow and never shrink unseen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import Value

from apps.core.errors import Refused
from apps.core.expressions import Expression, parse
from tests.support import cel, jsonlogic
from tests.support.jsonlogic import Outside
from tests.support.shared_data import RULES, needs_rules

pytestmark = needs_rules
PLAIN = {"int", "uint", "double", "string", "bool"}
REFUSED = {
    "formula_type": "types that do not mix",
    "formula_arguments": "another number of arguments",
    "formula_too_long": "formulas too long",
    "formula_too_deep": "formulas too deep",
    "formula_syntax": "other syntax",
}
Case = tuple[str, Expression, dict[str, Any], Any]


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RULES / name).read_text())["cases"]
    return found


def parsed(text: str, names: Any) -> Expression:
    try:
        return parse(text, names=names)
    except Refused as refused:
        raise Outside(REFUSED.get(refused.code, "other syntax")) from None


def cel_cases(reasons: Counter[str]) -> Iterator[Case]:
    for case in cases("cel_cases.json"):
        try:
            if "value" not in case or not set(case["value"]) <= PLAIN:
                raise Outside("errors as results" if "error" in case else "lists, objects, bytes or types as results")
            if case["file"] == "namespace":
                raise Outside("namespaces")
            if "Ascii" in case["expr"] and not case["expr"].isascii():
                raise Outside("case of ASCII letters only")
            if "/ 0.0" in case["expr"] or "/0.0" in case["expr"]:
                raise Outside("infinity and not-a-number")
            text, names, values = cel.translated(case["expr"], case.get("bindings"))
            yield case["expr"], parsed(text, names), values, next(iter(case["value"].values()))
        except Outside as outside:
            reasons[str(outside)] += 1


def logic_cases(reasons: Counter[str]) -> Iterator[Case]:
    for case in cases("jsonlogic_cases.json"):
        try:
            if "result" not in case or isinstance(case["result"], list | dict):
                raise Outside("errors as results" if "error" in case else "lists or objects as results")
            text, names, values = jsonlogic.translated(case["rule"], case.get("data"))
            yield json.dumps(case["rule"]), parsed(text, names), values, case["result"]
        except Outside as outside:
            reasons[str(outside)] += 1


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, Decimal) and isinstance(expected, int | float) and not isinstance(expected, bool):
        return abs(found - Decimal(repr(expected))) <= Decimal("1e-9") * max(1, abs(found))
    return bool(found == expected and isinstance(found, bool) == isinstance(expected, bool))


READERS = [(cel_cases, 178, 1038), (logic_cases, 169, 759)]
# Of all that lies outside; a new reason is a decision.
REASONS = 28


@pytest.mark.parametrize(("read", "inside", "most"), READERS, ids=["cel", "jsonlogic"])
def test_cases_inside_give_the_published_results(read: Any, inside: int, most: int) -> None:
    reasons: Counter[str] = Counter()
    found = list(read(reasons))
    wrong = [(text, str(one)) for text, one, values, expected in found if not same(one.evaluate(values), expected)]
    assert wrong == []
    assert len(found) + sum(reasons.values()) == most
    assert len(found) >= inside, reasons
    assert len(reasons) <= REASONS, reasons


@pytest.mark.django_db
@pytest.mark.parametrize("read", [cel_cases, logic_cases], ids=["cel", "jsonlogic"])
def test_the_database_gives_them_too(read: Any) -> None:
    for text, one, values, expected in read(Counter()):
        fields = {name: Value(value) for name, value in values.items()}
        found = ContentType.objects.annotate(found=one.to_orm(fields)).values_list("found", flat=True)[0]
        assert same(found, expected), text
