"""Whether every case of a process can end properly: structure first, then every state that can be reached."""

from __future__ import annotations

from collections.abc import Iterator

from apps.core.expressions import Type
from apps.workflows.bpmn.checks import known_names
from apps.workflows.bpmn.coverage import complete
from apps.workflows.bpmn.model import ACTIVITIES, CATCHING, Body, Finding, Node, Process
from apps.workflows.bpmn.paths import leading_to, link_targets, reachable
from apps.workflows.bpmn.states import state_findings

AWAITED = frozenset({"timer", "message", "signal"})


def check_soundness(process: Process) -> list[Finding]:
    """What keeps a case from ending properly, each at its element. Findings that are not serious are advice."""
    names = known_names(process)
    found: list[Finding] = []
    for body, owner in _levels(process):
        structural = [*_starts(body, owner, process), *_reach(body), *_ends(body), *_events(body)]
        structural += [*_choices(body, names), *_links(body)]
        found += structural
        codes = {one.code for one in structural}
        if not codes & {"empty", "no_start"}:
            found += [one for one in state_findings(body) if one.code != "livelock" or "no_end" not in codes]
    return found + list(_errors(process))


def _levels(process: Process) -> Iterator[tuple[Body, Node | None]]:
    yield process.body, None
    for _, node in process.body.walk():
        if node.body is not None:
            yield node.body, node


def finding(node: Node, why: str, code: str, *, serious: bool = True) -> Finding:
    return Finding(
        element=node.id, line=node.line, code=code, message=f"“{node.title}” ({node.id}) {why}", serious=serious
    )


def _starts(body: Body, owner: Node | None, process: Process) -> Iterator[Finding]:
    starts = [node for node in body.nodes if node.kind == "startEvent"]
    if not body.nodes:
        title = owner.title if owner is not None else process.name or process.id
        yield Finding(
            element=owner.id if owner is not None else process.id,
            line=owner.line if owner is not None else process.line,
            code="empty",
            message=f"“{title}” is empty. Draw a start event, the steps and an end event.",
        )
    elif not body.starts():
        first = body.nodes[0]
        yield finding(first, "stands in a circle that nothing leads into. Put a start event before it.", "no_start")
    if owner is not None and owner.by_event:
        if len(starts) != 1 or starts[0].event_kind == "none":
            yield finding(owner, "starts by an event: give it one start event that says which.", "event_start")
    elif owner is not None and (len(starts) > 1 or any(one.event_kind != "none" for one in starts)):
        yield finding(owner, "is a sub-process: give it one plain start event.", "sub_start")


def _reach(body: Body) -> Iterator[Finding]:
    """Everything can be reached from a start, and from everything an end can be reached."""
    known = reachable(body, body.starts())
    for node in body.nodes:
        if node.id not in known and not node.by_event and not node.compensation:
            yield finding(node, "can never be reached. Connect it to what comes before it.", "unreachable")
    ending = leading_to(body, [node.id for node in body.nodes if _ends_here(body, node)])
    for node in body.nodes:
        if node.id in known and node.kind != "boundaryEvent" and node.id not in ending:
            yield finding(node, "leads to no end, so a case there never finishes. Draw a way out.", "no_end")


def _ends_here(body: Body, node: Node) -> bool:
    return not body.out(node.id) and not link_targets(body, node)


def _ends(body: Body) -> Iterator[Finding]:
    for node in body.nodes:
        into, out = body.into(node.id), body.out(node.id)
        if node.kind == "endEvent" and out:
            yield finding(node, "is an end event with a way on. Remove the flow behind it.", "end_goes_on")
        if node.kind == "startEvent" and into:
            yield finding(
                node, "is a start event that something leads to. Lead it to the step behind.", "start_entered"
            )
        if node.kind.endswith("Gateway") and not out:
            yield finding(node, "is a gateway without a way on. Draw what follows.", "gateway_ends")
        if node.kind in ACTIVITIES and not out and not node.by_event and not node.compensation:
            yield finding(node, "has no end event behind it; the way ends there.", "implicit_end", serious=False)


