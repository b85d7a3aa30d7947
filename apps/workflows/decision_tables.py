"""What is asked of a decision's draft: trying values, its saved cases, and whether it may be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.core.errors import Refused
from apps.workflows.dmn import regions, table
from apps.workflows.dmn.evaluating import evaluate
from apps.workflows.dmn.parsing import expression
from apps.workflows.dmn.regions import Region, Report
from apps.workflows.dmn.table import Outcome, Ready, Table
from apps.workflows.dmn.values import Value, given, plain_value, written
from apps.workflows.models import Decision

MOST_CASES = 200


@dataclass(frozen=True, slots=True)
class Checked:
    """One saved case and what the table says now."""

    name: str
    expected: str
    found: str
    passed: bool
    hits: tuple[int, ...] = ()


def ready_draft(decision: Decision) -> Ready:
    return table.ready(table.from_data(decision.table))


def typed(text: str, kind: str) -> Value:
    """What a person wrote into a try-out or case field: empty is missing, an untyped entry is S-FEEL or a text."""
    if not text.strip():
        return None
    if kind:
        return text if kind == "string" else given(text, kind)
    try:
        return evaluate(expression(text), {})
    except Refused:
        return text


def try_values(made: Ready, texts: dict[str, str]) -> Outcome:
    """The outcome for texts as people write them; refuses a text that is not of its column's type."""
    values = {}
    for column in made.table.inputs:
        text = texts.get(column.name, "")
        values[column.name] = typed(text, column.type)
        if text.strip() and values[column.name] is None and text.strip() != "null":
            raise Refused(f"“{text[:40]}” is no {column.type}. Change it.", code="wrong_type", field=column.name)
    return table.decide(made, values)


def check_cases(cases: Any, made: Table) -> None:
    """A case is {name, values: {input: text}, expect: an S-FEEL value}."""
    shape = Refused(
        "A saved case has a name, values by input and an expected outcome.", code="bad_cases", field="cases"
    )
    if not isinstance(cases, list):
        raise shape
    if len(cases) > MOST_CASES:
        raise Refused(f"A decision keeps at most {MOST_CASES} cases.", code="too_many_cases", field="cases")
    known = {one.name for one in made.inputs}
    for number, case in enumerate(cases, 1):
        if not isinstance(case, dict) or not isinstance(case.get("values"), dict):
            raise shape
        if not all(isinstance(one, str) for one in (case.get("name"), case.get("expect"), *case["values"].values())):
            raise shape
        unknown = sorted(set(case["values"]) - known)
        if unknown:
            raise Refused(f"Case {number} names “{unknown[0]}”, which is no input.", code="bad_cases", field="cases")
        try:
            expression(case["expect"] or "null")
        except Refused as error:
            raise table.located(f"Case {number}, expected outcome", error, "cases") from None


def run_cases(made: Ready, cases: list[dict[str, Any]]) -> list[Checked]:
    return [_run_case(made, case) for case in cases]


def _run_case(made: Ready, case: dict[str, Any]) -> Checked:
    expected = evaluate(expression(case["expect"] or "null"), {})
    try:
        outcome = try_values(made, case["values"])
    except Refused as error:
        return Checked(case["name"], case["expect"], error.message, False)
    found = outcome.problem or written(outcome.value)
    passed = not outcome.problem and plain_value(outcome.value) == plain_value(expected)
    return Checked(case["name"], case["expect"], found, passed, outcome.hits)


def refuse_unfit(decision: Decision) -> None:
    """A table that contradicts itself or fails a case is not published; gaps only warn."""
    made = ready_draft(decision)
    found = regions.report(made)
    wrong = contradictions(made, found)
    if wrong:
        raise Refused(
            f"{located(made, wrong[0])}. Change one of them, or choose another hit policy.",
            code="rules_overlap",
            field="table",
            details={"overlaps": [{"rules": list(one.rules), "where": where(made, one)} for one in wrong]},
        )
    failed = [one for one in run_cases(made, decision.cases) if not one.passed]
    if failed:
        first = failed[0]
        raise Refused(
            f"Case “{first.name}” expects {first.expected} and gets {first.found}. Change the case or the table.",
            code="case_fails",
            field="cases",
        )


def contradictions(made: Ready, found: Report) -> list[Region]:
    """Overlaps that the hit policy forbids: all under Unique, those with different outcomes under Any."""
    if made.table.policy == "U":
        return list(found.overlaps)
    return [one for one in found.overlaps if not one.agree] if made.table.policy == "A" else []


def where(made: Ready, region: Region) -> str:
    """Only the columns that matter: “amount [5..10), risk "high"”."""
    parts = [
        f"{column.label or column.name} {text}"
        for column, text in zip(made.table.inputs, region.where, strict=True)
        if text != "any"
    ]
    return ", ".join(parts) or "any values"


def located(made: Ready, region: Region) -> str:
    numbers = [str(one) for one in region.rules]
    return f"Rules {', '.join(numbers[:-1])} and {numbers[-1]} overlap at {where(made, region)}"
