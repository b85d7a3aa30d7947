"""A diagram as an SVG picture from its own layout, with marks for where cases stand; works without any script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap

from django.utils.safestring import SafeString

from apps.core.charts.svg import FONT, el, path_of, text
from apps.workflows.bpmn.arranging import with_places
from apps.workflows.bpmn.model import ACTIVITIES, EVENTS, GATEWAYS, Artifact, Box, Diagram, Edge, Model, Node, Shape

INK, LINE, GREY, PAPER = "#151A24", "#7A8394", "#454E60", "#FFFFFF"
SIGNS = {
    "exclusiveGateway": "×",
    "parallelGateway": "+",
    "inclusiveGateway": "○",
    "eventBasedGateway": "◇",
    "complexGateway": "*",
}
EVENT_SIGNS = {"timer": "◷", "message": "✉", "signal": "△", "error": "ϟ", "escalation": "↑", "terminate": "●", "link": "➜", "conditional": "≡", "compensate": "«", "cancel": "×"}  # fmt: skip
TASK_SIGNS = {"userTask": "☺", "manualTask": "☞", "serviceTask": "⚙", "sendTask": "✉", "receiveTask": "✉", "businessRuleTask": "▤", "callActivity": "⊞"}  # fmt: skip
MARGIN, LETTER = 24.0, 6.2
CAPTION = 44.0  # how far a caption may stand out beside its event


@dataclass(frozen=True, slots=True)
class Mark:
    """What to show at an element: a tone, a short text in a bubble, and words for who cannot see it."""

    tone: str
    bubble: str = ""
    words: str = ""


def draw(model: Model, *, title: str, marks: Mapping[str, Mark] | None = None) -> SafeString:
    """The whole picture. Colours carry classes, so that dark pages and print follow the theme."""
    placed = with_places(model)
    page = _page_of(placed)
    shapes, edges = page.shapes, page.edges
    if not shapes:
        return el("svg", el("title", title), xmlns="http://www.w3.org/2000/svg", width=1, height=1)
    nodes = {node.id: node for process in placed.processes for _, node in process.body.walk()}
    beside = {one.id: one for one in _artifacts(placed)}
    names = _names(placed)
    left, top, width, height = _frame(shapes, edges)
    kinds = {
        flow.id: flow.name for process in placed.processes for body, _ in process.body.walk() for flow in body.flows
    }
    parts = [
        _shape(one, nodes.get(one.element), beside.get(one.element), names, marks or {})
        for one in _in_order(shapes, nodes)
    ]
    parts += [_edge(one, kinds.get(one.element), one.element in kinds) for one in edges]
    parts += [_bubble(one.box, mark) for one in shapes if (mark := (marks or {}).get(one.element)) is not None]
    return el(
        "svg",
        el("title", title),
        _arrow(),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        width=int(width),
        height=int(height),
        viewBox=f"{left:g} {top:g} {width:g} {height:g}",
        role="img",
        aria_label=title,
        direction="ltr",
        font_family=FONT,
        font_size=11,
    )


def _page_of(model: Model) -> Diagram:
    """Of several drawings in a file, the one that shows most of the process that runs."""
    wanted = set(model.process().nodes)
    return max(model.diagrams, key=lambda one: len(wanted & {shape.element for shape in one.shapes}))


def _artifacts(model: Model) -> list[Artifact]:
    found = list(model.artifacts)
    for process in model.processes:
        found += process.body.artifacts
        for _, node in process.body.walk():
            found += node.body.artifacts if node.body is not None else ()
    return found


def _names(model: Model) -> dict[str, str]:
    """Pools and lanes by id."""
    found = {one.id: one.name for one in model.participants}
    for process in model.processes:
        for body in [process.body, *(node.body for _, node in process.body.walk() if node.body is not None)]:
            found |= {inner.id: inner.name for lane in body.lanes for inner in lane.walk()}
    return found


def _frame(shapes: tuple[Shape, ...], edges: tuple[Edge, ...]) -> tuple[float, float, float, float]:
    xs = [one.box.x for one in shapes] + [x for edge in edges for x, _ in edge.points]
    ys = [one.box.y for one in shapes] + [y for edge in edges for _, y in edge.points]
    far_x = [one.box.x + one.box.width for one in shapes] + xs
    far_y = [one.box.y + one.box.height + 28 for one in shapes] + ys
    left, top = min(xs) - MARGIN, min(ys) - MARGIN
    left -= CAPTION
    return left, top, max(far_x) + CAPTION + MARGIN - left, max(far_y) + MARGIN - top


def _in_order(shapes: tuple[Shape, ...], nodes: Mapping[str, Node]) -> list[Shape]:
    """Large frames first, so that what stands in them is seen; boundary events last."""

    def depth(one: Shape) -> tuple[int, float]:
        node = nodes.get(one.element)
        return (1 if node is not None and node.kind == "boundaryEvent" else 0, -one.box.width * one.box.height)

    return sorted(shapes, key=depth)


def _arrow() -> SafeString:
    head = el("path", d="M0 0L8 4L0 8z", fill=LINE, class_="c-arrow")
    return el("defs", el("marker", head, id="flow-end", markerWidth=8, markerHeight=8, refX=8, refY=4, orient="auto"))


def _shape(
    shape: Shape, node: Node | None, beside: Artifact | None, names: Mapping[str, str], marks: Mapping[str, Mark]
) -> SafeString:
    box, mark = shape.box, marks.get(shape.element)
    if node is not None and node.kind in EVENTS:
        parts = _event(box, node, mark)
    elif node is not None and node.kind in GATEWAYS:
        parts = _gateway(box, node, mark)
    elif node is not None and node.kind in ACTIVITIES:
        parts = _activity(box, node, mark, expanded=shape.expanded)
    elif beside is not None:
        parts = _beside(box, beside)
    else:
        parts = _pool(box, names.get(shape.element, ""), horizontal=shape.horizontal)
    words = f"{node.title}: {mark.words}" if node is not None and mark is not None and mark.words else ""
    return el("g", *([el("title", words)] if words else []), *parts, data_element=shape.element)


def _outline(mark: Mark | None, width: float) -> dict[str, object]:
    if mark is None:
        return {"class_": "c-node c-axis", "stroke": LINE, "stroke_width": width, "fill": PAPER}
    return {"class_": f"c-node c-d-{mark.tone}", "stroke": INK, "stroke_width": width + 1.5, "fill": PAPER}


def _event(box: Box, node: Node, mark: Mark | None) -> list[SafeString]:
    x, y, radius = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    dashes = "4 3" if node.kind == "boundaryEvent" and not node.interrupting else None
    width = 3.0 if node.kind == "endEvent" else 1.5
    parts = [el("circle", cx=x, cy=y, r=radius, stroke_dasharray=dashes, **_outline(mark, width))]
    if node.kind in ("intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"):
        parts.append(
            el("circle", cx=x, cy=y, r=radius - 3, fill="none", class_="c-axis", stroke=LINE, stroke_dasharray=dashes)
        )
    sign = EVENT_SIGNS.get(node.event_kind, "")
    if sign:
        parts.append(text(x, y + 5, sign, text_anchor="middle", font_size=14, class_="c-text c-strong", fill=INK))
    return parts + _caption(x, box.y + box.height + 13, node.name)


def _gateway(box: Box, node: Node, mark: Mark | None) -> list[SafeString]:
    x, y = box.x + box.width / 2, box.y + box.height / 2
    corners = f"M{x:g} {box.y:g}L{box.x + box.width:g} {y:g}L{x:g} {box.y + box.height:g}L{box.x:g} {y:g}z"
    sign = text(x, y + 8, SIGNS[node.kind], text_anchor="middle", font_size=24, class_="c-text c-strong", fill=INK)
    return [el("path", d=corners, **_outline(mark, 1.5)), sign, *_caption(x, box.y + box.height + 13, node.name)]


def _activity(box: Box, node: Node, mark: Mark | None, *, expanded: bool) -> list[SafeString]:
    dashes = "3 3" if node.by_event else None
    width = 3.0 if node.kind == "callActivity" else 1.5
    parts = [
        el("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=8, stroke_dasharray=dashes, **_outline(mark, width))
    ]  # fmt: skip
    inside = node.body is not None and node.body.nodes and expanded
    sign = TASK_SIGNS.get(node.kind, "")
    if sign:
        parts.append(text(box.x + 7, box.y + 15, sign, font_size=12))
    if node.loop is not None:
        loop = {"parallel": "|||", "sequential": "≡", "standard": "↻"}[node.loop.kind]
        parts.append(text(box.x + box.width / 2, box.y + box.height - 5, loop, text_anchor="middle", font_size=12))
    if inside:
        parts.append(text(box.x + 10, box.y + 16, node.name, class_="c-text c-strong", fill=INK, font_weight=600))
        return parts
    lines = _lines(node.name, box.width - 16, 4)
    first = box.y + box.height / 2 - 6.5 * (len(lines) - 1) + 4
    return parts + [
        text(box.x + box.width / 2, first + 13 * at, line, text_anchor="middle", class_="c-text c-strong", fill=INK)
        for at, line in enumerate(lines)
    ]


def _beside(box: Box, one: Artifact) -> list[SafeString]:
    if one.kind == "textAnnotation":
        side = f"M{box.x + 12:g} {box.y:g}h-12v{box.height:g}h12"
        lines = _lines(one.name, box.width - 12, 8)
        return [
            el("path", d=side, fill="none", class_="c-axis", stroke=LINE),
            *(text(box.x + 8, box.y + 14 + 13 * at, line) for at, line in enumerate(lines)),
        ]
    dashes = "6 4" if one.kind == "group" else None
    fill = "none" if one.kind == "group" else PAPER
    frame = el(
        "rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=2, fill=fill, stroke=LINE,
        stroke_dasharray=dashes, class_="c-axis" if one.kind == "group" else "c-node c-axis",
    )  # fmt: skip
    return [frame, *_caption(box.x + box.width / 2, box.y + box.height + 13, one.name)]


def _pool(box: Box, name: str, *, horizontal: bool) -> list[SafeString]:
    frame = el("rect", x=box.x, y=box.y, width=box.width, height=box.height, fill="none", class_="c-axis", stroke=LINE)
    if not horizontal:
        return [frame, text(box.x + box.width / 2, box.y + 16, name, text_anchor="middle", class_="c-text c-strong")]
    x, y = box.x + 18, box.y + box.height / 2
    turned = text(
        x, y, name, text_anchor="middle", class_="c-text c-strong", fill=INK, transform=f"rotate(-90 {x:g} {y:g})"
    )
    return [frame, turned]


def _caption(x: float, y: float, name: str) -> list[SafeString]:
    return [text(x, y + 13 * at, line, text_anchor="middle") for at, line in enumerate(_lines(name, 110, 3))]


def _edge(edge: Edge, name: str | None, is_flow: bool) -> SafeString:
    if len(edge.points) < 2:
        return el("g")
    line = el(
        "path", d=path_of(list(edge.points)), fill="none", class_="c-axis", stroke=LINE, stroke_width=1.5,
        marker_end="url(#flow-end)" if is_flow else None, stroke_dasharray=None if is_flow else "3 4",
    )  # fmt: skip
    if not name:
        return line
    if edge.label is not None:
        x, y = edge.label.x + edge.label.width / 2, edge.label.y + 10
    else:
        (x1, y1), (x2, y2) = edge.points[2:4] if len(edge.points) > 3 else edge.points[-2:]
        x, y = (x1 + x2) / 2, (y1 + y2) / 2 - 5
    lines = _lines(name, 100, 2)
    return el("g", line, *(text(x, y + 12 * at, one, text_anchor="middle") for at, one in enumerate(lines)))


def _bubble(box: Box, mark: Mark) -> SafeString:
    if not mark.bubble:
        return el("g")
    x, y = box.x + box.width, box.y
    width = max(20.0, 8 + LETTER * len(mark.bubble))
    return el(
        "g",
        el("rect", x=x - width / 2, y=y - 10, width=width, height=20.0, rx=10, class_=f"c-{mark.tone}", fill="#4353E8"),
        text(x, y + 4, mark.bubble, text_anchor="middle", class_="c-on", fill="#FFFFFF", font_weight=600),
    )


def _lines(words: str, width: float, most: int) -> list[str]:
    found = wrap(" ".join(words.split()), max(6, int(width / LETTER)))
    if len(found) > most:
        found = [*found[: most - 1], found[most - 1][:-1] + "…"]
    return found
