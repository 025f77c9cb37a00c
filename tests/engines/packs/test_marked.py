"""The YAML of a pack: plain values, line of every key, one clear sentence when it is wrong."""

import pytest

from bihuan.engines.packs.marked import read_yaml
from bihuan.engines.packs.problem import PackUnreadable


def refusal(text: str):
    with pytest.raises(PackUnreadable) as refused:
        read_yaml("forms/accept.yaml", text)
    return refused.value.problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13:30", "13:30"),
        ("2026-03-02", "2026-03-02"),
        ("no", "no"),
        ("0595", "0595"),
        ("13800002046", 13800002046),
        ("true", True),
        ("~", None),
        ("2.5", 2.5),
        ("-3", -3),
    ],
)
def test_a_value_is_what_a_person_wrote(text, value):
    values, _lines = read_yaml("a.yaml", f"key: {text}")

    assert values == {"key": value}


def test_every_key_and_item_knows_its_line():
    _values, lines = read_yaml(
        "a.yaml", "code: a\nfields:\n  - code: x\n\n  - code: y\n    title: z\n"
    )

    assert lines["fields",] == 2
    assert lines["fields", 1] == 5
    assert lines["fields", 1, "title"] == 6


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "“a”写了两次"),
        ("a: 1\nb: &x 2\n", 2, "不支持 & 和 * 引用"),
        (
            "a: !!python/name:os.system x\n",
            1,
            "不支持类型标记“tag:yaml.org,2002:python/name:os.system”",
        ),
        ("a: 1\n\tb: 2\n", 2, "这一行不符合 YAML 写法"),
        ("a: [1, 2\nb: 3\n", 2, "这一行不符合 YAML 写法"),
        ("[" * 30, 1, "嵌套超过 24 层"),
    ],
)
def test_what_is_refused_names_line_and_reason(text, line, message):
    problem = refusal(text)

    assert (problem.file, problem.line, problem.message) == ("forms/accept.yaml", line, message)


def test_a_problem_reads_as_one_line_with_the_remedy():
    assert str(refusal("a: 1\na: 2")) == "forms/accept.yaml:2: “a”写了两次。请只保留一处。"
