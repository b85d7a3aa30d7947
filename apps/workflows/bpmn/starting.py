"""The diagram a new workflow begins with: a start, one task and an end."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

FIRST = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:ops="urn:opsplatform:bpmn:1" id="definitions" targetNamespace="urn:opsplatform:workflows">
  <bpmn:process id="process" name={name} isExecutable="true">
    <bpmn:startEvent id="start" name="Start"/>
    <bpmn:userTask id="task" name="Do it"/>
    <bpmn:endEvent id="end" name="Done"/>
    <bpmn:sequenceFlow id="flow_1" sourceRef="start" targetRef="task"/>
    <bpmn:sequenceFlow id="flow_2" sourceRef="task" targetRef="end"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="process">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start"><dc:Bounds x="160" y="102" width="36" height="36"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="task_di" bpmnElement="task"><dc:Bounds x="260" y="80" width="120" height="80"/></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end"><dc:Bounds x="450" y="102" width="36" height="36"/></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_1_di" bpmnElement="flow_1"><di:waypoint x="196" y="120"/><di:waypoint x="260" y="120"/></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_2_di" bpmnElement="flow_2"><di:waypoint x="380" y="120"/><di:waypoint x="450" y="120"/></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def first_diagram(name: str) -> str:
    return FIRST.format(name=quoteattr(name or "Workflow"))
