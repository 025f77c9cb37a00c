"""Checks before publication: every mistake is named with its line and what to write instead."""

import pytest
from hypothesis import given, settings, strategies as st

from bihuan.engines.bpmn import check, parse
from bihuan.engines.bpmn.document import Problem, Severity
from tests.engines.drawing import drawing, flows, unit

ANY = check.Known()
START = '<startEvent id="s"/>'
END = '<endEvent id="e"/>'


def problems(body: str, known: check.Known = ANY) -> list[Problem]:
    document = parse.read(drawing(body))
    return check.publish_problems(document.processes[0], known, document.lines)


def errors(body: str, known: check.Known = ANY) -> list[str]:
    return [
        problem.message for problem in problems(body, known) if problem.severity is Severity.ERROR
    ]


def warnings(body: str, known: check.Known = ANY) -> list[str]:
    return [
        problem.message for problem in problems(body, known) if problem.severity is Severity.WARNING
    ]


def straight(middle: str, id_: str = "a") -> str:
    """Start, one node, end; the node is on line 3."""
    return f"{START}\n{middle}\n{END}{flows(f's>{id_}', f'{id_}>e')}"


def test_sound_process_has_no_problems() -> None:
    body = f"""{START}{unit("a", "受理", warnAt="80%")}<exclusiveGateway id="g" default="g_e"/>
      {unit("b", "办理", returnTo="a,previous", excludes="a")}{END}
      {flows("s>a", "a>g", "g>b?${level == 1}", "g>e", "b>e")}"""

    assert problems(body) == []


def test_problem_names_element_line_and_remedy() -> None:
    (problem,) = problems(straight(unit("a", "派单", limit="two hours")))

    assert problem.message == "环节「派单」（a）的时限“two hours”写法不对"
    assert problem.remedy == "工作时间写 30m、2h、1wd、1wd4h，自然时间写 PT2H、P7D"
    assert (problem.line, problem.element) == (3, "a")


# -------------------------------------------------------------------- structure


def test_unreachable_unit_is_an_error() -> None:
    body = straight(unit("a")) + unit("lost", "失联")

    assert errors(body) == ["环节「失联」（lost）从开始事件走不到"]


def test_unit_inside_an_unreachable_sub_process_is_an_error() -> None:
    body = straight(unit("a")) + f'<subProcess id="sub">{unit("x")}</subProcess>'

    assert errors(body) == ["子流程（sub）从开始事件走不到", "环节（x）从开始事件走不到"]


def test_unit_behind_a_boundary_event_is_reached() -> None:
    body = (
        straight(unit("a"))
        + f"""<boundaryEvent id="b" attachedToRef="a">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>
      </boundaryEvent>{unit("late")}{flows("b>late")}"""
    )

    assert errors(body) == []


def test_process_needs_start_and_end() -> None:
    assert errors(f"{unit('a')}{END}{flows('a>e')}") == ["流程“报修”没有开始事件"]
    assert errors(f"{START}{unit('a')}{flows('s>a', 'a>a')}") == ["流程“报修”没有结束"]
    assert errors("") == ["流程“报修”是空的"]
    assert errors(f"{START}{unit('a')}{flows('s>a')}") == []


def test_second_start_event_is_an_error() -> None:
    body = straight(unit("a")) + '<startEvent id="s2"/>' + flows("s2>a")

    assert errors(body) == ["开始事件（s2）是同一层的第二个开始事件"]


def test_end_event_leads_nowhere() -> None:
    assert errors(straight(unit("a")) + flows("e>a")) == [
        "流程“报修”没有结束",
        "结束事件（e）后面还有连线",
    ]


def test_boundary_event_needs_a_way_out() -> None:
    timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    body = straight(unit("a")) + f'<boundaryEvent id="b" attachedToRef="a">{timer}</boundaryEvent>'
    alone = body.replace('attachedToRef="a"', 'attachedToRef="a" cancelActivity="false"')
    misplaced = body.replace('attachedToRef="a"', 'attachedToRef="e"')

    assert errors(body) == ["边界事件（b）发生后无路可走"]
    assert errors(alone) == []
    assert warnings(alone) == ["边界事件（b）发生后无路可走"]
    assert "边界事件（b）没有附着在活动上" in errors(misplaced)


