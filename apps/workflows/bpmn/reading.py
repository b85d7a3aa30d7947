"""Reads a BPMN 2.0 file into a Model, and refuses what is broken or hostile with the element and the line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from apps.core.errors import Refused
from apps.workflows.bpmn import xmltree
from apps.workflows.bpmn.events import Named, read_event, read_loop
from apps.workflows.bpmn.extensions import role_code, variables_of, work_of
from apps.workflows.bpmn.formulas import formula
from apps.workflows.bpmn.layout import local, read_diagrams
from apps.workflows.bpmn.model import (
    NODES,
    SUB_PROCESSES,
    Artifact,
    Body,
    EventDefinition,
    Flow,
    Lane,
    MessageFlow,
    Model,
    Node,
    Participant,
    Process,
    Work,
)
from apps.workflows.bpmn.names import BPMN, bpmn, ops
from apps.workflows.bpmn.xmltree import Element

MOST_NODES = 5_000
ARTIFACTS = frozenset(
    {"dataObject", "dataObjectReference", "dataStoreReference", "textAnnotation", "group", "association"}
)
# What a level may hold besides; it is kept and drawn by nobody.
KNOWN = frozenset(
    {
        "documentation", "extensionElements", "laneSet", "ioSpecification", "property", "dataInputAssociation",
        "dataOutputAssociation", "incoming", "outgoing", "multiInstanceLoopCharacteristics", "auditing", "monitoring",
        "standardLoopCharacteristics", "resourceRole", "performer", "potentialOwner", "humanPerformer",
        "correlationSubscription", "supports", "completionCondition",
    }
)  # fmt: skip


@dataclass
class _Reader:
    """Walks the levels of one file; ids are unique across it."""

    named: Named
    ids: dict[str, int] = field(default_factory=dict)
    nodes: int = 0

    def body(self, element: Element) -> Body:
        nodes, flows, artifacts, lanes = [], [], [], []
        for part in element.children:
            if part.namespace != BPMN:
                continue
            if part.name in NODES:
                nodes.append(self.node(part))
            elif part.name == "sequenceFlow":
                flows.append(self.flow(part))
            elif part.name in ARTIFACTS:
                artifacts.append(self.artifact(part))
            elif part.name == "laneSet":
                lanes += [self.lane(one) for one in part.all(bpmn("lane"))]
            elif part.name not in KNOWN:
                raise Refused(
                    f"Line {part.line}: the element “{part.name}” ({part.get('id') or 'without id'}) is not known. "
                    "Remove it from the diagram.",
                    code="bpmn_unknown_element",
                )
        body = Body(tuple(nodes), tuple(flows), tuple(artifacts), tuple(lanes))
        _check_flows(body)
        return body

    def named_once(self, part: Element, *, needed: bool = True) -> str:
        key = part.get("id")
        if not key and needed:
            raise Refused(
                f"Line {part.line}: the element “{part.name}” has no id. Export the diagram again.",
                code="bpmn_no_id",
            )
        if key in self.ids:
            raise Refused(
                f"Line {part.line}: the id “{key}” was used before, on line {self.ids[key]}. Give each element its own.",
                code="bpmn_id_twice",
            )
        if key:
            self.ids[key] = part.line
        return key

    def node(self, part: Element) -> Node:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise Refused(
                f"Line {part.line}: the diagram has more than {MOST_NODES} elements. Split it into several.",
                code="bpmn_too_many",
            )
        key = self.named_once(part)
        if part.name == "scriptTask":
            raise Refused(
                f"Line {part.line}: “{part.get('name') or key}” ({key}) is a script task, and diagrams run no code "
                "here. Make it a service task with an action of the platform, or a business rule task.",
                code="bpmn_script",
            )
        return Node(
            id=key,
            kind=part.name,
            name=" ".join(part.get("name").split()),
            documentation=_documentation(part),
            events=tuple(
                event for one in part.children if (event := read_event(one, self.named)) is not None
            ) + _referred(part, self.named),
            attached_to=local(part.get("attachedToRef")),
            interrupting=part.get("cancelActivity", part.get("isInterrupting", "true")) != "false",
            default=local(part.get("default")),
            loop=read_loop(part),
            work=_work(part, self.named),
            body=self.body(part) if part.name in SUB_PROCESSES else None,
            by_event=part.get("triggeredByEvent") == "true",
            compensation=part.get("isForCompensation") == "true",
            instantiates=part.get("instantiate") == "true",
            line=part.line,
        )  # fmt: skip

    def flow(self, part: Element) -> Flow:
        condition = part.first(bpmn("conditionExpression"))
        return Flow(
            id=self.named_once(part),
            source=local(part.get("sourceRef")),
            target=local(part.get("targetRef")),
            name=" ".join(part.get("name").split()),
            condition=formula(condition.text) if condition is not None else "",
            conditional=condition is not None,
            line=part.line,
        )

    def artifact(self, part: Element) -> Artifact:
        text = part.first(bpmn("text"))
        return Artifact(
            id=self.named_once(part, needed=False),
            kind=part.name,
            name=(text.text if text is not None else part.get("name")).strip(),
            source=local(part.get("sourceRef")),
            target=local(part.get("targetRef")),
        )

    def lane(self, part: Element) -> Lane:
        inner = [one for holder in part.all(bpmn("childLaneSet")) for one in holder.all(bpmn("lane"))]
        return Lane(
            id=self.named_once(part, needed=False),
            name=part.get("name"),
            members=tuple(local(one.text) for one in part.all(bpmn("flowNodeRef"))),
            lanes=tuple(self.lane(one) for one in inner),
            role=role_code(part.get(ops("role")) or part.get("name")),
        )

    def process(self, part: Element) -> Process:
        key = self.named_once(part)
        executable = part.get("isExecutable") == "true"
        return Process(key, part.get("name"), executable, self.body(part), variables_of(part), part.line)


def read(data: bytes) -> Model:
    """The model in `data`. Refused: no XML, hostile XML, no BPMN, unknown elements, scripts, dangling flows, too much."""
    document = xmltree.parse(data)
    root = document.root
    if root.tag != bpmn("definitions"):
        raise Refused(
            f"Line {root.line}: this is no BPMN 2.0 diagram; it starts with “{root.name}”. Choose a .bpmn file.",
            code="not_bpmn",
        )
    reader = _Reader(Named.of(root))
    processes = tuple(reader.process(one) for one in root.all(bpmn("process")))
    if not processes:
        raise Refused("The diagram holds no process. Draw one and export it again.", code="bpmn_empty")
    together = root.all(bpmn("collaboration"))
    return Model(
        document=document,
        processes=processes,
        participants=tuple(_participant(one) for part in together for one in part.all(bpmn("participant"))),
        message_flows=tuple(_message_flow(one) for part in together for one in part.all(bpmn("messageFlow"))),
        artifacts=tuple(reader.artifact(one) for part in together for one in part.children if one.name in ARTIFACTS),
        diagrams=read_diagrams(root),
    )


def _participant(part: Element) -> Participant:
    return Participant(id=part.get("id"), name=part.get("name"), process=local(part.get("processRef")))


def _message_flow(part: Element) -> MessageFlow:
    return MessageFlow(
        id=part.get("id"),
        name=part.get("name"),
        source=local(part.get("sourceRef")),
        target=local(part.get("targetRef")),
    )


def _documentation(part: Element) -> str:
    return "\n".join(one.text.strip() for one in part.all(bpmn("documentation")) if one.text.strip())


def _referred(part: Element, named: Named) -> tuple[EventDefinition, ...]:
    """Event definitions that stand at the top of the file and are only pointed at."""
    found = []
    for one in part.all(bpmn("eventDefinitionRef")):
        definition = named.definitions.get(local(one.text))
        event = read_event(definition, named) if definition is not None else None
        if event is not None:
            found.append(event)
    return tuple(found)


def _work(part: Element, named: Named) -> Work:
    work = work_of(part)
    reference = local(part.get("messageRef"))
    if reference and not work.message:
        key = work.key or named.keys.get(reference, "")
        work = replace(work, message=named.messages.get(reference, reference), key=key)
    return work


def _check_flows(body: Body) -> None:
    known = body.by_id
    for flow in body.flows:
        for end, words in ((flow.source, "starts at"), (flow.target, "leads to")):
            if end not in known:
                raise Refused(
                    f"Line {flow.line}: the flow “{flow.name or flow.id}” ({flow.id}) {words} “{end}”, "
                    "which does not stand on the same level. Connect it again.",
                    code="bpmn_dangling",
                )
    for node in _attached(body.nodes):
        if node.attached_to not in known:
            raise Refused(
                f"Line {node.line}: the boundary event “{node.title}” ({node.id}) is attached to nothing. "
                "Put it on an activity.",
                code="bpmn_dangling",
            )


def _attached(nodes: Iterable[Node]) -> Iterable[Node]:
    return (node for node in nodes if node.kind == "boundaryEvent")
