"""Reads decisions from DMN XML (1.1 to 1.5), refusing what is hostile or outside the subset with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from apps.core.errors import Refused
from apps.workflows.dmn.table import Input, Line, Output, Table

MOST_BYTES = 2_000_000
POLICIES = {
    "UNIQUE": "U",
    "ANY": "A",
    "PRIORITY": "P",
    "FIRST": "F",
    "RULE ORDER": "R",
    "OUTPUT ORDER": "O",
    "COLLECT": "C",
}
AGGREGATES = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#", "": ""}
KNOWN_TYPES = {"string", "number", "boolean", "date", "time", "duration"}
TYPES = {name: name for name in KNOWN_TYPES} | {
    "dateTime": "date and time",
    "date and time": "date and time",
    "dayTimeDuration": "duration",
    "days and time duration": "duration",
    "yearMonthDuration": "duration",
    "years and months duration": "duration",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a file: a table, or a literal expression as text."""

    name: str
    logic: Table | str
    needs: tuple[str, ...] = ()  # names of decisions and inputs it depends on


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    decisions: tuple[Decision, ...]
    inputs: tuple[str, ...] = ()


def refuse(message: str, code: str = "bad_dmn") -> Refused:
    return Refused(message, code=code, field="file")


def read(content: bytes) -> Model:
    """The decisions in a DMN file."""
    if len(content) > MOST_BYTES:
        raise refuse(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it.", "dmn_too_large")
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refuse(
            "The file declares entities or a document type. Export it again without.", "dmn_hostile"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise refuse(f"The file is no XML: {error}. Export it again as DMN.") from error
    if _tag(root) != "definitions" or "/DMN/" not in str(root.tag):
        raise refuse("The file is no DMN model. Its first element is 'definitions' of DMN.")
    titles = {one.get("id", ""): one.get("name", "") for one in root if _tag(one) in ("decision", "inputData")}
    found = [_decision(one, titles) for one in root if _tag(one) == "decision"]
    inputs = tuple(one.get("name", "") for one in root if _tag(one) == "inputData")
    return Model(root.get("name", ""), tuple(found), inputs)


def _tag(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _children(element: Any, name: str) -> list[Any]:
    return [one for one in element if _tag(one) == name]


def _text(element: Any, *path: str) -> str:
    for name in path:
        element = next(iter(_children(element, name)), None)
        if element is None:
            return ""
    return (element.text or "").strip()


def _decision(element: Any, titles: dict[str, str]) -> Decision:
    name = element.get("name", "")
    needs = tuple(
        titles.get(one.get("href", "").lstrip("#"), "")
        for requirement in _children(element, "informationRequirement")
        for one in requirement
    )
    tables = _children(element, "decisionTable")
    if tables:
        return Decision(name, _table(tables[0], name), needs)
    literal = _children(element, "literalExpression")
    if literal:
        return Decision(name, _text(literal[0], "text"), needs)
    kinds = [
        _tag(one) for one in element if _tag(one) in ("context", "invocation", "list", "relation", "functionDefinition")
    ]
    raise refuse(
        f"Decision “{name}” is {f'a {kinds[0]}' if kinds else 'empty'}. Decision tables and literal expressions are read.",
        "dmn_not_supported",
    )


def _table(element: Any, name: str) -> Table:
    hit = element.get("hitPolicy", "UNIQUE").upper()
    aggregate = element.get("aggregation", "").upper()
    if hit not in POLICIES or aggregate not in AGGREGATES:
        raise refuse(f"Decision “{name}” has the hit policy {hit} {aggregate}, which DMN does not have.")
    inputs = tuple(
        Input(
            _text(one, "inputExpression", "text"),
            _type(one, "inputExpression"),
            _values(one, "inputValues"),
            one.get("label", ""),
        )
        for one in _children(element, "input")
    )
    outputs = tuple(
        Output(
            one.get("name", ""),
            TYPES.get(one.get("typeRef", "").rpartition(":")[2], ""),
            _values(one, "outputValues"),
            _text(one, "defaultOutputEntry", "text"),
            one.get("label", ""),
        )
        for one in _children(element, "output")
    )
    lines = tuple(
        Line(
            tuple(_text(one, "text") for one in _children(rule, "inputEntry")),
            tuple(_text(one, "text") for one in _children(rule, "outputEntry")),
            _text(rule, "annotationEntry", "text") or _text(rule, "description"),
        )
        for rule in _children(element, "rule")
    )
    return Table(inputs, outputs, lines, POLICIES[hit] + (AGGREGATES[aggregate] if hit == "COLLECT" else ""))


def _type(element: Any, child: str) -> str:
    found = next(iter(_children(element, child)), None)
    return TYPES.get((found.get("typeRef", "") if found is not None else "").rpartition(":")[2], "")


def _values(element: Any, name: str) -> tuple[str, ...]:
    text = _text(element, name, "text")
    return tuple(split_list(text)) if text else ()


def split_list(text: str) -> list[str]:
    """The parts of “"a, b", 3” between the commas that stand outside quotation marks and brackets."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, sign in enumerate(text):
        if sign == '"' and text[at - 1 : at] != "\\":
            quoted = not quoted
        elif not quoted and sign in "([":
            depth += 1
        elif not quoted and sign in ")]":
            depth -= 1
        elif sign == "," and not quoted and depth <= 0:
            parts.append(text[start:at].strip())
            start = at + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]