JOIN = '<parallelGateway id="j"/>'


def test_and_join_behind_an_xor_split_never_fires() -> None:
    body = f"""{START}<exclusiveGateway id="g" default="g_b"/>{unit("a")}{unit("b")}{JOIN}{END}
      {flows("s>g", "g>a?x", "g>b", "a>j", "b>j", "j>e")}"""

    assert errors(body) == [
        "并行汇合网关（j）永远等不齐：从环节（a）到网关（j）的连线和"
        "从环节（b）到网关（j）的连线不会同时有令牌"
    ]


@pytest.mark.parametrize(
    "split",
    [
        '<parallelGateway id="g"/>',
        '<inclusiveGateway id="g"/>',
        '<task id="g"/>',
        f"{unit('g')}",
    ],
)
def test_and_join_behind_a_fork_is_fine(split: str) -> None:
    body = f"""{START}{split}{unit("a")}{unit("b")}{JOIN}{END}
      {flows("s>g", "g>a", "g>b", "a>j", "b>j", "j>e")}"""

    assert errors(body) == []


def test_and_join_with_xor_detours_inside_the_branches_is_fine() -> None:
    body = f"""{START}<parallelGateway id="g"/>{unit("a")}{unit("b")}{unit("c")}
      <exclusiveGateway id="x" default="x_m"/><exclusiveGateway id="m"/>{JOIN}{END}
      {flows("s>g", "g>x", "x>c?far", "x>m", "c>m", "m>a", "a>j", "g>b", "b>j", "j>e")}"""

    assert errors(body) == []


def test_and_join_may_wait_for_a_non_interrupting_timer() -> None:
    body = f"""{START}{unit("a")}<boundaryEvent id="b" attachedToRef="a" cancelActivity="false">
      <timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
      {unit("c")}{JOIN}{END}{flows("s>a", "a>j", "b>c", "c>j", "j>e")}"""

    assert errors(body) == []
    assert errors(body.replace('cancelActivity="false"', "")) != []


def test_and_join_cannot_be_fed_by_its_own_output() -> None:
    body = f"""{START}{unit("a")}{unit("b")}{JOIN}<parallelGateway id="f"/>{END}
      {flows("s>a", "a>j", "j>f", "f>b", "b>j", "f>e")}"""

    assert len(errors(body)) == 1


# -------------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("${level = 1}", "=="),
        ("${级别 == 1}", "级别"),
        ("${level + 1}", "是或否"),
        ("${a.b}", "点"),
    ],
)
def test_condition_that_cannot_be_used_is_an_error(condition: str, words: str) -> None:
    body = f"""{START}<exclusiveGateway id="g" default="g_e"/>{unit("a", "受理")}{END}
      {flows("s>g", f"g>a?{condition}", "g>e", "a>e")}"""
    (message,) = errors(body)

    assert message.startswith("从网关（g）到环节「受理」（a）的连线的条件：")
    assert words in message


def test_gateway_without_default_is_a_warning() -> None:
    body = f"""{START}<exclusiveGateway id="g"/>{unit("a")}{END}
      {flows("s>g", "g>a?x", "g>e?not x", "a>e")}"""

    assert errors(body) == []
    assert warnings(body) == ["网关（g）没有默认出线，条件都不成立时办理会被拒绝"]


def test_flow_without_condition_hides_those_after_it() -> None:
    body = f"""{START}<exclusiveGateway id="g"/>{unit("a")}{END}
      {flows("s>g", "g>a", "g>e?x", "a>e")}"""
    last = f"""{START}<exclusiveGateway id="g"/>{unit("a")}{END}
      {flows("s>g", "g>a?x", "g>e", "a>e")}"""

    assert errors(body) == [
        "从网关（g）到环节（a）的连线没有条件，总会被选中，其后的出线永远走不到"
    ]
    assert errors(last) == []
    assert warnings(last) == ["从网关（g）到结束事件（e）的连线没有条件，实际上是默认出线"]


