"""What activities do: our own extension, and the simple parts of two well-known ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.core.access.matrix import ROLES
from apps.workflows.bpmn.formulas import formula
from apps.workflows.bpmn.model import Assigned, Field, Work
from apps.workflows.bpmn.names import CAMUNDA, OPS, ZEEBE, bpmn, ops
from apps.workflows.bpmn.xmltree import Element

FIELD_KINDS = {
    "string": "text", "long": "number", "integer": "number", "double": "number", "number": "number",
    "boolean": "yesno", "date": "date", "enum": "choice",
}  # fmt: skip
CODE = frozenset({"script", "executionListener", "taskListener", "class", "delegateExpression", "expression"})


def extended(element: Element) -> Iterator[Element]:
    """What stands in an element's extensions."""
    for holder in element.all(bpmn("extensionElements")):
        yield from holder.children


def foreign(element: Element, name: str) -> str:
    """An attribute of a well-known extension."""
    return next((found for uri in CAMUNDA if (found := element.get(f"{{{uri}}}{name}"))), "")


def role_code(words: str) -> str:
    """The code of a role that a lane, a group or an attribute names by code or by its full name."""
    wanted = words.strip().lower()
    return next((code for code, name in ROLES.items() if wanted in (code.lower(), name.lower())), "")


def work_of(element: Element) -> Work:
    """The settings of an activity; of what two extensions say, ours counts."""
    parts = list(extended(element))
    role = element.get(ops("role")) or next(iter(foreign(element, "candidateGroups").split(",")), "")
    decision = element.get(ops("decision")) or foreign(element, "decisionRef") or _zeebe(parts, "calledDecision")
    return Work(
        form=tuple(_fields(parts)),
        role=role_code(role) or role.strip(),
        assignee=formula(element.get(ops("assignee")) or foreign(element, "assignee")),
        due=element.get(ops("due")),
        sla_minutes=_number(element.get(ops("sla"))),
        rate=_amount(element.get(ops("rate"))),
        skill=element.get(ops("skill")),
        priority=element.get(ops("priority")),
        checklist=tuple(part.text.strip() for part in parts if part.tag == ops("check")),
        photo=element.get(ops("photo")) == "true",
        signature=element.get(ops("signature")) == "true",
        action=element.get(ops("action")),
        record=formula(element.get(ops("record"))),
        decision=decision,
        called=element.get(ops("called")) or element.get("calledElement") or _zeebe(parts, "calledElement"),
        message=element.get(ops("message")),
        key=formula(element.get(ops("key"))),
        result=element.get(ops("result")) or foreign(element, "resultVariable"),
        inputs=_assigned(parts, "input"),
        outputs=_assigned(parts, "output"),
        values=_assigned(parts, "value"),
    )


def variables_of(element: Element) -> tuple[tuple[str, str], ...]:
    """Values a process is told from outside, as it declares them."""
    return tuple(
        (part.get("name"), part.get("kind", "text")) for part in extended(element) if part.tag == ops("variable")
    )


def code_in(element: Element) -> Iterator[tuple[Element, str]]:
    """Places where another tool's extension would run code."""
    for uri in CAMUNDA:
        for name in ("class", "delegateExpression", "expression"):
            if element.get(f"{{{uri}}}{name}"):
                yield element, name
    for part in extended(element):
        for inner in part.walk():
            if inner.namespace in CAMUNDA and inner.name in CODE:
                yield inner, inner.name


def _assigned(parts: list[Element], name: str) -> tuple[Assigned, ...]:
    return tuple(Assigned(part.get("name"), formula(part.get("value"))) for part in parts if part.tag == ops(name))


def _zeebe(parts: list[Element], name: str) -> str:
    for part in parts:
        if part.tag == f"{{{ZEEBE}}}{name}":
            return part.get("decisionId") or part.get("processId")
    return ""


def _fields(parts: list[Element]) -> Iterator[Field]:
    for part in parts:
        if part.namespace == OPS and part.name == "field":
            yield Field(
                name=part.get("name"),
                label=part.get("label") or part.get("name"),
                kind=part.get("kind", "text"),
                required=part.get("required") == "true",
                choices=tuple(one.strip() for one in part.get("choices").split("|") if one.strip()),
                unit=part.get("unit"),
                low=part.get("low"),
                high=part.get("high"),
                help=part.get("help"),
            )
        elif part.namespace in CAMUNDA and part.name == "formData":
            yield from (_foreign_field(inner) for inner in part.children if inner.name == "formField")


def _foreign_field(part: Element) -> Field:
    rules = [one.get("name") for one in part.walk() if one.name == "constraint"]
    return Field(
        name=part.get("id"),
        label=part.get("label") or part.get("id"),
        kind=FIELD_KINDS.get(part.get("type"), "text"),
        required="required" in rules,
        choices=tuple(one.get("name") or one.get("id") for one in part.children if one.name == "value"),
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _amount(text: str) -> str:
    """A plain amount of money, else nothing."""
    return text if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,4})?", text) else ""
