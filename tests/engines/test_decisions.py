"""Decision tables: what a row means, what is refused, what trying every row finds."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bihuan.engines import decisions
from bihuan.engines.decisions.row_index import fits
from bihuan.engines.decisions.verifying import representatives
from bihuan.engines.packs.marked import read_yaml

GRADE = """\
code: grade
title: 工单定级
inputs:
  - {field: importance, label: 重要程度, type: number}
  - {field: channel, label: 来源, type: choice, choices: [phone, web, wechat]}
  - {field: area, label: 区域, optional: true}
outputs:
  - {field: grade, type: choice, choices: [A, B, C]}
  - {field: hours, type: number}
rows:
  - when: {importance: {ge: 3}}
    then: {grade: A, hours: 2}
    note: 重大
  - when: {importance: 2, channel: [phone, wechat], area: {not: 同安区}}
    then: {grade: B, hours: 8}
  - when: {area: {empty: true}}
    then: {grade: B, hours: 12}
  - then: {grade: C, hours: 24}
"""


def parsed(text: str) -> decisions.Table:
    return decisions.parse(*read_yaml("decisions/grade.yaml", text), "decisions/grade.yaml")


TABLE = parsed(GRADE)


def grade(importance: Any, channel: Any = "phone", area: Any = "思明区") -> decisions.Decision:
    values = {"importance": importance, "channel": channel, "area": area, "other": object()}
    return decisions.decide(TABLE, values)


@pytest.mark.parametrize(
    ("importance", "channel", "area", "row"),
    [
        (3, "web", "思明区", 1),
        (4.5, "web", None, 1),
        (2, "wechat", "思明区", 2),
        (2, "wechat", "同安区", 4),
        (2, "wechat", None, 3),
        (1, "web", None, 3),
        (1, "web", "思明区", 4),
    ],
)
def test_first_row_that_fits_decides(
    importance: float, channel: str, area: str | None, row: int
) -> None:
    assert grade(importance, channel, area).row == row


def test_decision_gives_outputs_and_note() -> None:
    decision = grade(3)

    assert decision.output == {"grade": "A", "hours": 2}
    assert decision.note == "重大"


def test_table_survives_json() -> None:
    again = decisions.Table.from_json(json.loads(json.dumps(TABLE.to_json())))

    assert again == TABLE
    values = {"importance": 3, "channel": "web", "area": None}
    assert decisions.decide(again, values) == decisions.decide(TABLE, values)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"channel": "web", "area": "x"}, "importance", "没有给出“重要程度”"),
        ({"importance": None, "channel": "web", "area": "x"}, "importance", "是空的"),
        ({"importance": "3", "channel": "web", "area": "x"}, "importance", "不是数字"),
        ({"importance": True, "channel": "web", "area": "x"}, "importance", "不是数字"),
        ({"importance": float("nan"), "channel": "web", "area": "x"}, "importance", "不是数字"),
    ],
)
def test_input_that_is_not_known_is_refused(values: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(decisions.NotDecided, match=words) as caught:
        decisions.decide(TABLE, values)

    assert caught.value.field == field


def test_no_fitting_row_is_refused_naming_the_values() -> None:
    table = parsed(GRADE.replace("  - then: {grade: C, hours: 24}\n", ""))

    with pytest.raises(decisions.NotDecided) as caught:
        decisions.decide(table, {"importance": 1, "channel": "web", "area": "思明区"})

    assert str(caught.value) == (
        "决策表“工单定级”没有结果：没有一行符合 importance=1、channel=web、area=思明区"
    )


def test_gap_is_shown() -> None:
    table = parsed(GRADE.replace("  - then: {grade: C, hours: 24}\n", ""))

    assert decisions.verify(table).gap == "重要程度=1、来源=phone、区域=同安区"
    assert decisions.verify(TABLE).gap == ""


# -------------------------------------------------------------------- cells


def one_column(type_: str, *cells: Any, **column: Any) -> dict[str, Any]:
    return {
        "code": "t",
        "title": "表",
        "inputs": [{"field": "x", "type": type_, **column}],
        "outputs": [{"field": "y", "type": "number"}],
        "rows": [{"when": {"x": cell}, "then": {"y": n}} for n, cell in enumerate(cells)],
    }


@pytest.mark.parametrize(
    ("type_", "cell", "fitting", "unfitting"),
    [
        ("number", 3, [3, 3.0], [2, 4]),
        ("number", -3, [-3], [3]),
        ("number", [1, 2], [1, 2], [3]),
        ("number", {"lt": 0.5}, [0.4, -1], [0.5]),
        ("number", {"le": 2}, [2], [3]),
        ("number", {"gt": 2}, [3], [2]),
        ("number", {"between": [1, 5]}, [1, 3, 5], [0, 6]),
        ("number", {"not_in": [1, 2]}, [3], [1, 2]),
        ("text", "浦东, 新区", ["浦东, 新区"], ["浦东"]),
        ("text", "> 3", ["> 3"], ["4"]),
        ("text", "it's", ["it's"], ["its"]),
        ("text", {"not": "a"}, ["b"], ["a"]),
        ("boolean", True, [True], [False]),
        ("date", {"ge": "2026-03-01"}, ["2026-03-01", "2026-03-01T08:00:00+08:00"], ["2026-02-28"]),
        ("date", "2026-03-01", ["2026-03-01"], ["2026-03-02"]),
    ],
)
def test_cell_means(type_: str, cell: Any, fitting: list[Any], unfitting: list[Any]) -> None:
    table = decisions.parse(one_column(type_, cell))

    for value in fitting:
        assert decisions.decide(table, {"x": value}).row == 1
    for value in unfitting:
        with pytest.raises(decisions.NotDecided, match="没有一行"):
            decisions.decide(table, {"x": value})


def test_empty_and_filled_are_for_optional_inputs() -> None:
    table = decisions.parse(one_column("number", {"empty": True}, {"filled": True}, optional=True))

    assert decisions.decide(table, {"x": None}).row == 1
    assert decisions.decide(table, {"x": 0}).row == 2
    with pytest.raises(decisions.NotATable, match="不会是空的"):
        decisions.parse(one_column("number", {"empty": True}))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("type: number}", "type: nomber}", 4, "nomber"),
        ("{ge: 3}", "{gt_: 3}", 11, "看不懂"),
        ("{ge: 3}", "{ge: high}", 11, "不是 number"),
        ("{ge: 3}", "{between: [3]}", 11, "个数"),
        ("{ge: 3}", "{between: 3}", 11, "列表"),
        ("{ge: 3}", "{between: [5, 1]}", 11, "没有值能符合"),
        ("[phone, wechat]", "[phone, fax]", 14, "没有选项“fax”"),
        ("[phone, wechat]", "{ge: phone}", 14, "不能比大小"),
        ("importance: 2", "imprtance: 2", 14, "不是这张表的输入"),
        ("grade: B, hours: 8", "grade: D, hours: 8", 15, "没有选项“D”"),
        ("grade: B, hours: 8", "grade: B", 15, "缺少输出“hours”"),
        ("importance: 2", "importance: 5", 14, "永远轮不到"),
        ("title: 工单定级", "title: 工单定级\nhit: unique", 19, "都符合"),
        ("title: 工单定级", "title: 工单定级\nhit: last", 3, "last"),
        ("    note: 重大", "    nota: 重大", 13, "nota"),
    ],
)
def test_mistake_in_a_table_names_line_and_remedy(
    right: str, wrong: str, line: int, words: str
) -> None:
    assert right in GRADE
    with pytest.raises(decisions.NotATable) as caught:
        parsed(GRADE.replace(right, wrong, 1))

    problems = caught.value.problems
    assert [problem.line for problem in problems if words in problem.message][:1] == [line]
    assert all(problem.file == "decisions/grade.yaml" and problem.remedy for problem in problems)


# -------------------------------------------------------------------- unique tables


def test_unique_table_refuses_two_fitting_rows() -> None:
    data = {**one_column("number", {"lt": 3}, {"ge": 3}), "hit": "unique"}
    overlapping = {**one_column("number", {"lt": 3}, {"ge": 5}, {"gt": 1}), "hit": "unique"}

    assert decisions.decide(decisions.parse(data), {"x": 3}).row == 2
    with pytest.raises(decisions.NotATable) as caught:
        decisions.parse(overlapping)
    assert [problem.message for problem in caught.value.problems] == [
        "第 1 行和第 3 行都符合：x=2",
        "第 2 行和第 3 行都符合：x=5",
    ]


# -------------------------------------------------------------------- the index against the meaning

NUMBER_CELLS = st.one_of(
    st.none(),
    st.builds(lambda n: {"is": n}, st.integers(-3, 3)),
    st.builds(lambda op, n: {op: n}, st.sampled_from(["lt", "le", "gt", "ge"]), st.integers(-3, 3)),
    st.builds(lambda a, n: {"between": [a, a + n]}, st.integers(-3, 3), st.integers(0, 3)),
    st.just({"empty": True}),
)
TEXT_CELLS = st.one_of(
    st.none(),
    st.builds(lambda n: {"in": n}, st.lists(st.sampled_from("甲乙c"), min_size=1)),
    st.builds(lambda n: {"not_in": n}, st.lists(st.sampled_from("甲乙c"), min_size=1)),
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(NUMBER_CELLS, TEXT_CELLS), min_size=1, max_size=5),
    others=st.lists(st.floats(-5, 5) | st.integers(), max_size=4),
)
def test_every_combination_is_decided_as_the_cells_mean(
    rows: list[tuple[Any, Any]], others: list[float]
) -> None:
    data = {
        "code": "t",
        "title": "表",
        "inputs": [{"field": "n", "type": "number", "optional": True}, {"field": "t"}],
        "outputs": [{"field": "y", "type": "number"}],
        "rows": [
            {"when": {k: cell for k, cell in zip("nt", row, strict=True) if cell}, "then": {"y": 1}}
            for row in rows
        ],
    }
    problems: list[Any] = []
    try:
        table: decisions.Table | None = decisions.parse(data)
    except decisions.NotATable as refused:
        table, problems = None, refused.problems
    if table is None:
        assert all("轮不到" in problem.message for problem in problems)
        return
    numbers, texts = (representatives(table, item) for item in table.inputs)
    wins = set()
    for trial in itertools.product([*numbers, *others], [*texts, "c", "丁"]):
        values = dict(zip("nt", trial, strict=True))
        fitting = [
            number
            for number, row in enumerate(table.rows, start=1)
            if all(fits(row.cells.get(key), value) for key, value in values.items())
        ]
        try:
            found: int | None = decisions.decide(table, values).row
        except decisions.NotDecided:
            found = None
        assert found == (fitting[0] if fitting else None)
        wins.add(found)
    assert wins >= set(range(1, len(table.rows) + 1))
