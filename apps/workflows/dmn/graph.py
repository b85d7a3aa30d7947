"""Evaluates one decision of a DMN file after the decisions it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.errors import Refused
from apps.workflows.dmn.evaluating import evaluate
from apps.workflows.dmn.parsing import expression
from apps.workflows.dmn.reading import Model
from apps.workflows.dmn.table import decide, ready
from apps.workflows.dmn.values import Value, given


def decide_in(model: Model, name: str, values: Mapping[str, Any], *, seen: tuple[str, ...] = ()) -> Value:
    """The value of the named decision; a decision that needs itself is refused."""
    decision = next((one for one in model.decisions if one.name == name), None)
    if decision is None:
        raise Refused(f"There is no decision “{name}” in this file.", code="unknown_decision")
    if name in seen:
        raise Refused(f"Decision “{name}” needs itself. Break the circle.", code="dmn_circle")
    known = {key: given(value) for key, value in values.items()}
    deciders = {one.name for one in model.decisions}
    for need in decision.needs:
        if need in deciders and need not in known:
            known[need] = decide_in(model, need, values, seen=(*seen, name))
    names = {*known, *model.inputs, *deciders}
    if isinstance(decision.logic, str):
        return evaluate(expression(decision.logic, names), known)
    return decide(ready(decision.logic, sorted(names)), known).value
