"""Everything that must hold before a workflow may run, each fault at its element and line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from apps.core.access.matrix import ROLES
from apps.core.errors import Refused
from apps.core.resources.resource import by_path
from apps.work.fields import check_fields
from apps.workflows.bpmn.checks import formula_findings, unsupported
from apps.workflows.bpmn.model import Field, Finding, Model, Node
from apps.workflows.bpmn.reading import read
from apps.workflows.bpmn.soundness import check_soundness, finding
from apps.workflows.models import Decision, Workflow


def check(xml: str) -> list[Finding]:
    """All findings on a diagram, the serious ones first. Refuses what cannot be read at all."""
    model = read(xml.encode())
    process = model.process()
    found = [*unsupported(model), *check_soundness(process), *formula_findings(process), *_bindings(model)]
    unique = {(one.element, one.message): one for one in found}
    return sorted(unique.values(), key=lambda one: (not one.serious, one.line))


def refuse_unfit(xml: str) -> Model:
    """The model, or a refusal that carries every serious finding with its place."""
    serious = [one for one in check(xml) if one.serious]
    if serious:
        more = f" And {len(serious) - 1} more." if len(serious) > 1 else ""
        raise Refused(
            f"Line {serious[0].line}: {serious[0].message}{more}",
            code="not_sound",
            field="xml",
            details={"findings": [_said(one) for one in serious]},
        )
    return read(xml.encode())


def _said(one: Finding) -> dict[str, Any]:
    return {key: value for key, value in asdict(one).items() if key != "serious"}


def _bindings(model: Model) -> Iterator[Finding]:
    """What steps name outside the diagram: actions, decisions, workflows, roles and fields."""
    for _, node in model.process().body.walk():
        match node.kind:
            case "serviceTask":
                yield from _action(node)
            case "businessRuleTask":
                if not node.work.decision:
                    yield finding(node, "names no decision table. Choose one.", "no_decision")
                elif not Decision.objects.filter(code=node.work.decision).exists():
                    yield finding(
                        node, f"asks the decision “{node.work.decision}”, which does not exist.", "no_decision"
                    )
            case "callActivity":
                if not node.work.called:
                    yield finding(node, "calls no workflow. Choose one.", "no_workflow")
                elif not Workflow.objects.filter(code=node.work.called).exists():
                    yield finding(
                        node, f"calls the workflow “{node.work.called}”, which does not exist.", "no_workflow"
                    )
        yield from _people(node)


def _action(node: Node) -> Iterator[Finding]:
    path, _, name = node.work.action.rpartition(".")
    resource = by_path(path)
    action = resource.action(name) if resource is not None else None
    if not node.work.action:
        yield finding(node, "runs no action. Choose one, such as tasks.open.", "no_action")
    elif action is None or not action.automation:
        yield finding(node, f"runs the action “{node.work.action}”, which does not exist for automation.", "no_action")
    else:
        fields = action.form.base_fields
        for one in node.work.values:
            if one.target not in fields:
                known = ", ".join(fields) or "none"
                yield finding(
                    node,
                    f"gives “{one.target}”, which “{action.label}” does not ask for. It asks for: {known}.",
                    "no_field",
                )
        given = {one.target for one in node.work.values}
        for key, field in fields.items():
            if field.required and key not in given and field.initial is None:
                yield finding(node, f"does not give “{key}”, which “{action.label}” needs.", "field_missing")
        if action.kind != "create" and not node.work.record:
            yield finding(node, f"does not say on which record to run “{action.label}”.", "no_record")


def _people(node: Node) -> Iterator[Finding]:
    if node.work.role and node.work.role not in ROLES:
        yield finding(
            node, f"is for the role “{node.work.role}”, which does not exist. Use one of {', '.join(ROLES)}.", "no_role"
        )
    try:
        check_fields([field_data(one) for one in node.work.form])
    except Refused as refusal:
        yield finding(node, f"asks for what a form cannot: {refusal.message}", "form")


def field_data(one: Field) -> dict[str, Any]:
    """A field of a diagram as tasks know it."""
    return {
        "name": one.name,
        "label": one.label,
        "kind": one.kind,
        "required": one.required,
        "choices": list(one.choices),
        "unit": one.unit,
        "low": one.low or None,
        "high": one.high or None,
        "help": one.help,
    }
