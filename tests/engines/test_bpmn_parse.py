"""Reading BPMN files: what is understood, tolerated, reported, refused and kept."""

import pytest
from hypothesis import given, settings, strategies as st

from bihuan.engines.bpmn import export, parse
from bihuan.engines.bpmn.document import Document, Unreadable
from bihuan.engines.bpmn.model import EventKind, MultiInstance, Process
from tests.engines.drawing import HEAD, drawing, flows, unit

SIMPLE = f"""\
<startEvent id="s"/>
{unit("accept", "受理", warnAt="80%,30m", returnTo="previous", excludes="a b", priority="5")}
<endEvent id="e"/>
{flows("s>accept", "accept>e")}"""


def read(body: str, **known: str) -> Document:
    return parse.read(drawing(body, **known))


def only(document: Document) -> Process:
    assert document.problems == []
    return document.processes[0]


def reported(document: Document) -> list[tuple[str, str, str]]:
    return [(item.id, item.kind, item.detail) for item in document.unsupported]


# -------------------------------------------------------------------- understood


def test_unit_has_its_rules() -> None:
    process = only(read(SIMPLE))
    rules = process.nodes["accept"].unit

    assert (process.key, process.name) == ("p", "报修")
    assert rules is not None
    assert (rules.post, rules.form, rules.limit, rules.priority) == ("agent", "f", "2h", 5)
    assert rules.warn_at == ("80%", "30m")
    assert rules.return_to == ("previous",)
    assert rules.excludes == ("a", "b")
    assert process.nodes["accept"].incoming == ("s_accept",)
    assert [node.id for _, node in process.targets(process.nodes["accept"])] == ["e"]


def test_lines_are_those_of_the_file() -> None:
    assert read(SIMPLE).lines == {"p": 1, "s": 2, "accept": 3, "e": 4, "s_accept": 5, "accept_e": 6}


def test_sub_process_is_a_scope() -> None:
    body = '<subProcess id="sub"><startEvent id="in"/></subProcess><startEvent id="out"/>'
    process = only(read(body))

    assert process.nodes["in"].scope == "sub"
    assert process.start_of("sub").id == "in"
    assert process.start_of().id == "out"


def test_lane_gives_its_post_to_units_without_one() -> None:
    body = f"""<laneSet><lane id="l1" bh:post="engineer"><flowNodeRef> a </flowNodeRef>
      <flowNodeRef>sub</flowNodeRef></lane><lane id="l2"><flowNodeRef>b</flowNodeRef></lane></laneSet>
      {unit("a", post="")}{unit("b", post="")}{unit("c")}
      <subProcess id="sub">{unit("d", post="")}</subProcess>"""
    nodes = only(read(body)).nodes

    posts = {id_: node.unit.post for id_, node in nodes.items() if node.unit}
    assert posts == {"a": "engineer", "b": "l2", "c": "agent", "d": "engineer"}


def test_process_calendar_is_the_default_of_its_units() -> None:
    body = unit("a") + unit("b", calendar="night")
    nodes = only(read(body, attributes='id="p" bh:calendar="office"')).nodes

    assert [node.unit.calendar for node in nodes.values() if node.unit] == ["office", "night"]


def test_limit_groups_are_read() -> None:
    body = f"""<extensionElements><bh:limitGroup id="onsite" name="上门" limit="1wd" warnAt="80%"
      units="a, b"/></extensionElements>{unit("a")}{unit("b")}"""
    (group,) = only(read(body)).limit_groups

    assert (group.id, group.limit, group.units, group.warn_at) == (
        *("onsite", "1wd"),
        *(("a", "b"), ("80%",)),
    )


