"""The namespaces of BPMN files, and the one of our own extension."""

from __future__ import annotations

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OPS = "urn:opsplatform:bpmn:1"
CAMUNDA = ("http://camunda.org/schema/1.0/bpmn", "http://activiti.org/bpmn")
ZEEBE = "http://camunda.org/schema/zeebe/1.0"


def bpmn(name: str) -> str:
    return f"{{{BPMN}}}{name}"


def ops(name: str) -> str:
    return f"{{{OPS}}}{name}"
