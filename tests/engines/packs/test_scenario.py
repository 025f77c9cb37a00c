"""What a scenario may say, and what is said back when it says something else."""

from datetime import UTC, datetime, timedelta

import pytest

from bihuan.engines.packs.scenario import moment, read_scenario, scenario_problems
from bihuan.engines.packs.source import PackSource, read_pack

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANIFEST = 'key = "shop"\nversion = "1.0"\nname = { zh = "店" }\n'.encode()
PROCESS = b'<p xmlns:bpmn="x"><bpmn:userTask id="accept"/><bpmn:userTask name="x" id="handle"/></p>'
HEAD = 'scenario: 办结\ngiven: {at: "2026-03-02 09:30", class: fault}\nsteps:\n'


def pack(steps: str, head: str = HEAD) -> PackSource:
    files = {"scenarios/a.yaml": (head + steps).encode(), "processes/p.bpmn": PROCESS}
    return read_pack({"pack.toml": MANIFEST, **files})


def said(steps: str, head: str = HEAD) -> list[str]:
    source = pack(steps, head)
    file = next(source.folder("scenarios"))
    return [
        str(problem).removeprefix("scenarios/a.yaml:")
        for problem in scenario_problems(file, source)
    ]


def test_a_scenario_is_read_step_by_step():
    steps = (
        "  - {at: +10m, by: 受理员, submit: accept, with: {a: 1}}\n  - expect: {open: [handle]}\n"
    )
    source = pack(steps)
    scenario = read_scenario(next(source.folder("scenarios")))

    first, second = scenario.steps
    assert said(steps) == []
    assert (scenario.title, first.verb, first.what, first.by) == (
        "办结",
        "submit",
        "accept",
        "受理员",
    )
    assert (first.values, first.line) == ({"a": 1}, 4)
    assert (second.verb, second.what, second.line) == ("expect", {"open": ["handle"]}, 5)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{submit: accpt}", "4: “submit”不能是“accpt”。是否想写“accept”。"),
        (
            "{at: 10m, submit: accept}",
            "4: “at”的值“10m”写法不对。请写成例如“+10m 或 2026-03-02 09:30”。",
        ),
        (
            "{submit: accept, refused: no-way}",
            "4: “refused”的值“no-way”写法不对。请写成例如“HandledByTheSamePerson”。",
        ),
        ("expect: {due: {judge: x}}", "4: 流程里没有环节“judge”。请改用：accept、handle。"),
        ("expect: {opened: [accept]}", "4: 不认识“opened”。是否想写“open”。"),
        ("{submit: accept, by: 甲, whith: {}}", "4: 不认识“whith”。是否想写“with”。"),
    ],
)
def test_a_wrong_step_names_line_and_remedy(step, message):
    assert said(f"  - {step}\n") == [message]


def test_a_step_does_one_thing():
    assert said("  - {submit: accept, claim: accept}\n")[0].startswith("4: 每一步只能做一件事")


def test_a_scenario_begins_somewhere():
    head = 'scenario: 办结\ngiven: {class: fault, customer: {name: 甲, phone: "12"}}\nsteps:\n'

    assert said("  - wait: 等\n    at: +1d\n", head) == [
        "2: 缺少“at”。请补上 at: 2026-03-02 09:30。",
        '2: “phone”的值“12”写法不对。请写成例如“"13800002046"”。',
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NOON),
        ("+10m", NOON + timedelta(minutes=10)),
        ("+2h", NOON + timedelta(hours=2)),
        ("+1d", NOON + timedelta(days=1)),
        ("2026-03-05 08:15", datetime(2026, 3, 5, 8, 15, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_span_or_a_date(text, expected):
    assert moment(text, NOON) == expected
