"""Reads what events wait for or throw, and how activities repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.workflows.bpmn.extensions import foreign
from apps.workflows.bpmn.formulas import formula
from apps.workflows.bpmn.layout import local
from apps.workflows.bpmn.model import EventDefinition, Loop
from apps.workflows.bpmn.names import BPMN, bpmn, ops
from apps.workflows.bpmn.xmltree import Element

KINDS = {
    "timerEventDefinition": "timer",
    "messageEventDefinition": "message",
    "signalEventDefinition": "signal",
    "errorEventDefinition": "error",
    "escalationEventDefinition": "escalation",
    "terminateEventDefinition": "terminate",
    "linkEventDefinition": "link",
    "compensateEventDefinition": "compensate",
    "conditionalEventDefinition": "conditional",
    "cancelEventDefinition": "cancel",
}
TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


@dataclass(frozen=True)
class Named:
    """Messages, signals, errors, escalations and shared event definitions, which stand at the top of a file."""

    messages: Mapping[str, str]
    keys: Mapping[str, str]
    signals: Mapping[str, str]
    errors: Mapping[str, str]
    escalations: Mapping[str, str]
    definitions: Mapping[str, Element]

    @classmethod
    def of(cls, root: Element) -> Named:
        def names(tag: str, code: str = "") -> dict[str, str]:
            return {
                one.get("id"): one.get(code) or one.get("name") or one.get("id") for one in root.all(bpmn(tag))
            }  # fmt: skip

        return cls(
            messages=names("message"),
            keys={one.get("id"): formula(one.get(ops("key"))) for one in root.all(bpmn("message"))},
            signals=names("signal"),
            errors=names("error", "errorCode"),
            escalations=names("escalation", "escalationCode"),
            definitions={one.get("id"): one for one in root.children if one.name in KINDS},
        )


def read_event(part: Element, named: Named) -> EventDefinition | None:
    kind = KINDS.get(part.name) if part.namespace == BPMN else None
    if kind is None:
        return None
    reference = local(part.get(f"{kind}Ref"))
    match kind:
        case "timer":
            return _timer(part)
        case "message":
            key = formula(part.get(ops("key"))) or named.keys.get(reference, "")
            return EventDefinition(kind=kind, name=named.messages.get(reference, reference), key=key)
        case "signal":
            return EventDefinition(kind=kind, name=named.signals.get(reference, reference))
        case "error":
            return EventDefinition(kind=kind, code=named.errors.get(reference, reference))
        case "escalation":
            return EventDefinition(kind=kind, code=named.escalations.get(reference, reference))
        case "link":
            return EventDefinition(kind=kind, name=part.get("name"))
        case "conditional":
            condition = part.first(bpmn("condition"))
            return EventDefinition(kind=kind, text=formula(condition.text) if condition is not None else "")
    return EventDefinition(kind=kind)


def _timer(part: Element) -> EventDefinition:
    working = part.get(ops("working")) == "true"
    for tag, timer in TIMERS.items():
        found = part.first(bpmn(tag))
        if found is not None and found.text.strip():
            return EventDefinition(kind="timer", timer=timer, text=formula(found.text), working=working)
    return EventDefinition(kind="timer", working=working)


def read_loop(part: Element) -> Loop | None:
    standard = part.first(bpmn("standardLoopCharacteristics"))
    if standard is not None:
        condition = standard.first(bpmn("loopCondition"))
        most = standard.get("loopMaximum")
        return Loop(
            kind="standard",
            until=formula(condition.text) if condition is not None else "",
            test_before=standard.get("testBefore") == "true",
            most=int(most) if most.isascii() and most.isdigit() else 0,
        )
    several = part.first(bpmn("multiInstanceLoopCharacteristics"))
    return None if several is None else _several(several)


def _several(part: Element) -> Loop:
    def text(tag: str) -> str:
        found = part.first(bpmn(tag))
        return "" if found is None else found.text.strip() or found.get("name") or found.get("id")

    return Loop(
        kind="sequential" if part.get("isSequential") == "true" else "parallel",
        count=formula(text("loopCardinality")),
        collection=formula(
            part.get(ops("collection")) or foreign(part, "collection") or local(text("loopDataInputRef"))
        ),
        item=part.get(ops("item")) or foreign(part, "elementVariable") or text("inputDataItem"),
        collect=part.get(ops("collect")) or local(text("loopDataOutputRef")),
        until=formula(text("completionCondition")),
    )
