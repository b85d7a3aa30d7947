"""The published level-2 cases of the DMN technology compatibility kit give their published results."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.workflows.dmn import reading, writing
from apps.workflows.dmn.graph import decide_in
from apps.workflows.dmn.table import Table
from tests.support.shared_data import RULES, needs_rules
from tests.support.tck import cases_in

pytestmark = needs_rules
FOLDER = RULES / "dmn_level2"
# Of the 82 cases in the 19 models; may grow, never shrink.
RESULTS = 82
CASES = [case for path in sorted(FOLDER.glob("*-test-*.xml")) for case in cases_in(path)] if FOLDER.exists() else []


def close(found: Any, expected: Any) -> bool:
    if isinstance(expected, Decimal) and isinstance(found, Decimal):
        return abs(found - expected) <= Decimal("1e-8") * max(1, abs(expected))
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(close(found.get(name), one) for name, one in expected.items())
    return bool(found == expected and type(found) is type(expected))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.model}-{case.key}")
def test_the_published_result(case: Any) -> None:
    model = reading.read((FOLDER / case.model).read_bytes())
    for name, expected in case.results.items():
        assert close(decide_in(model, name, case.values), expected), f"{name}: expected {expected}"


def test_no_case_is_left_out() -> None:
    assert len(CASES) == RESULTS


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.dmn")), ids=lambda path: path.stem)
def test_a_table_survives_writing_and_reading(path: Any) -> None:
    for decision in reading.read(path.read_bytes()).decisions:
        if isinstance(decision.logic, Table):
            again = reading.read(writing.write(decision.logic, code="x", name=decision.name))
            assert again.decisions[0].logic == decision.logic
