"""What a new definition begins with: a process of one unit, a table of one row."""

from typing import Final
from xml.sax.saxutils import escape, quoteattr

_PROCESS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:bh="http://bihuan.dev/schema/bpmn" id="definitions" targetNamespace="http://bihuan.dev/packs">
  <bpmn:process id="{code}" name={name} isExecutable="true">
    <bpmn:startEvent id="start" name="开始"><bpmn:outgoing>to_first</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="first" name="第一个环节"><bpmn:incoming>to_first</bpmn:incoming><bpmn:outgoing>to_end</bpmn:outgoing></bpmn:userTask>
    <bpmn:endEvent id="end" name="结束"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_first" sourceRef="start" targetRef="first" />
    <bpmn:sequenceFlow id="to_end" sourceRef="first" targetRef="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="{code}">
      <bpmndi:BPMNShape id="start_di" bpmnElement="start"><dc:Bounds x="180" y="162" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="187" y="205" width="22" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="first_di" bpmnElement="first"><dc:Bounds x="270" y="140" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end"><dc:Bounds x="632" y="162" width="36" height="36" /><bpmndi:BPMNLabel><dc:Bounds x="639" y="205" width="22" height="14" /></bpmndi:BPMNLabel></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_first_di" bpmnElement="to_first"><di:waypoint x="216" y="180" /><di:waypoint x="270" y="180" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_end_di" bpmnElement="to_end"><di:waypoint x="370" y="180" /><di:waypoint x="632" y="180" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
_TABLE: Final = """code: {code}
title: {name}
hit: first
inputs:
  - {{field: input1, label: 条件, type: text}}
outputs:
  - {{field: result1, label: 结果, type: text}}
rows:
  - {{then: {{result1: 默认}}}}
"""


def process(code: str, name: str) -> str:
    """Return a diagram with a start, one unit and an end."""
    return _PROCESS.format(code=escape(code), name=quoteattr(name))


def table(code: str, name: str) -> str:
    """Return a decision table with one row that always fits."""
    quoted = '"' + name.replace("\\", "").replace('"', "”") + '"'
    return _TABLE.format(code=code, name=quoted)
