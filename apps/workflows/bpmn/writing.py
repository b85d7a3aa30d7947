"""Writes a Model as a BPMN 2.0 file: everything its author put in, with a layout where there was none."""

from __future__ import annotations

from dataclasses import replace

from apps.workflows.bpmn import xmltree
from apps.workflows.bpmn.arranging import arranged
from apps.workflows.bpmn.model import Box, Diagram, Edge, Model, Shape
from apps.workflows.bpmn.names import BPMNDI, DC, DI
from apps.workflows.bpmn.xmltree import Document, Element


def write(model: Model) -> bytes:
    """The file; reading it gives an equal model. A diagram that was never drawn is given places."""
    if model.shapes:
        return xmltree.serialise(model.document)
    root = model.document.root
    others = tuple(child for child in root.children if child.name != "BPMNDiagram")
    drawn = tuple(_diagram(one, number) for number, one in enumerate(arranged(model), 1))
    prefixes = {**model.document.prefixes, "bpmndi": BPMNDI, "dc": DC, "di": DI}
    return xmltree.serialise(Document(replace(root, children=(*others, *drawn)), prefixes))


def _diagram(diagram: Diagram, number: int) -> Element:
    parts = (*(_shape(one) for one in diagram.shapes), *(_edge(one) for one in diagram.edges))
    plane = Element(
        f"{{{BPMNDI}}}BPMNPlane", {"id": f"BPMNPlane_{number}", "bpmnElement": diagram.element}, children=parts
    )
    return Element(f"{{{BPMNDI}}}BPMNDiagram", {"id": f"BPMNDiagram_{number}"}, children=(plane,))


def _shape(shape: Shape) -> Element:
    attributes = {"id": f"{shape.element}_di", "bpmnElement": shape.element}
    return Element(f"{{{BPMNDI}}}BPMNShape", attributes, children=(_bounds(shape.box),))


def _edge(edge: Edge) -> Element:
    points = tuple(Element(f"{{{DI}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"}) for x, y in edge.points)
    attributes = {"id": f"{edge.element}_di", "bpmnElement": edge.element}
    return Element(f"{{{BPMNDI}}}BPMNEdge", attributes, children=points)


def _bounds(box: Box) -> Element:
    return Element(
        f"{{{DC}}}Bounds",
        {"x": f"{box.x:g}", "y": f"{box.y:g}", "width": f"{box.width:g}", "height": f"{box.height:g}"},
    )
