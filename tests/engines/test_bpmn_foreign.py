"""What other engines' models say in words of their own is kept, has no effect, and is told; nothing is dropped unseen."""

import pytest

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.document import Severity

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:flowable="http://flowable.org/bpmn"'
    ' xmlns:activiti="http://activiti.org/bpmn" xmlns:drools="http://www.jboss.org/drools"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:bh="http://bihuan.dev/schema/bpmn"'
    ' targetNamespace="x"><process id="p" isExecutable="true">'
)


def read(body: str) -> parse.Document:
    return parse.read(f"{HEAD}{body}</process></definitions>".encode(), frozenset())


def box(inner: str) -> str:
    return f"<extensionElements>{inner}</extensionElements>"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (f'<userTask id="a">{box("<flowable:taskListener event=&quot;create&quot;/>")}</userTask>'
         .replace("&quot;", '"'), ["taskListener"]),
        ('<userTask id="a" camunda:assignee="kermit" camunda:candidateGroups="sales"/>',
         ["assignee", "candidateGroups"]),
        (f'<callActivity id="a" calledElement="q">{box("<camunda:in variables=&quot;all&quot;/>")}'
         "</callActivity>".replace("&quot;", '"'), ["in"]),
        (f'<userTask id="a">{box("<drools:onEntry-script/><drools:deadline/>")}</userTask>',
         ["onEntry-script", "deadline"]),
        ('<userTask id="a"><dataInputAssociation/><potentialOwner/></userTask>',
         ["dataInputAssociation", "potentialOwner"]),
        (f'<callActivity id="a" calledElement="q">{box("<zeebe:ioMapping/>")}</callActivity>',
         ["ioMapping"]),
        ('<userTask id="a"><multiInstanceLoopCharacteristics activiti:collection="people">'
         "<outputDataItem/></multiInstanceLoopCharacteristics></userTask>", ["outputDataItem"]),
    ],
)  # fmt: skip
def test_foreign_words_are_told_and_forbid_nothing(body: str, named: list[str]) -> None:
    document = read(body.replace("&quot;", '"'))

    assert [one.severity for one in document.problems] == [Severity.WARNING]
    assert document.problems[0].element == "a"
    assert document.problems[0].message == (
        f"（a）里的 {'、'.join(named)} 是其他引擎的写法，在这里不起作用"
    )
    assert document.publishable


def test_listeners_of_flows_and_of_the_process_are_told_as_well() -> None:
    listener = box('<camunda:executionListener event="take"/>')
    document = read(
        f'{listener}<task id="a"/><task id="b"/>'
        f'<sequenceFlow id="f" sourceRef="a" targetRef="b">{listener}</sequenceFlow>'
    )

    assert [one.element for one in document.problems] == ["p", "f"]


def test_what_is_read_or_only_drawn_is_not_told() -> None:
    document = read(
        '<userTask id="a" drools:selectable="true" activiti:colour="red" bh:post="agent">'
        f"{box('<bh:note/><drools:metaData/>')}"
        '<multiInstanceLoopCharacteristics flowable:collection="people" '
        'flowable:elementVariable="one"/></userTask>'
    )

    assert document.problems == []


def test_an_empty_line_before_the_declaration_is_forgiven() -> None:
    whole = f'\n <?xml version="1.0" encoding="UTF-8"?>{HEAD}<task id="a"/></process></definitions>'

    assert parse.read(whole.encode()).processes[0].nodes.keys() == {"a"}
