"""Small diagrams from short text, and a player that does a process's work by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.workflows.bpmn.model import Process
from apps.workflows.bpmn.reading import read
from apps.workflows.engine.advancing import advance
from apps.workflows.engine.effects import Effect, Ended, Entered, Escalated, Left, Sent, Signalled, Stopped, Wanted
from apps.workflows.engine.state import State

KINDS = {
    "start": "startEvent", "end": "endEvent", "task": "task", "user": "userTask", "manual": "manualTask",
    "service": "serviceTask", "send": "sendTask", "receive": "receiveTask", "rule": "businessRuleTask",
    "call": "callActivity", "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway",
    "race": "eventBasedGateway", "catch": "intermediateCatchEvent", "throw": "intermediateThrowEvent",
    "boundary": "boundaryEvent", "sub": "subProcess",
}  # fmt: skip
TOP = """
  <bpmn:message id="M1" name="paid" {key}/><bpmn:signal id="S1" name="alarm"/>
  <bpmn:error id="E1" name="broken" errorCode="E1"/><bpmn:error id="E2" name="other" errorCode="E2"/>
  <bpmn:escalation id="X1" name="late" escalationCode="X1"/>
"""
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def nodes(text: str) -> str:
    """`kind:id` each, separated by blanks."""
    return "".join(node(*one.split(":")) for one in text.split())


def node(kind: str, key: str, inner: str = "", **attributes: str) -> str:
    written = "".join(f' {name.replace("__", ":")}="{value}"' for name, value in attributes.items())
    return f'<bpmn:{KINDS[kind]} id="{key}" name="{key}"{written}>{inner}</bpmn:{KINDS[kind]}>'


def flows(text: str, prefix: str = "") -> str:
    """`a>b` or `a>b[x > 1]` each, separated by semicolons; its id is a_b."""
    found = []
    for one in filter(None, (part.strip() for part in text.split(";"))):
        way, _, condition = one.partition("[")
        source, target = (end.strip() for end in way.split(">"))
        inner = ""
        if condition:
            words = condition.rstrip("] ").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            inner = f"<bpmn:conditionExpression>{words}</bpmn:conditionExpression>"
        found.append(
            f'<bpmn:sequenceFlow id="{prefix}{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}'
            "</bpmn:sequenceFlow>"
        )
    return "".join(found)


def timer(text: str, kind: str = "timeDuration") -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def event(kind: str, ref: str = "") -> str:
    reference = f' {kind}Ref="{ref}"' if ref else ""
    return f"<bpmn:{kind}EventDefinition{reference}/>"


def link(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


def loop(*, sequential: bool = False, count: str = "", until: str = "", **attributes: str) -> str:
    written = "".join(f' ops:{name}="{value}"' for name, value in attributes.items())
    inner = f"<bpmn:loopCardinality>{count}</bpmn:loopCardinality>" if count else ""
    inner += f"<bpmn:completionCondition>{until}</bpmn:completionCondition>" if until else ""
    sign = str(sequential).lower()
    return (
        f'<bpmn:multiInstanceLoopCharacteristics isSequential="{sign}"{written}>{inner}'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )


def extension(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def field(name: str, kind: str = "text", **attributes: str) -> str:
    written = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<ops:field name="{name}" kind="{kind}"{written}/>'


def diagram(content: str, *, top: str = TOP, key: str = "", process: str = "p") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ops="urn:opsplatform:bpmn:1" '
        f'id="d" targetNamespace="http://example.org/bpmn">{top.format(key=key)}\n'
        f'<bpmn:process id="{process}" name="{process}" isExecutable="true">\n{content}\n</bpmn:process>\n'
        "</bpmn:definitions>"
    ).encode()


def simple(parts: str, ways: str) -> bytes:
    return diagram(nodes(parts) + flows(ways))


class Player:
    """Holds a case in memory and does its work when told."""

    def __init__(self, data: bytes | Process, *, node: str = "", **values: Any) -> None:
        self.process = data if isinstance(data, Process) else read(data).process()
        self.state = State()
        self.now = NOON
        self.log: list[Effect] = []
        self.do({"kind": "start", "node": node, "values": values})

    def do(self, happening: dict[str, Any]) -> list[Effect]:
        self.state, effects = advance(self.process, self.state, happening, now=self.now)
        assert State.of(self.state.plain()) == self.state
        self.log += effects
        return effects

    def tasks(self) -> list[str]:
        """Names of the open work, in order of arrival."""
        gone = {one.token for one in self.log if isinstance(one, Left)}
        return [one.node for one in self.log if isinstance(one, Wanted) and one.token not in gone]

    def token(self, node: str) -> int:
        gone = {one.token for one in self.log if isinstance(one, Left)}
        return next(
            one.token for one in self.log if isinstance(one, Wanted) and one.node == node and one.token not in gone
        )

    def done(self, node: str, **values: Any) -> list[str]:
        self.do({"kind": "done", "token": self.token(node), "values": values})
        return self.tasks()

    def fail(self, node: str, code: str) -> list[str]:
        self.do({"kind": "failed", "token": self.token(node), "code": code})
        return self.tasks()

    def pass_time(self, **length: int) -> list[str]:
        """Time goes by; timers that are due fire in order."""
        self.now += timedelta(**length)
        while True:
            due = [one for one in self.state.waits.values() if one.due and datetime.fromisoformat(one.due) <= self.now]
            if not due:
                return self.tasks()
            first = min(due, key=lambda one: (one.due, one.id))
            self.do({"kind": "fired", "wait": first.id})

    def tell(self, kind: str, name: str, **values: Any) -> list[str]:
        for wait in [one for one in self.state.waits.values() if one.kind == kind and one.name == name]:
            self.do({"kind": "fired", "wait": wait.id, "values": values})
        return self.tasks()

    def of(self, kind: type) -> list[Any]:
        return [one for one in self.log if isinstance(one, kind)]

    @property
    def visited(self) -> list[str]:
        return [one.node for one in self.of(Entered)]

    @property
    def status(self) -> str:
        return self.state.status


__all__ = ["Ended", "Escalated", "Player", "Sent", "Signalled", "Stopped"]
