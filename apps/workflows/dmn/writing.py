"""Writes a decision table as DMN 1.3 XML, so that other tools can open it and this one reads the same again."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from apps.workflows.dmn.table import Table

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
POLICIES = {
    "U": "UNIQUE",
    "A": "ANY",
    "P": "PRIORITY",
    "F": "FIRST",
    "R": "RULE ORDER",
    "O": "OUTPUT ORDER",
    "C": "COLLECT",
}
AGGREGATES = {"+": "SUM", "<": "MIN", ">": "MAX", "#": "COUNT"}
TYPES = {"date and time": "dateTime", "duration": "dayTimeDuration"}
_NAME = re.compile(r"[^\W\d][\w -]*")


def write(table: Table, *, code: str, name: str) -> bytes:
    """The table as a DMN file with one decision and its inputs."""
    root = Element(
        "definitions", {"xmlns": NAMESPACE, "id": f"_{code}", "name": name, "namespace": f"urn:decision:{code}"}
    )
    decision = SubElement(root, "decision", {"id": f"_{code}-decision", "name": name})
    SubElement(decision, "variable", {"name": name})
    wanted = [one for one in table.inputs if _NAME.fullmatch(one.name)]
    for at, _ in enumerate(wanted, 1):
        requirement = SubElement(decision, "informationRequirement", {"id": f"_{code}-need-{at}"})
        SubElement(requirement, "requiredInput", {"href": f"#_{code}-input-{at}"})
    _table(SubElement(decision, "decisionTable", _policy(table)), table, code)
    for at, one in enumerate(wanted, 1):
        data = SubElement(root, "inputData", {"id": f"_{code}-input-{at}", "name": one.name})
        SubElement(data, "variable", {"name": one.name} | _type(one.type))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'.encode()


def _policy(table: Table) -> dict[str, str]:
    aggregate = AGGREGATES.get(table.policy[1:])
    return {"hitPolicy": POLICIES[table.policy[0]]} | ({"aggregation": aggregate} if aggregate else {})


def _type(kind: str) -> dict[str, str]:
    return {"typeRef": TYPES.get(kind, kind)} if kind else {}


def _table(element: Element, table: Table, code: str) -> None:
    for at, one in enumerate(table.inputs, 1):
        column = SubElement(
            element, "input", {"id": f"_{code}-column-{at}"} | ({"label": one.label} if one.label else {})
        )
        _put(SubElement(column, "inputExpression", _type(one.type)), one.name)
        if one.values:
            _put(SubElement(column, "inputValues"), ", ".join(one.values))
    for at, result in enumerate(table.outputs, 1):
        names = {"name": result.name} if result.name else {}
        labels = {"label": result.label} if result.label else {}
        column = SubElement(element, "output", {"id": f"_{code}-output-{at}"} | names | labels | _type(result.type))
        if result.values:
            _put(SubElement(column, "outputValues"), ", ".join(result.values))
        if result.default:
            _put(SubElement(column, "defaultOutputEntry"), result.default)
    if any(line.note for line in table.lines):
        SubElement(element, "annotation", {"name": "Note"})
    for at, line in enumerate(table.lines, 1):
        rule = SubElement(element, "rule", {"id": f"_{code}-rule-{at}"})
        for text in line.when:
            _put(SubElement(rule, "inputEntry"), text or "-")
        for text in line.then:
            _put(SubElement(rule, "outputEntry"), text or "null")
        if any(each.note for each in table.lines):
            _put(SubElement(rule, "annotationEntry"), line.note)


def _put(element: Element, text: str) -> None:
    SubElement(element, "text").text = text