@pytest.mark.parametrize(
    ("trigger", "event"),
    [
        ("<timerEventDefinition><timeDuration> PT1H </timeDuration></timerEventDefinition>",
         (EventKind.TIMER, "duration", "PT1H", "")),
        ("<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>",
         (EventKind.TIMER, "cycle", "R3/PT1H", "")),
        ("<timerEventDefinition><timeDate>${at}</timeDate></timerEventDefinition>",
         (EventKind.TIMER, "date", "${at}", "")),
        ('<errorEventDefinition errorRef="err"/>', (EventKind.ERROR, "", "", "NO_PARTS")),
        ('<errorEventDefinition errorRef="undeclared"/>', (EventKind.ERROR, "", "", "undeclared")),
        ("<errorEventDefinition/>", (EventKind.ERROR, "", "", "")),
        ('<escalationEventDefinition escalationRef="esc"/>', (EventKind.ESCALATION, "", "", "esc")),
    ],
)  # fmt: skip
def test_boundary_event_has_its_trigger(
    trigger: str, event: tuple[EventKind, str, str, str]
) -> None:
    declared = '<error id="err" errorCode="NO_PARTS"/><escalation id="esc"/>'
    body = f'{unit("a")}<boundaryEvent id="b" attachedToRef="a">{trigger}</boundaryEvent>'
    node = only(read(body, declared=declared)).nodes["b"]

    found = node.event
    assert (found.kind, found.timer, found.expression, found.code) == event
    assert node.attached_to == "a"
    assert node.interrupting


def test_boundary_event_may_leave_its_activity_alone() -> None:
    body = f"""{unit("a")}<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>"""

    assert not only(read(body)).nodes["b"].interrupting


@pytest.mark.parametrize(
    ("loop", "multi"),
    [
        (' isSequential="true"><loopCardinality>5</loopCardinality>',
         MultiInstance(sequential=True, cardinality="5")),
        (' bh:collection="voters" bh:elementVariable="voter">',
         MultiInstance(collection="voters", element_variable="voter")),
        (' camunda:collection="${ voters }" camunda:elementVariable="voter">',
         MultiInstance(collection="voters", element_variable="voter")),
        ("><loopDataInputRef>voters</loopDataInputRef><inputDataItem name='voter'/>"
         "<completionCondition>${approved}</completionCondition>",
         MultiInstance(collection="voters", element_variable="voter",
                       completion_condition="${approved}")),
    ],
)  # fmt: skip
def test_multi_instance_is_read_from_any_vendor(loop: str, multi: MultiInstance) -> None:
    body = (
        f'<userTask id="a"><multiInstanceLoopCharacteristics{loop}'
        "</multiInstanceLoopCharacteristics></userTask>"
    )

    assert only(read(body)).nodes["a"].multi == multi


def test_service_task_has_verb_decision_and_parameters() -> None:
    body = """<serviceTask id="a" bh:verb="case.grade"><extensionElements>
      <bh:param name="level" value="2"/></extensionElements></serviceTask>
      <businessRuleTask id="b" bh:decision="priority" bh:result="level"/>"""
    nodes = only(read(body)).nodes

    assert (nodes["a"].verb, nodes["a"].params) == ("case.grade", {"level": "2"})
    assert (nodes["b"].decision, nodes["b"].params) == ("priority", {"result": "level"})


# -------------------------------------------------------------------- tolerated


def test_flow_without_id_gets_one_by_its_place() -> None:
    body = """<sequenceFlow sourceRef="a" targetRef="b"/><task id="a"/>
      <sequenceFlow id="flow_1" sourceRef="b" targetRef="c"/>
      <sequenceFlow sourceRef="a" targetRef="c"/><task id="b"/><task id="c"/>"""
    process = only(read(body))

    assert list(process.flows) == ["flow_2", "flow_1", "flow_3"]
    assert process.nodes["a"].outgoing == ("flow_2", "flow_3")


def test_padded_ids_are_the_same_ids() -> None:
    body = f"""<exclusiveGateway id=" g " default="ok "/>{unit("a")}
      <sequenceFlow id=" ok " sourceRef="g" targetRef=" a"/>"""
    process = only(read(body))

    assert process.nodes["g"].default == "ok"
    assert process.flows["ok"].target == "a"


