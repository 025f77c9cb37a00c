"""Forms, tables and diagrams of a pack: named mistakes, and a compiled form that knows full keys."""

import pytest

from bihuan.domain.processes.pack_parts import DecisionPart, FormPart, ProcessPart
from bihuan.engines.bpmn.model import Process
from bihuan.engines.packs.source import PackSource, read_pack

MANIFEST = 'key = "{key}"\nversion = "1.0"\nname = {{ zh = "店" }}\n'
ORG = "posts:\n  - {code: clerk, name: 店员, role: all}\n"
FORM = "code: sell\ntitle: 卖\nfields:\n  - {code: price, label: 价, type: money}\n"
TABLE = (
    "code: limits\ntitle: 时限\nhit: first\n"
    "inputs:\n  - {field: price, label: 价, type: number}\n"
    "outputs:\n  - {field: limit, label: 时限, type: text}\n"
    "rows:\n  - {then: {limit: 2h}}\n"
)
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bh="http://bihuan.dev/schema/bpmn" id="d" targetNamespace="x">
  <bpmn:process id="trade" name="买卖" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="ask" />
    <bpmn:businessRuleTask id="ask" name="时限" bh:decision="limits" />
    <bpmn:sequenceFlow id="b" sourceRef="ask" targetRef="sell" />
    <bpmn:userTask id="sell" name="卖" bh:post="clerk" bh:form="sell"
        bh:limit="${limit}" bh:calendar="day" />
    <bpmn:sequenceFlow id="c" sourceRef="sell" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>
"""


def shop(**changed: str) -> PackSource:
    files = {
        "org/posts.yaml": ORG,
        "calendars/day.yaml": "title: 白天\n",
        "forms/sell.yaml": FORM,
        "decisions/limits.yaml": TABLE,
        "processes/trade.bpmn": DIAGRAM,
    }
    files.update(
        {path.replace("__", "/").replace("_yaml", ".yaml"): t for path, t in changed.items()}
    )
    content = {path: text.encode() for path, text in files.items()}
    return read_pack({"pack.toml": MANIFEST.format(key="shop").encode(), **content})


def said(part, pack: PackSource) -> list[str]:
    return [str(problem) for file in pack.folder(part.folder) for problem in part.check(file, pack)]


@pytest.mark.parametrize("part", [FormPart(), DecisionPart(), ProcessPart()])
def test_a_right_file_is_silent(part):
    assert said(part, shop()) == []


def test_a_diagram_is_compiled_with_full_keys():
    pack = shop()
    compiled = ProcessPart().compile(next(pack.folder("processes")), pack)

    process = Process.from_json(compiled["process"])
    assert compiled["title"] == "买卖"
    assert compiled["forms"] == {"shop.sell": "shop.sell", "sell": "shop.sell"}
    assert compiled["decisions"]["limits"] == "shop.limits"
    assert process.nodes["sell"].unit.calendar == "shop.day"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('bh:post="clerk"', 'bh:post="clark"', "岗位“clark”不存在"),
        ('bh:form="sell"', 'bh:form="buy"', "表单“buy”不存在"),
        ('bh:calendar="day"', 'bh:calendar="night"', "工作日历“night”不存在"),
        ('bh:decision="limits"', 'bh:decision="limit"', "决策表“limit”不存在"),
        ('process id="trade"', 'process id="tirade"', "文件里没有流程“trade”"),
        ("</bpmn:process>", "", "XML"),
    ],
)
def test_a_wrong_diagram_is_named_at_its_line(before, after, message):
    pack = shop()
    source = next(pack.folder("processes")).text.replace(before, after)
    problems = ProcessPart().check(
        read_pack(
            {
                "pack.toml": MANIFEST.format(key="shop").encode(),
                "processes/trade.bpmn": source.encode(),
            }
        ).files[0],
        pack,
    )

    assert len(problems) == 1
    assert message in problems[0].message
    assert problems[0].file == "processes/trade.bpmn"
    assert problems[0].line >= 1
    assert problems[0].remedy


@pytest.mark.parametrize(
    ("part", "changed", "message"),
    [
        (FormPart(), {"forms__sell_yaml": FORM.replace("sell", "buy")}, "编码“buy”与文件名不一致"),
        (FormPart(), {"forms__sell_yaml": FORM.replace("money", "mony")}, "“type”不能是“mony”"),
        (
            DecisionPart(),
            {"decisions__limits_yaml": TABLE.replace("field: price", "field: Price")},
            "写法不对",
        ),
    ],
)
def test_a_wrong_form_or_table_is_named(part, changed, message):
    found = said(part, shop(**changed))

    assert any(message in problem for problem in found)


def test_a_variable_nobody_gives_is_worth_a_look_and_no_mistake():
    pack = shop(**{"processes/trade.bpmn": DIAGRAM.replace("${limit}", "${limmit}")})
    file = next(file for file in pack.files if file.folder == "processes")

    [found] = [one for one in ProcessPart().check(file, pack) if "limmit" in one.message]

    assert (found.is_warning, "limit" in found.remedy) == (True, True)
    right = next(file for file in shop().files if file.folder == "processes")
    assert not [one for one in ProcessPart().check(right, shop()) if "变量" in one.message]
