"""Trials, decision tables and guides: worked out from what there is, writing nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bihuan.surfaces.studio import blank, grid, guide, words
from tests.surfaces.studio.given import NUMBERS, QUICK_HASHERS, ask, browser, drafted, hotline

pytestmark = pytest.mark.django_db
AT = "2026-03-02T09:00:00+08:00"


@pytest.fixture(autouse=True)
def installed(settings):
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    hotline()


def submit(node: str, **values):
    return {"do": "complete", "node": node, "values": values}


def test_a_case_is_played_to_its_next_unit_and_nothing_is_written():
    client, draft = browser("yeqing"), drafted()
    started = {"request_type": "FAULT", "complexity": "simple", "tier": "VIP", "grade": "A"}

    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = ask(
            client,
            draft,
            "trial",
            variables=started,
            at=AT,
            steps=[submit("accept"), submit("judge"), submit("dispatch")],
        )

    state = answer.json()
    assert (state["refused"], state["taken"]) == ("", 3)
    assert [unit["node"] for unit in state["open"]] == ["handle"]
    assert state["variables"]["handle_limit"] == "PT2H"
    assert [
        q for q in asked if not q["sql"].lstrip().lower().startswith(("select", "save", "rel"))
    ] == []


def test_a_step_that_cannot_be_taken_is_told_and_the_others_stay():
    state = ask(
        browser("yeqing"), drafted(), "trial", at=AT, steps=[submit("accept"), submit("archive")]
    ).json()

    assert state["taken"] == 1
    assert "不在办" in state["refused"]


def test_a_draft_with_errors_is_mended_first():
    draft = drafted()
    source = draft.source.replace('bh:post="judge"', 'bh:post="nobody"')

    answer = ask(browser("yeqing"), draft, "trial", source=source, at=AT, steps=[])

    assert answer.status_code == 422
    assert "先改正 1 处错误" in answer.json()["title"]


def test_time_passes_until_the_timers_that_fall_due():
    draft = drafted()
    source = (
        blank.process("request", "等")
        .replace(
            '<bpmn:endEvent id="end"',
            '<bpmn:boundaryEvent id="late" attachedToRef="first" cancelActivity="false"><bpmn:outgoing>f9'
            "</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeDuration>PT2H</bpmn:timeDuration>"
            '</bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:sequenceFlow id="f9" sourceRef="late"'
            ' targetRef="urge"/><bpmn:userTask id="urge" name="催" bh:post="judge" bh:limit="1h"/>'
            '<bpmn:endEvent id="end"',
        )
        .replace('name="第一个环节"', 'name="第一个环节" bh:post="intake" bh:limit="1h"')
    )
    steps = [{"do": "advance", "seconds": 7200}]

    state = ask(browser("yeqing"), draft, "trial", source=source, at=AT, steps=steps).json()

    assert [unit["node"] for unit in state["open"]] == ["first", "urge"]
    assert state["now"] == "2026-03-02T11:00:00+08:00"


# -------------------------------------------------------------------- decision tables


def test_a_table_goes_into_the_grid_and_back_unchanged():
    source = drafted("decision", "hotline.limits").source

    back = grid.source_of(grid.grid(source), source)

    assert grid.grid(back) == grid.grid(source)
    assert back.splitlines()[0] == source.splitlines()[0]


def test_every_row_is_tried_with_an_example_of_its_own():
    verdict = grid.verdict(NUMBERS)

    assert verdict["problems"] == []
    assert [(one["row"], one["fires"]) for one in verdict["examples"]] == [(1, True), (2, True)]


def test_a_hidden_row_is_a_problem_at_its_place():
    hidden = {**NUMBERS, "rows": NUMBERS["rows"][::-1]}

    (problem,) = grid.verdict(hidden)["problems"]

    assert problem["at"] == ["rows", 1]
    assert "永远轮不到" in problem["message"]


@pytest.mark.parametrize(("n", "row", "word"), [(10, 1, "大"), (9, 2, "小")])
def test_an_example_fires_a_row(n, row, word):
    found = grid.fired(NUMBERS, {"n": n})

    assert (found["row"], found["output"]) == (row, {"word": word})


def test_an_example_that_cannot_be_decided_says_why():
    assert "不是数字" in grid.fired(NUMBERS, {"n": "十"})["why"]


def test_a_table_is_saved_as_yaml_and_published_only_when_every_row_wins():
    client, draft = browser("yeqing"), drafted("decision", "hotline.limits")
    table = grid.grid(draft.source)
    table["rows"].reverse()
    assert ask(client, draft, "save", table=table, rev=1).status_code == 200

    refused = client.post(f"/studio/{draft.pk}/do/publish/", {"reason": "次序颠倒"})

    assert refused.status_code == 422
    assert "永远轮不到" in refused.content.decode()


# -------------------------------------------------------------------- guides and words


def test_a_guide_says_what_a_post_does():
    (process,) = guide.guide("reviewer")

    (unit,) = process.units
    assert (unit.title, unit.limit, unit.calendar) == ("审核", "4 工时", "工时")
    assert unit.returns == ("办理",)
    assert unit.not_by == ("办理",)
    assert unit.after == ("办理", "回访")
    assert unit.required


def test_every_guide_is_open_to_who_works():
    client = browser("zhouli")

    page = client.get("/guides/").content.decode()

    assert "我的岗位" in page
    assert client.get("/guides/handler/").status_code == 200
    assert client.get("/guides/?post=judge").url == "/guides/judge/"
    assert client.get("/guides/nobody/").status_code == 404


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("30m", "30 分"),
        ("1wd4h", "1 个工作日 4 工时"),
        ("PT4H", "4 小时（自然时间）"),
        ("P7D", "7 天（自然时间）"),
        ("${handle_limit}", "按“办理时限”"),
        ("soon", "soon"),
    ],
)
def test_limits_are_read_in_words(written, read):
    assert words.limit(written, {"handle_limit": "办理时限"}) == read


def test_conditions_are_read_in_words():
    names = {"importance": "重要程度", "amount": "金额"}

    read = words.condition("${importance == '3' && amount >= 100}", names)

    assert read == "“重要程度” 为 “3” 且 “金额” 不小于 100"