@pytest.mark.parametrize("prefix", ["bpmn", "bpmn2", "semantic"])
def test_any_prefix_is_fine(prefix: str) -> None:
    text = drawing(SIMPLE).decode()
    for name in ("definitions", "process", "startEvent", "endEvent", "userTask", "sequenceFlow"):
        text = text.replace(f"<{name}", f"<{prefix}:{name}").replace(
            f"</{name}", f"</{prefix}:{name}"
        )
    prefixed = text.replace("xmlns=", f"xmlns:{prefix}=").encode()

    assert parse.read(prefixed).processes == read(SIMPLE).processes


@pytest.mark.parametrize(
    "written",
    [
        "${a &amp;&amp; b}",
        "<![CDATA[${a && b}]]>",
        "\n   ${a <!-- both --> &amp;&amp; b}   ",
    ],
)
def test_condition_is_read_however_it_is_written(written: str) -> None:
    body = f"""<task id="a"/><task id="b"/><sequenceFlow id="f" sourceRef="a" targetRef="b">
      <conditionExpression>{written}</conditionExpression></sequenceFlow>"""

    assert only(read(body)).flows["f"].condition.replace("  ", " ") == "${a && b}"


def test_several_processes_share_a_file() -> None:
    text = drawing(SIMPLE).decode()
    second = text.replace('id="p"', 'id="q"').partition("<process")[2].partition("</definitions")[0]
    document = parse.read(text.replace("</definitions", f"<process{second}</definitions").encode())

    assert [process.key for process in document.processes] == ["p", "q"]
    assert document.process("q").name == "报修"
    with pytest.raises(KeyError, match="p、q"):
        document.process("r")


def test_foreign_elements_are_ignored_but_kept() -> None:
    body = f'<camunda:thing id="t"/><textAnnotation id="n"><text>看</text></textAnnotation>{SIMPLE}'
    document = read(body)

    assert only(document).nodes.keys() == {"s", "accept", "e"}
    assert b"camunda:thing" in export.write(document)


# -------------------------------------------------------------------- reported


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<complexGateway id="x"/>', ("x", "complexGateway", "")),
        ('<transaction id="x"/>', ("x", "transaction", "")),
        ('<adHocSubProcess id="x"/>', ("x", "adHocSubProcess", "")),
        ('<eventBasedGateway id="x" instantiate="true"/>', ("x", "instantiate", "")),
        ('<receiveTask id="x" instantiate="true"/>', ("x", "instantiate", "")),
        ('<serviceTask id="x" bh:verb="case.grade"><multiInstanceLoopCharacteristics/></serviceTask>',
         ("x", "multiInstanceLoopCharacteristics", "")),
        ('<subProcess id="x" triggeredByEvent="true"/>', ("x", "triggeredByEvent", "")),
        ('<task id="x" isForCompensation="true"/>', ("x", "isForCompensation", "")),
        ('<task id="x"><standardLoopCharacteristics/></task>',
         ("x", "standardLoopCharacteristics", "")),
        ('<startEvent id="x"><signalEventDefinition/></startEvent>',
         ("x", "signalEventDefinition", "")),
        ('<startEvent id="x"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>',
         ("x", "timerEventDefinition", "")),
        ('<boundaryEvent id="x" attachedToRef="a"><conditionalEventDefinition/></boundaryEvent>',
         ("x", "conditionalEventDefinition", "")),
        ('<startEvent id="x"><errorEventDefinition/></startEvent>',
         ("x", "errorEventDefinition", "")),
        ('<endEvent id="x"><compensateEventDefinition/></endEvent>',
         ("x", "compensateEventDefinition", "")),
        ('<intermediateCatchEvent id="x"><signalEventDefinition/></intermediateCatchEvent>',
         ("x", "signalEventDefinition", "")),
        ('<intermediateThrowEvent id="x"><linkEventDefinition/></intermediateThrowEvent>',
         ("x", "linkEventDefinition", "")),
        ('<endEvent id="x"><terminateEventDefinition/><errorEventDefinition/></endEvent>',
         ("x", "multipleEventDefinitions", "")),
        ('<serviceTask id="x"/>', ("x", "unknownVerb", "")),
        ('<serviceTask id="x" implementation="##WebService"/>', ("x", "unknownVerb", "")),
        ('<serviceTask id="x" camunda:class="a.B"/>', ("x", "unknownVerb", "a.B")),
        ('<sendTask id="x" bh:verb="mail.fly"/>', ("x", "unknownVerb", "mail.fly")),
        ('<scriptTask id="x"><script>1</script></scriptTask>', ("x", "unknownVerb", "")),
        ('<callChoreography id="x"/>', ("x", "callChoreography", "")),
    ],
)  # fmt: skip
def test_what_the_engine_cannot_run_is_reported(body: str, expected: tuple[str, str, str]) -> None:
    document = parse.read(drawing(SIMPLE + body), verbs={"case.grade"})

    assert reported(document) == [expected]
    assert not document.publishable
    assert "x" in document.unsupported[0].problem().message
    assert document.unsupported[0].line == 6


