"""Reads the inputs and expected results of the decision-table conformance files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import parse

from apps.workflows.dmn.values import moment

MOMENTS = {"date": "date", "time": "time", "dateTime": "date and time", "duration": "duration"}
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True)
class Case:
    model: str
    key: str
    values: dict[str, Any]
    results: dict[str, Any]


def cases_in(path: Path) -> list[Case]:
    root = parse(path).getroot()
    model = next(one.text.strip() for one in root if _tag(one) == "modelName")
    return [_case(model, one) for one in root if _tag(one) == "testCase"]


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _case(model: str, element: Any) -> Case:
    values = {one.get("name"): _value(one) for one in element if _tag(one) == "inputNode"}
    results = {}
    for one in element:
        if _tag(one) == "resultNode":
            expected = [child for child in one if _tag(child) == "expected"]
            results[one.get("name")] = _value(expected[0]) if expected else None
    return Case(model, element.get("id", ""), values, results)


def _value(element: Any) -> Any:
    children = list(element)
    if any(_tag(one) == "component" for one in children):
        return {one.get("name"): _value(one) for one in children}
    if any(_tag(one) == "list" for one in children):
        return [_value(item) for one in children for item in one]
    found = next((one for one in children if _tag(one) == "value"), None)
    if found is None or found.get(NIL) == "true":
        return None
    return _plain(found.get(TYPE, "xsd:string").rpartition(":")[2], found.text or "")


def _plain(kind: str, text: str) -> Any:
    if kind in ("decimal", "double", "integer", "int", "float"):
        return Decimal(text)
    if kind == "boolean":
        return text == "true"
    return moment(MOMENTS[kind], text) if kind in MOMENTS else re.sub(r"\r\n", "\n", text)
