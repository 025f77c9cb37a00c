"""Checking one mapping key by key."""

from bihuan.engines.packs.marked import read_yaml
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile


def shape_of(text: str) -> Shape:
    return Shape(PackFile("forms/a.yaml", text, *read_yaml("forms/a.yaml", text)))


def messages(shape: Shape) -> list[str]:
    return [str(problem) for problem in shape.done()]


def test_right_values_are_returned_and_nothing_is_reported():
    shape = shape_of("code: a\nlimit: 2\nrequired: true\nnames: [甲, 乙]\ninner: {x: y}\n")

    read = (shape.text("code"), shape.number("limit"), shape.flag("required"), shape.texts("names"))

    inner = shape.child("inner")
    assert read == ("a", 2, True, ("甲", "乙"))
    assert inner is not None
    assert inner.text("x") == "y"
    assert messages(shape) == []


def test_a_missing_key_says_what_to_add():
    shape = shape_of("title: x\n")
    shape.text("title")
    shape.text("code", example="accept")

    assert messages(shape) == ["forms/a.yaml:1: 缺少“code”。请补上 code: accept。"]


def test_an_unknown_key_names_the_nearest_known_one():
    shape = shape_of("code: x\n\ntitel: x\n")
    shape.text("code")
    shape.text("title", "")

    assert messages(shape) == ["forms/a.yaml:3: 不认识“titel”。是否想写“title”。"]


def test_a_wrong_word_names_the_nearest_known_one():
    shape = shape_of("type: phon\n")

    assert shape.word("type", ["phone", "text"]) == "phon"
    assert messages(shape) == ["forms/a.yaml:1: “type”不能是“phon”。是否想写“phone”。"]


def test_a_wrong_kind_of_value_is_reported_at_its_line():
    shape = shape_of("a: [1]\nb: many\nc: 1\nd: 99\n")
    shape.text("a")
    shape.number("b")
    shape.flag("c")
    shape.number("d", most=10)

    assert messages(shape) == [
        "forms/a.yaml:1: “a”应是文字。请改成文字。",
        "forms/a.yaml:2: “b”应是整数。请改成整数。",
        "forms/a.yaml:3: “c”应是true 或 false。请改成true 或 false。",
        "forms/a.yaml:4: “d”是 99，超出范围。请写 0 到 10 之间的整数。",
    ]


def test_children_report_into_the_same_list():
    shape = shape_of("fields:\n  - code: a\n  - cod: b\n")
    for child in shape.children("fields"):
        child.text("code", example="x")
        child.done()

    assert messages(shape) == [
        "forms/a.yaml:3: 缺少“code”。请补上 code: x。",
        "forms/a.yaml:3: 不认识“cod”。是否想写“code”。",
    ]


def test_a_pattern_is_not_asked_of_a_key_that_is_not_there():
    shape = shape_of("code: x1\n")
    shape.text("code", like="[a-z]+", example="abc")
    shape.text("at", "", like=r"\d+")

    assert messages(shape) == ["forms/a.yaml:1: “code”的值“x1”写法不对。请写成例如“abc”。"]