def _events(body: Body) -> Iterator[Finding]:
    for node in body.nodes:
        if node.kind == "boundaryEvent":
            host = body.by_id.get(node.attached_to)
            if host is None or host.kind not in ACTIVITIES:
                yield finding(node, "is not attached to an activity. Put it on one.", "boundary_host")
            if not body.out(node.id):
                yield finding(
                    node, "has no way on, so nobody handles what it catches. Draw what follows.", "no_handler"
                )
            if body.into(node.id):
                yield finding(node, "sits on an activity and cannot be led to. Remove the flow.", "boundary_entered")
        if node.kind == "eventBasedGateway":
            yield from _race(body, node)
        if node.kind == "intermediateCatchEvent" and node.event_kind == "none":
            yield finding(node, "waits for nothing. Say for which message, time or signal.", "waits_for_nothing")
        for event in node.events:
            if event.kind in ("message", "signal") and not event.name and node.kind in CATCHING:
                yield finding(node, f"waits for a {event.kind} without a name. Name it.", "unnamed")


def _race(body: Body, node: Node) -> Iterator[Finding]:
    targets = [body.by_id[flow.target] for flow in body.out(node.id)]
    if len(targets) < 2:
        yield finding(node, "waits for events: draw at least two behind it.", "race_alone")
    for one in targets:
        waits = one.kind == "receiveTask" or (one.kind == "intermediateCatchEvent" and one.event_kind in AWAITED)
        if not waits:
            yield finding(
                one, f"follows the event gateway “{node.title}” and waits for no event. Put an event there.", "race"
            )
        if len(body.into(one.id)) > 1:
            yield finding(one, f"may only be led to by the event gateway “{node.title}”.", "race_entered")


def _choices(body: Body, names: dict[str, Type]) -> Iterator[Finding]:
    for node in body.nodes:
        out = body.out(node.id)
        if node.default and node.default not in {flow.id for flow in out}:
            yield finding(node, f"has a default “{node.default}” that is none of its ways. Choose one.", "bad_default")
        if node.kind not in ("exclusiveGateway", "inclusiveGateway") or len(out) < 2:
            continue
        others = [flow for flow in out if flow.id != node.default]
        bare = [flow for flow in others if not flow.condition]
        for flow in bare:
            yield finding(
                node,
                f"has a way “{flow.name or flow.id}” ({flow.id}, line {flow.line}) without a condition. "
                "Write one, or make it the default.",
                "no_condition",
            )
        if not node.default and not bare and not complete([flow.condition for flow in others], names):
            yield finding(
                node,
                "has no default way, and its conditions may all be false. Make one way the default.",
                "no_default",
            )


def _links(body: Body) -> Iterator[Finding]:
    for node in body.nodes:
        if node.kind == "intermediateThrowEvent" and node.event_kind == "link":
            targets = len(link_targets(body, node))
            if targets != 1:
                why = "jumps to a link that is not drawn." if not targets else "jumps to a link drawn several times."
                yield finding(node, f"{why} Draw one link event “{node.events[0].name}” to catch it.", "link")


def _errors(process: Process) -> Iterator[Finding]:
    """An error that nothing catches ends the case as failed; that may be meant."""
    for body, node in process.body.walk():
        event = node.event
        if node.kind == "endEvent" and event is not None and event.kind == "error":
            if not event.code:
                yield finding(node, "ends with an error without a code. Give the error a code.", "unnamed")
            elif body is not process.body and not _caught(process, body, event.code):
                yield finding(
                    node,
                    f"ends with the error “{event.code}”, which nothing around it catches; the case then fails. "
                    "Put an error event on the border of the sub-process.",
                    "uncaught",
                )


def _caught(process: Process, body: Body, code: str) -> bool:
    """Whether an event sub-process or a boundary event on the way up catches the error."""
    owners = {id(node.body): (level, node) for level, node in process.body.walk() if node.body is not None}
    while True:
        for part in body.event_processes():
            if part.body is not None and any(_catches(one, code) for one in part.body.starts()):
                return True
        if id(body) not in owners:
            return False
        body, owner = owners[id(body)]
        if any(_catches(one, code) for one in body.boundary(owner.id)):
            return True


def _catches(node: Node, code: str) -> bool:
    return any(event.kind == "error" and event.code in ("", code) for event in node.events)
