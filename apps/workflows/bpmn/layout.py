"""Reads the drawing of a diagram: shapes, edges and their labels."""

from __future__ import annotations

from apps.workflows.bpmn.model import Box, Diagram, Edge, Shape
from apps.workflows.bpmn.names import BPMNDI, DC, DI
from apps.workflows.bpmn.xmltree import Element


def local(name: str) -> str:
    """A reference without its prefix."""
    return name.strip().rpartition(":")[2]


def read_diagrams(root: Element) -> tuple[Diagram, ...]:
    return tuple(_diagram(one) for one in root.all(f"{{{BPMNDI}}}BPMNDiagram"))


def _diagram(element: Element) -> Diagram:
    planes = element.all(f"{{{BPMNDI}}}BPMNPlane")
    parts = [part for plane in planes for part in plane.children]
    return Diagram(
        element=local(planes[0].get("bpmnElement")) if planes else "",
        shapes=tuple(shape for part in parts if part.name == "BPMNShape" and (shape := _shape(part)) is not None),
        edges=tuple(_edge(part) for part in parts if part.name == "BPMNEdge"),
    )


def _shape(part: Element) -> Shape | None:
    box = _box(part)
    if box is None:
        return None
    return Shape(
        element=local(part.get("bpmnElement")),
        box=box,
        label=_label(part),
        horizontal=part.get("isHorizontal", "true") == "true",
        expanded=part.get("isExpanded", "true") == "true",
    )


def _edge(part: Element) -> Edge:
    points = tuple((_number(one.get("x")), _number(one.get("y"))) for one in part.all(f"{{{DI}}}waypoint"))
    return Edge(element=local(part.get("bpmnElement")), points=points, label=_label(part))


def _label(part: Element) -> Box | None:
    label = part.first(f"{{{BPMNDI}}}BPMNLabel")
    return None if label is None else _box(label)


def _box(part: Element) -> Box | None:
    bounds = part.first(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    return Box(*(_number(bounds.get(name)) for name in ("x", "y", "width", "height")))


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        return 0.0
    return number if abs(number) < 1e6 else 0.0