def test_known_verb_is_not_reported() -> None:
    body = SIMPLE + '<serviceTask id="x" bh:verb="case.grade"/>'

    assert parse.read(drawing(body), verbs={"case.grade"}).publishable
    assert parse.read(drawing(body)).publishable


@pytest.mark.parametrize(
    ("body", "line", "words"),
    [
        ('<task id="a"/>\n<task id="a"/>', 3, "编号 a 重复"),
        ('<task id="a"/>\n<sequenceFlow id="f" sourceRef="a" targetRef="b"/>', 3, "终点 b 不存在"),
        ('<task id="a"/>\n<sequenceFlow id="f" targetRef="a"/>', 3, "起点不存在"),
        ('<task id="a"/><subProcess id="s"><task id="b"/></subProcess>\n'
         '<sequenceFlow id="f" sourceRef="a" targetRef="b"/>', 3, "跨过了子流程"),
        ('\n<exclusiveGateway id="g" default="no"/>', 3, "默认连线 no"),
        ('\n<boundaryEvent id="b" attachedToRef="no"><timerEventDefinition/></boundaryEvent>',
         3, "no 不存在"),
        ('\n<userTask id="a" bh:priority="high"/>', 3, "“high”不是整数"),
        ('\n<intermediateCatchEvent id="a"/>', 3, "没有说明等待什么"),
    ],
)  # fmt: skip
def test_mistake_in_a_drawing_names_its_line(body: str, line: int, words: str) -> None:
    document = read(body)

    assert [problem.line for problem in document.problems] == [line]
    assert words in document.problems[0].message
    assert document.problems[0].remedy
    assert not document.publishable


def test_file_without_process_is_reported() -> None:
    assert not parse.read(f"{HEAD}</definitions>".encode()).publishable


# -------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "XML"),
        (b"\x00\x01", "XML"),
        (b"<definitions/>", "不是 BPMN 2.0"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "DOCTYPE"),
        (drawing("<task>"), "XML 写法有误"),
        (drawing("<subProcess>" * 120 + "</subProcess>" * 120), "嵌套"),
        (drawing("<subProcess>" * 400 + "</subProcess>" * 400), "嵌套"),
        (drawing(" " * (12 * 1024 * 1024)), "超过上限 12 MB"),
    ],
)
def test_unreadable_file_is_refused_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        parse.read(data)


def test_entities_are_not_expanded() -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    data = f'<!DOCTYPE d [<!ENTITY e0 "x">{bomb}]>{HEAD}&e11;</definitions>'.encode()

    with pytest.raises(Unreadable):
        parse.read(data)


@settings(max_examples=200, deadline=None)
@given(at=st.integers(0, 700), junk=st.binary(max_size=4), length=st.integers(0, 8))
def test_damaged_file_is_read_or_refused(at: int, junk: bytes, length: int) -> None:
    whole = drawing(SIMPLE)
    try:
        document = parse.read(whole[:at] + junk + whole[at + length :])
    except Unreadable as refused:
        assert refused.problem.message  # noqa: PT017 - either outcome is right
    else:
        assert document.counts["definitions"] == 1


def test_syntax_error_names_its_line() -> None:
    with pytest.raises(Unreadable) as caught:
        parse.read(b"<a>\n<b>\n</c></a>")

    assert caught.value.problem.line == 3
