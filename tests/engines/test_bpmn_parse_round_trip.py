"""What goes in comes out: through JSON, and through export."""

import json
from dataclasses import replace

from hypothesis import given, settings, strategies as st
from lxml import etree

from bihuan.engines.bpmn import export, parse, xml
from bihuan.engines.bpmn.document import Document
from bihuan.engines.bpmn.model import NodeKind, Process
from tests.engines.drawing import drawing
from tests.engines.test_bpmn_parse import SIMPLE


def read(body: str) -> Document:
    return parse.read(drawing(body))


def test_export_reads_back_equal() -> None:
    body = f"""<!-- keep me --><sequenceFlow sourceRef="a" targetRef=" b "/>
      <task id=" a " camunda:x="1"/><task id="b"/>{SIMPLE}"""
    document = read(body)
    again = parse.read(export.write(document))

    assert again.processes == document.processes
    assert b"keep me" in again.xml
    assert b'camunda:x="1"' in again.xml
    assert etree.fromstring(again.xml).find(f".//{{{xml.BPMN}}}task").get("id") == "a"  # type: ignore[union-attr]


IDS = st.sampled_from(["a", "b", "c", "d"])
KINDS = ["task", "userTask", "exclusiveGateway", "parallelGateway", "endEvent", "callActivity"]


@settings(max_examples=100, deadline=None)
@given(
    nodes=st.dictionaries(IDS, st.sampled_from(KINDS), min_size=1),
    ends=st.lists(st.tuples(IDS, IDS), max_size=6),
)
def test_any_drawing_survives_json_and_export(
    nodes: dict[str, str], ends: list[tuple[str, str]]
) -> None:
    drawn = "".join(f'<{kind} id="{id_}"/>' for id_, kind in nodes.items())
    linked = "".join(f'<sequenceFlow sourceRef="{a}" targetRef="{b}"/>' for a, b in ends)
    document = read(drawn + linked)
    process = document.processes[0]

    assert Process.from_json(json.loads(json.dumps(process.to_json()))) == process
    assert parse.read(export.write(document)).processes == [process]
    assert len(process.flows) == sum(a in nodes and b in nodes for a, b in ends)


def test_whole_process_survives_json() -> None:
    body = f"""<extensionElements><bh:limitGroup id="g" limit="2h" units="accept"/></extensionElements>
      {SIMPLE}<serviceTask id="x" bh:verb="case.grade"/><callActivity id="c" calledElement="q"/>
      <userTask id="m"><multiInstanceLoopCharacteristics bh:collection="v"/></userTask>
      <boundaryEvent id="t" attachedToRef="m"><timerEventDefinition><timeDuration>PT1H
      </timeDuration></timerEventDefinition></boundaryEvent>"""
    process = read(body).processes[0]
    again = Process.from_json(json.loads(json.dumps(process.to_json())))

    assert again == process
    assert replace(again, name="x") != process
    assert again.nodes["t"].kind is NodeKind.BOUNDARY_EVENT


def test_nodes_say_where_their_flows_go_so_that_they_can_be_drawn():
    data = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p">
    <startEvent id="s"/><userTask id="a"><documentation>x</documentation></userTask><endEvent id="e"/>
    <sequenceFlow id="f" sourceRef="s" targetRef="a"/><sequenceFlow id="g" sourceRef="a" targetRef="e"/>
    </process></definitions>"""

    written = export.connected(data).decode()

    assert "<documentation>x</documentation><incoming>f</incoming><outgoing>g</outgoing>" in written
    assert export.connected(written.encode()).decode() == written


def test_a_process_is_renamed_with_what_points_at_it():
    data = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"><process id="Process_1"/>
    <collaboration id="c"><participant id="x" processRef="Process_1"/></collaboration>
    <di:BPMNDiagram><di:BPMNPlane bpmnElement="Process_1"/></di:BPMNDiagram></definitions>"""

    written = export.renamed(data, "Process_1", "repair").decode()

    assert 'process id="repair"' in written
    assert 'processRef="repair"' in written
    assert 'bpmnElement="repair"' in written