def test_condition_without_effect_is_a_warning() -> None:
    body = f"""{START}<parallelGateway id="g"/>{unit("a")}{END}
      {flows("s>g", "g>a?x", "g>e", "a>e")}"""

    assert warnings(body) == ["从网关（g）到环节（a）的连线的条件不起作用"]


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"enterIf": "${x = 1}"}, "进入条件"),
        ({"submitIf": "y + 1"}, "传递条件"),
        ({"limit": "${}"}, "时限"),
        ({"limit": "1y"}, "时限“1y”"),
        ({"warnAt": "soon"}, "预警“soon”"),
        ({"post": ""}, "没有岗位"),
        ({"returnTo": "nowhere"}, "退回目标“nowhere”不是本流程的环节"),
        ({"returnTo": "e"}, "退回目标“e”不是本流程的环节"),
        ({"returnTo": "a"}, "不能退回到"),
        ({"excludes": "nobody"}, "不相容环节“nobody”"),
        ({"excludes": "a"}, "把自己列为"),
    ],
)
def test_rule_that_cannot_be_kept_is_an_error(rules: dict[str, str], words: str) -> None:
    (message,) = errors(straight(unit("a", "派单", **rules)))

    assert words in message


def test_unit_may_only_be_returned_backwards() -> None:
    body = f"""{START}{unit("a", "受理", returnTo="b")}{unit("b", "办理", returnTo="a")}{END}
      {flows("s>a", "a>b", "b>e")}"""

    assert errors(body) == ["环节「受理」（a）不能退回到环节「办理」（b），它不在前面"]


def test_unit_without_limit_is_a_warning_unless_a_group_limits_it() -> None:
    body = straight(unit("a", limit=""))
    group = '<extensionElements><bh:limitGroup id="g" limit="2h" units="a"/></extensionElements>'

    assert warnings(body) == ["环节（a）没有处理时限"]
    assert problems(group + body) == []
    assert warnings(straight(unit("a", limit="", warnAt="80%"))) == ["环节（a）有预警却没有时限"]


def test_limit_group_names_units_of_the_process() -> None:
    group = """<extensionElements><bh:limitGroup id="g" name="上门" limit="soon" units="b e"/>
      <bh:limitGroup id="g" limit="2h" calendar="moon"/></extensionElements>"""
    known = check.Known(calendars=frozenset({"office"}))

    assert errors(group + straight(unit("a")), known) == [
        "合并时限“上门”的时限“soon”写法不对",
        "合并时限“上门”的环节“b”不是本流程的环节",
        "合并时限“上门”的环节“e”不是本流程的环节",
        "合并时限“g”的编号 g 重复",
        "合并时限“g”没有列出环节",
        "合并时限“g”用的工作日历“moon”不存在",
    ]


@pytest.mark.parametrize(
    ("definition", "wrong"),
    [
        ("<timeDuration>PT1H</timeDuration>", False),
        ("<timeDuration>P7D</timeDuration>", False),
        ("<timeDuration>${callAfter}</timeDuration>", False),
        ("<timeCycle>R3/PT10M</timeCycle>", False),
        ("<timeDate>2026-01-31T09:00:00+08:00</timeDate>", False),
        ("<timeDuration>1 hour</timeDuration>", True),
        ("<timeDuration>P</timeDuration>", True),
        ("<timeCycle>PT10M</timeCycle>", True),
        ("<timeDate>tomorrow</timeDate>", True),
        ("<timeDuration>${a = b}</timeDuration>", True),
        ("", True),
    ],
)
def test_timer_must_be_a_time(definition: str, wrong: bool) -> None:  # noqa: FBT001
    event = f"""<intermediateCatchEvent id="a"><timerEventDefinition>{definition}
      </timerEventDefinition></intermediateCatchEvent>"""

    assert bool(errors(straight(event))) is wrong


