"""Names what a diagram holds that can be drawn but not run, and formulas that do not parse, each at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.core.errors import Refused
from apps.core.expressions import Type, parse
from apps.workflows.bpmn.extensions import code_in
from apps.workflows.bpmn.model import Body, EventDefinition, Finding, Model, Node, Process
from apps.workflows.bpmn.timers import is_timer

WAITS = frozenset({"timer", "message", "signal"})
MAY = {
    "startEvent": WAITS | {"none", "error", "escalation"},
    "endEvent": frozenset({"none", "message", "signal", "error", "escalation", "terminate"}),
    "intermediateCatchEvent": WAITS | {"link"},
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation", "link"}),
    "boundaryEvent": WAITS | {"error", "escalation"},
}
WORDS = {
    "complexGateway": "Use exclusive, parallel or inclusive gateways.",
    "transaction": "Use a sub-process with error boundary events.",
    "adHocSubProcess": "Use a sub-process with its steps in order, or a task with a checklist.",
}
COUNTERS: dict[str, Type] = dict.fromkeys(
    ("nrOfInstances", "nrOfCompletedInstances", "nrOfActiveInstances", "loopCounter", "caseNumber"), Type.NUMBER
)
TYPES = {"number": Type.NUMBER, "reading": Type.NUMBER, "yesno": Type.BOOL, "date": Type.DATE}


def unsupported(model: Model, key: str = "") -> list[Finding]:
    """What of the process cannot run here, by element."""
    process = model.process(key)
    return [*_elements(process), *_code(model, process), *_others(model, process)]


def _others(model: Model, chosen: Process) -> Iterator[Finding]:
    """A file may hold several processes; a workflow is one of them, and the others are not left out in silence."""
    names = {one.process: one.name for one in model.participants}
    for one in model.processes:
        if one is not chosen and one.body.nodes:
            title = one.name or names.get(one.id) or one.id
            yield Finding(
                element=one.id,
                line=one.line,
                code="other_process",
                message=f"“{title}” ({one.id}) is another process of this file. It is kept and drawn, but cases do not "
                "run it. Import it as a workflow of its own.",
                serious=False,
            )


def _elements(process: Process) -> Iterator[Finding]:
    for body, node in process.body.walk():
        if node.kind in WORDS:
            yield _finding(node, f"cannot run here. {WORDS[node.kind]}")
        if node.compensation:
            yield _finding(node, "is for compensation, which does not run here. Draw the way back as a flow.")
        if len(node.events) > 1:
            yield _finding(node, "waits for several things at once. Draw one event for each.")
        kind = node.event_kind
        if node.kind in MAY and kind not in MAY[node.kind]:
            yield _finding(node, f"is a {kind} event, which does not run at this place.")
        if node.kind == "startEvent" and kind in ("error", "escalation") and body is process.body:
            yield _finding(node, f"starts by an {kind}; that only goes in an event sub-process.")
        if node.instantiates:
            yield _finding(node, "starts a case by itself. Put a message start event before it.")


def _code(model: Model, process: Process) -> Iterator[Finding]:
    nodes, flows = process.nodes, {flow.id for body in _levels(process.body) for flow in body.flows}
    for element in model.document.root.walk():
        key = element.get("id")
        if key in nodes or key in flows or key == process.id:
            for place, name in code_in(element):
                title = nodes[key].title if key in nodes else key
                yield Finding(
                    element=key,
                    line=place.line,
                    code="code",
                    message=f"“{title}” ({key}) would run code ({name}, line {place.line}). "
                    "No code runs here: choose an action of the platform instead.",
                )


def _levels(body: Body) -> Iterator[Body]:
    yield body
    for node in body.nodes:
        if node.body is not None:
            yield from _levels(node.body)


def _finding(node: Node, why: str, code: str = "unsupported") -> Finding:
    return Finding(element=node.id, line=node.line, code=code, message=f"“{node.title}” ({node.id}) {why}")


def known_names(process: Process) -> dict[str, Type]:
    """The values a process has: those it declares, those its forms ask for and those its mappings set."""
    names: dict[str, Type] = dict(COUNTERS)
    names.update({name: TYPES.get(kind, Type.TEXT) for name, kind in process.variables})
    for _, node in process.body.walk():
        names.update({one.name: TYPES.get(one.kind, Type.TEXT) for one in node.work.form})
        if node.work.result:
            names.setdefault(node.work.result, Type.TEXT)
    _by_mapping(process, names)
    return names


def _by_mapping(process: Process, names: dict[str, Type]) -> None:
    """What a mapping sets has the type of its formula, where that can be told."""
    for _, node in process.body.walk():
        for one in node.work.outputs:
            if one.target not in names:
                try:
                    names[one.target] = parse(one.source, names=names).type
                except Refused:
                    names[one.target] = Type.TEXT


def formula_findings(process: Process) -> list[Finding]:
    """Formulas that do not parse over the values the process has, with the element and the column."""
    names = known_names(process)
    found: list[Finding] = []
    for body, node in process.body.walk():
        for text, what, wanted in _formulas(body, node):
            problem = _problem(text, {**names, **_own_names(node, names)}, wanted)
            if problem:
                found.append(_finding(node, f"has {what} that cannot be used: {problem}", "formula"))
        found += [_finding(node, why, "timer") for event in node.events if (why := _timer(event, names))]
    return found


def _own_names(node: Node, names: Mapping[str, Type]) -> dict[str, Type]:
    """Names that only hold inside an activity: the item of a loop and what its inputs set."""
    own: dict[str, Type] = {}
    if node.loop is not None and node.loop.item and node.loop.item not in names:
        own[node.loop.item] = Type.TEXT
    return own


def _formulas(body: Body, node: Node) -> Iterator[tuple[str, str, Type | None]]:
    for flow in body.out(node.id):
        if flow.condition:
            yield flow.condition, f"a condition on “{flow.name or flow.id}” ({flow.id})", Type.BOOL
    loop = node.loop
    if loop is not None:
        if loop.count:
            yield loop.count, "a number of repetitions", Type.NUMBER
        if loop.until:
            yield loop.until, "a condition of its loop", Type.BOOL
    for one in node.work.inputs:
        yield one.source, f"an input “{one.target}”", None
    for one in node.work.values:
        yield one.source, f"a value “{one.target}”", None


def _problem(text: str, names: Mapping[str, Type], wanted: Type | None) -> str:
    try:
        found = parse(text, names=names).type
    except Refused as refusal:
        return refusal.message
    if wanted is not None and found is not wanted:
        return f"it gives a {found.value} where a {wanted.value} is expected."
    return ""


def _timer(event: EventDefinition, names: Mapping[str, Type]) -> str:
    if event.kind != "timer":
        return ""
    if not event.text:
        return "has a timer without a time. Write one such as PT2H or 2026-12-01T09:00:00Z."
    if is_timer(event) or not _problem(event.text, names, None):
        return ""
    return (
        f"has a timer “{event.text}” that is neither a time such as PT2H, P3D, R3/PT1H nor a formula of known values."
    )
