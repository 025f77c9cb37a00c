"""Two versions of a process, and what people are told has changed."""

from dataclasses import replace

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.compare import Detail, How, differences
from bihuan.engines.bpmn.model import Process

XML = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bh="http://bihuan.dev/schema/bpmn"><process id="p" name="报修"><extensionElements>
  <bh:limitGroup id="g" name="处理组" limit="2h" units="a b"/></extensionElements>
  <startEvent id="s"/><userTask id="a" name="受理" bh:post="desk" bh:limit="30m"/>
  <userTask id="b" name="办理" bh:post="crew"/><endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="b"/>
  <sequenceFlow id="f3" sourceRef="b" targetRef="e"/></process></definitions>"""


def read(text: str = XML) -> Process:
    return parse.read(text.encode()).processes[0]


def test_equal_versions_do_not_differ():
    assert differences(read(), read()) == []


def test_a_changed_limit_says_from_what_to_what():
    (found,) = differences(read(), read(XML.replace('"30m"', '"1h"')))

    assert (found.element, found.how) == ("a", How.CHANGED)
    assert found.title == "环节「受理」（a）"
    assert found.details == (Detail("时限", "30m", "1h"),)


def test_units_flows_and_groups_that_came_and_went_are_named():
    after = read(
        XML.replace('<sequenceFlow id="f3" sourceRef="b" targetRef="e"/>', "")
        .replace(
            '<endEvent id="e"/>',
            '<endEvent id="e"/><userTask id="c" name="回访"/>'
            '<sequenceFlow id="f4" sourceRef="b" targetRef="c"/>'
            '<sequenceFlow id="f5" sourceRef="c" targetRef="e"/>',
        )
        .replace('units="a b"', 'units="b c"')
    )

    found = {one.element: one.how.value for one in differences(read(), after)}

    assert found == {"c": "added", "f4": "added", "f5": "added", "f3": "removed", "g": "changed"}


def test_where_something_is_drawn_is_no_difference():
    process = read()

    assert differences(process, replace(process, flows=dict(process.flows))) == []


def test_a_unit_that_is_done_by_several_says_how():
    several = XML.replace(
        '<userTask id="b" name="办理" bh:post="crew"/>',
        '<userTask id="b" name="办理" bh:post="crew"><multiInstanceLoopCharacteristics>'
        "<loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics></userTask>",
    )

    (found,) = differences(read(), read(several))

    assert found.details == (Detail("次数", "", "3"),)
