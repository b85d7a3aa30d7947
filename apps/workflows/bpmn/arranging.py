"""Gives places to a diagram that was never drawn: columns along the flow, one box inside another."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from apps.workflows.bpmn.model import ACTIVITIES, EVENTS, Body, Box, Diagram, Edge, Model, Node, Shape

GAP_X, GAP_Y, MARGIN = 60.0, 40.0, 30.0
Laying = tuple[dict[str, Box], float, float]
Laid = dict[int, Laying]  # by the identity of the level
PASSING = (1.0, 24.0)  # a flow that passes a column
MOST_PASSED = 40  # one that passes more is drawn across: lanes for all of thousands would not fit into memory
SIZES = {"event": (36.0, 36.0), "gateway": (50.0, 50.0), "task": (120.0, 80.0)}


def arranged(model: Model) -> tuple[Diagram, ...]:
    """A drawing of every process, one below the other."""
    shapes: list[Shape] = []
    edges: list[Edge] = []
    below = MARGIN
    for process in model.processes:
        boxes, height, _ = _body(process.body, MARGIN, below, {})
        shapes += [Shape(element=key, box=box) for key, box in boxes.items() if "@" not in key]
        edges += _edges(process.body, boxes)
        below += height + GAP_Y * 2
    return (Diagram(element=model.processes[0].id, shapes=tuple(shapes), edges=tuple(edges)),)


def _ranks(body: Body) -> dict[str, int]:
    """The column of each node: one after the furthest it follows; a way back counts for nothing."""
    ranks: dict[str, int] = {}
    order: list[str] = []
    seen: set[str] = set()
    ways = _ways(body)
    for start in [node.id for node in (*body.starts(), *body.nodes)]:
        stack = [(start, iter(ways.get(start, ())))]
        if start in seen:
            continue
        seen.add(start)
        while stack:
            here, onward = stack[-1]
            step = next((one for one in onward if one not in seen), None)
            if step is None:
                order.append(here)
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(ways.get(step, ()))))
    place = {key: at for at, key in enumerate(reversed(order))}
    for key in reversed(order):
        ranks.setdefault(key, 0)
        for following in ways.get(key, ()):
            if place[following] > place[key]:
                ranks[following] = max(ranks.get(following, 0), ranks[key] + 1)
    return ranks


def _ways(body: Body) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for flow in body.flows:
        ways.setdefault(body.by_id[flow.source].attached_to or flow.source, []).append(flow.target)
    return ways


def _size(node: Node, laid: Laid) -> tuple[float, float]:
    if node.body is not None:
        _, height, width = _body(node.body, 0, 0, laid)
        return max(width + MARGIN, 120.0), max(height + MARGIN * 2, 80.0)
    kind = "event" if node.kind in EVENTS else "task" if node.kind in ACTIVITIES else "gateway"
    return SIZES[kind]


def _body(body: Body, left: float, top: float, laid: Laid) -> Laying:
    """Boxes of a level and everything in it, and how high and wide it is. Each level is laid out once and then moved:
    a level that were laid out for its size and again for its place would cost twice at every depth.
    """
    if id(body) not in laid:
        laid[id(body)] = _lay(body, laid)
    boxes, height, width = laid[id(body)]
    return {key: replace(one, x=one.x + left, y=one.y + top) for key, one in boxes.items()}, height, width


def _lay(body: Body, laid: Laid) -> Laying:
    """The level with its corner at nought."""
    columns, sizes = _columns(body, laid)
    heights = [sum(sizes[key][1] + GAP_Y for key in column) for column in columns]
    highest = max(heights, default=GAP_Y)
    boxes: dict[str, Box] = {}
    x = 0.0
    for column, height in zip(columns, heights, strict=True):
        width = max(sizes[key][0] for key in column)
        y = (highest - height) / 2
        for key in column:
            own = sizes[key]
            boxes[key] = Box(x + (width - own[0]) / 2, y, *own)
            node = body.by_id.get(key)
            if node is not None and node.body is not None:
                boxes |= _body(node.body, boxes[key].x + MARGIN / 2, y + MARGIN, laid)[0]
            y += own[1] + GAP_Y
        x += width + GAP_X
    _attach(body, boxes)
    return boxes, highest, x


def _columns(body: Body, laid: Laid) -> tuple[list[list[str]], dict[str, tuple[float, float]]]:
    """What stands in each column from top to bottom: nodes, and free lanes for flows that pass by."""
    ranks = _ranks(body)
    found: dict[int, list[str]] = {}
    sizes = {node.id: _size(node, laid) for node in body.nodes}
    before: dict[str, list[str]] = {}
    for node in body.nodes:
        if not node.attached_to:
            found.setdefault(ranks.get(node.id, 0), []).append(node.id)
    for flow in body.flows:
        start = body.by_id[flow.source].attached_to or flow.source
        previous = start
        between_them = range(ranks[start] + 1, ranks[flow.target])
        for rank in between_them if len(between_them) <= MOST_PASSED else ():
            passing = f"{flow.id}@{rank}"
            found.setdefault(rank, []).append(passing)
            sizes[passing] = PASSING
            before.setdefault(passing, []).append(previous)
            previous = passing
        if ranks[flow.target] > ranks[start]:
            before.setdefault(flow.target, []).append(previous)
    columns = [found[rank] for rank in sorted(found)]
    height: dict[str, float] = {}
    for column in columns:
        column.sort(key=lambda key: _mean([height[one] for one in before.get(key, ()) if one in height]))
        height |= {key: (at + 0.5) / len(column) for at, key in enumerate(column)}
    return columns, sizes


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _attach(body: Body, boxes: dict[str, Box]) -> None:
    """Boundary events sit on the lower edge of their activity."""
    for node in body.nodes:
        on = boxes.get(node.attached_to)
        if on is not None:
            already = [one.id for one in body.boundary(node.attached_to)].index(node.id)
            boxes[node.id] = Box(on.x + 12 + 44 * already, on.y + on.height - 18, 36, 36)


def _edges(body: Body, boxes: dict[str, Box]) -> list[Edge]:
    lanes: dict[str, list[Box]] = {}
    for key, box in boxes.items():
        lanes.setdefault(key.rpartition("@")[0], []).append(box)
    return _ways_drawn(body, boxes, lanes)


def _ways_drawn(body: Body, boxes: dict[str, Box], lanes: dict[str, list[Box]]) -> list[Edge]:
    edges = []
    for flow in body.flows:
        passed = sorted(lanes.get(flow.id, ()), key=lambda box: box.x)
        stops = [boxes[flow.source], *passed, boxes[flow.target]]
        points: list[tuple[float, float]] = []
        for one, other in pairwise(stops):
            points += [point for point in between(one, other) if point not in points[-1:]]
        edges.append(Edge(element=flow.id, points=tuple(points)))
    for node in body.nodes:
        if node.body is not None:
            edges += _ways_drawn(node.body, boxes, lanes)
    return edges


def between(one: Box, other: Box) -> tuple[tuple[float, float], ...]:
    """From the right side of a box to the left of the next, bent in the middle; backwards below both."""
    start = (one.x + one.width, one.y + one.height / 2)
    end = (other.x, other.y + other.height / 2)
    if end[0] >= start[0]:
        if start[1] == end[1]:
            return start, end
        middle = end[0] - GAP_X / 2
        return start, (middle, start[1]), (middle, end[1]), end
    low = max(one.y + one.height, other.y + other.height) + GAP_Y / 2
    under = (one.x + one.width / 2, one.y + one.height)
    return under, (under[0], low), (other.x + other.width / 2, low), (other.x + other.width / 2, other.y + other.height)


def with_places(model: Model) -> Model:
    """The model as it can be drawn: with its own layout, else with one made for it."""
    return model if model.shapes else replace(model, diagrams=arranged(model))