def test_multi_instance_must_say_how_many() -> None:
    def multi(inside: str) -> str:
        task = unit("a").replace("/>", ">")
        return straight(
            f"{task}<multiInstanceLoopCharacteristics{inside}"
            "</multiInstanceLoopCharacteristics></userTask>"
        )

    assert errors(multi(' bh:collection="voters">')) == []
    assert errors(multi("><loopCardinality>${n}</loopCardinality>")) == []
    assert errors(multi(">")) == ["环节（a）没有说明要办几次"]
    wrong = (
        "><loopCardinality>3</loopCardinality><completionCondition>${n = 1}</completionCondition>"
    )
    assert "完成条件" in errors(multi(wrong))[0]


# -------------------------------------------------------------------- names


def test_unknown_names_are_errors_with_the_nearest_known() -> None:
    body = f"""{START}{unit("a", "派单", post="agnet", form="dispach", calendar="ofice")}
      <serviceTask id="v" bh:verb="case.graed"/><businessRuleTask id="d" bh:decision="priorty"/>
      <callActivity id="c" calledElement="folow"/><callActivity id="c2"/>{END}
      {flows("s>a", "a>v", "v>d", "d>c", "c>c2", "c2>e")}"""
    known = check.Known(
        posts=frozenset({"agent"}),
        forms=frozenset({"dispatch"}),
        calendars=frozenset({"office"}),
        verbs=frozenset({"case.grade"}),
        decisions=frozenset({"priority"}),
        processes=frozenset({"follow"}),
    )
    found = {problem.message: problem.remedy for problem in problems(body, known)}

    assert found == {
        "环节「派单」（a）用的岗位“agnet”不存在": "是否想写“agent”",
        "环节「派单」（a）用的表单“dispach”不存在": "是否想写“dispatch”",
        "环节「派单」（a）用的工作日历“ofice”不存在": "是否想写“office”",
        "节点（v）用的动作“case.graed”不存在": "是否想写“case.grade”",
        "节点（d）用的决策表“priorty”不存在": "是否想写“priority”",
        "调用环节（c）用的流程“folow”不存在": "是否想写“follow”",
        "调用环节（c2）没有写调用哪个流程": "写上 calledElement",
    }


def test_variable_nobody_sets_is_a_warning() -> None:
    body = f"""{START}<exclusiveGateway id="g" default="g_e"/>{unit("a")}{END}
      {flows("s>g", "g>a?levle == 1", "g>e", "a>e")}"""
    known = check.Known(variables=frozenset({"level"}))

    assert warnings(body, known) == ["条件里的变量“levle”没有哪个表单或动作会给出"]
    assert warnings(body, check.Known(variables=frozenset({"levle"}))) == []


# -------------------------------------------------------------------- any drawing at all

IDS = st.sampled_from(["a", "b", "c", "d", "e"])
KINDS = ["startEvent", "endEvent", "userTask", "exclusiveGateway", "parallelGateway", "subProcess"]


@settings(max_examples=200, deadline=None)
@given(
    nodes=st.dictionaries(IDS, st.sampled_from(KINDS)),
    ends=st.lists(st.tuples(IDS, IDS), max_size=8),
    hosts=st.lists(st.tuples(IDS, st.booleans()), max_size=2),
)
def test_any_drawing_is_checked_to_the_end(
    nodes: dict[str, str], ends: list[tuple[str, str]], hosts: list[tuple[str, bool]]
) -> None:
    drawn = "".join(f'<{kind} id="{id_}"/>' for id_, kind in nodes.items())
    drawn += "".join(
        f'<boundaryEvent id="on{n}" attachedToRef="{host}" cancelActivity="{str(cancel).lower()}">'
        "<timerEventDefinition/></boundaryEvent>"
        for n, (host, cancel) in enumerate(hosts)
    )
    linked = "".join(f'<sequenceFlow sourceRef="{a}" targetRef="{b}"/>' for a, b in ends)

    for problem in problems(drawn + linked):
        assert problem.message
        assert problem.remedy
