"""The parts of a BPMN diagram, as frozen data: what runs, what is drawn, and what the file said besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from apps.workflows.bpmn.xmltree import Document

TASKS = frozenset(
    {"task", "userTask", "manualTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask"}
)
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
NODES = ACTIVITIES | GATEWAYS | EVENTS
CATCHING = frozenset({"startEvent", "intermediateCatchEvent", "boundaryEvent"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question of a task's form."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    low: str = ""
    high: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """`target` becomes what the formula `source` gives."""

    target: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDefinition:
    """What an event waits for or throws. `name` is the message, signal or link; `code` the error or escalation."""

    kind: str
    name: str = ""
    code: str = ""
    timer: str = ""  # date, duration or cycle
    text: str = ""
    key: str = ""  # formula: what a message is correlated by
    working: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """An activity that runs several times: one after the other, all at once, or while a condition holds."""

    kind: str  # sequential, parallel or standard
    count: str = ""
    collection: str = ""
    item: str = ""
    collect: str = ""
    until: str = ""
    test_before: bool = False
    most: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an activity does and who does it, read from our own and from well-known extensions."""

    form: tuple[Field, ...] = ()
    role: str = ""
    assignee: str = ""
    due: str = ""
    sla_minutes: int = 0
    rate: str = ""  # what an hour of its work costs
    skill: str = ""
    priority: str = ""
    checklist: tuple[str, ...] = ()
    photo: bool = False
    signature: bool = False
    action: str = ""  # resource path and verb: requisitions.approve
    record: str = ""  # formula: the subject acted on, such as "order:12"
    decision: str = ""
    called: str = ""
    message: str = ""
    key: str = ""
    result: str = ""
    inputs: tuple[Assigned, ...] = ()
    outputs: tuple[Assigned, ...] = ()
    values: tuple[Assigned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    id: str
    source: str
    target: str
    name: str = ""
    condition: str = ""
    conditional: bool = False  # a condition was drawn, perhaps without words
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A task, sub-process, gateway or event."""

    id: str
    kind: str
    name: str = ""
    documentation: str = ""
    events: tuple[EventDefinition, ...] = ()
    attached_to: str = ""
    interrupting: bool = True
    default: str = ""
    loop: Loop | None = None
    work: Work = Work()
    body: Body | None = None
    by_event: bool = False  # an event sub-process
    compensation: bool = False
    instantiates: bool = False
    line: int = field(default=0, compare=False)

    @property
    def title(self) -> str:
        return self.name or self.id

    @property
    def event(self) -> EventDefinition | None:
        return self.events[0] if self.events else None

    @property
    def event_kind(self) -> str:
        return self.events[0].kind if self.events else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What is drawn beside the flow: data, notes, groups and the lines to them."""

    id: str
    kind: str
    name: str = ""
    source: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    id: str
    name: str
    members: tuple[str, ...] = ()
    lanes: tuple[Lane, ...] = ()
    role: str = ""

    def walk(self) -> Iterator[Lane]:
        yield self
        for lane in self.lanes:
            yield from lane.walk()


@dataclass(frozen=True)
class Body:
    """Nodes and flows of one level: a process, or a sub-process."""

    nodes: tuple[Node, ...] = ()
    flows: tuple[Flow, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    lanes: tuple[Lane, ...] = ()

    def __hash__(self) -> int:
        return hash((len(self.nodes), len(self.flows), self.nodes[0].id if self.nodes else ""))

    @cached_property
    def by_id(self) -> Mapping[str, Node]:
        return {node.id: node for node in self.nodes}

    @cached_property
    def flow_by_id(self) -> Mapping[str, Flow]:
        return {flow.id: flow for flow in self.flows}

    @cached_property
    def _out(self) -> Mapping[str, tuple[Flow, ...]]:
        return _grouped(self.flows, "source")

    @cached_property
    def _into(self) -> Mapping[str, tuple[Flow, ...]]:
        return _grouped(self.flows, "target")

    @cached_property
    def _boundary(self) -> Mapping[str, tuple[Node, ...]]:
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            if node.attached_to:
                found[node.attached_to] = (*found.get(node.attached_to, ()), node)
        return found

    def out(self, node: str) -> tuple[Flow, ...]:
        return self._out.get(node, ())

    def into(self, node: str) -> tuple[Flow, ...]:
        return self._into.get(node, ())

    def boundary(self, node: str) -> tuple[Node, ...]:
        return self._boundary.get(node, ())

    def starts(self) -> tuple[Node, ...]:
        """Where a token may appear by itself: start events, else activities nothing leads to."""
        events = tuple(node for node in self.nodes if node.kind == "startEvent")
        return events or tuple(
            node
            for node in self.nodes
            if not self.into(node.id) and not node.by_event and not node.attached_to and not node.compensation
        )

    def event_processes(self) -> tuple[Node, ...]:
        return tuple(node for node in self.nodes if node.by_event)

    def walk(self) -> Iterator[tuple[Body, Node]]:
        """Every node of this level and of those below, with the level it stands on."""
        for node in self.nodes:
            yield self, node
            if node.body is not None:
                yield from node.body.walk()


@dataclass(frozen=True)
class Process:
    id: str
    name: str
    executable: bool
    body: Body
    variables: tuple[tuple[str, str], ...] = ()  # declared: name and kind
    line: int = field(default=0, compare=False)

    def __hash__(self) -> int:
        return hash((self.id, len(self.body.nodes)))

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        return {node.id: node for _, node in self.body.walk()}

    @cached_property
    def bodies(self) -> Mapping[str, Body]:
        """The level each node stands on."""
        return {node.id: body for body, node in self.body.walk()}

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The role of the innermost lane that names one, for each node in a lane."""
        found: dict[str, str] = {}
        for lane in (inner for outer in self.body.lanes for inner in outer.walk()):
            for member in lane.members:
                if lane.role:
                    found[member] = lane.role
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    id: str
    name: str
    process: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFlow:
    id: str
    name: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    element: str
    box: Box
    label: Box | None = None
    horizontal: bool = True
    expanded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    element: str
    points: tuple[tuple[float, float], ...]
    label: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    element: str
    shapes: tuple[Shape, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Model:
    """A whole file. `document` is the file itself, lossless; the rest is what we understand of it."""

    document: Document = field(repr=False)
    processes: tuple[Process, ...] = ()
    participants: tuple[Participant, ...] = ()
    message_flows: tuple[MessageFlow, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    diagrams: tuple[Diagram, ...] = ()

    @property
    def shapes(self) -> tuple[Shape, ...]:
        return tuple(shape for diagram in self.diagrams for shape in diagram.shapes)

    @property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(edge for diagram in self.diagrams for edge in diagram.edges)

    def process(self, key: str = "") -> Process:
        """The named process, else the one that is meant to run; StopIteration never: a model has at least one."""
        named = [one for one in self.processes if one.id == key]
        meant = [one for one in self.processes if one.executable and one.body.nodes]
        filled = [one for one in self.processes if one.body.nodes]
        return (named or meant or filled or list(self.processes))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something at one place of a diagram: what it is, why, and what to do."""

    element: str
    line: int
    message: str
    code: str
    serious: bool = True


def _grouped(flows: tuple[Flow, ...], end: str) -> Mapping[str, tuple[Flow, ...]]:
    found: dict[str, list[Flow]] = {}
    for flow in flows:
        found.setdefault(getattr(flow, end), []).append(flow)
    return {key: tuple(one) for key, one in found.items()}
