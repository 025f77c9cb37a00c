"""Forms: repeating groups, whose rows are small forms of their own."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bihuan.engines import forms
from bihuan.engines.packs.marked import read_yaml

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # 09:30 in China


def parsed(text: str) -> forms.Form:
    return forms.parse(*read_yaml("forms/accept.yaml", text), "forms/accept.yaml")


def one_field(**field: Any) -> forms.Form:
    given = {"code": "x", "label": "字段", **field}
    return forms.parse({"code": "one", "title": "一项", "fields": [given]})


PARTS = parsed("""\
code: repair
title: 维修
fields:
  - {code: kind, label: 方式, type: choice, choices: {swap: 更换, fix: 修理}}
  - code: parts
    label: 用料
    type: group
    min: 1
    max: 3
    visibleIf: kind == 'swap'
    fields:
      - {code: part, label: 物料, required: true}
      - {code: amount, label: 数量, type: number, decimals: 0, min: 1, required: true}
      - {code: price, label: 单价, type: money, requiredIf: amount > 5 and kind == 'swap'}
""")
ROW = {"part": "电表", "amount": "2"}


def parts(*rows: dict[str, Any], kind: str = "swap", **known: Any) -> forms.Result:
    return forms.validate(PARTS, {"kind": kind, "parts": list(rows)}, at=AT, **known)


def test_rows_are_cleaned_one_by_one_and_empty_rows_are_dropped() -> None:
    result = parts(ROW, {"part": " ", "amount": ""})

    assert result.errors == {}
    assert result.values["parts"] == [{"part": "电表", "amount": 2, "price": None}]


def test_an_error_in_a_row_names_the_row() -> None:
    result = parts(ROW, {"part": "", "amount": "一些"}, {"part": "封印", "amount": 9})

    assert result.errors == {
        "parts.1.part": "请填写物料",
        "parts.1.amount": "填数字，如 12",
        "parts.2.price": "请填写单价",
    }
    assert result.missing == ("parts.1.part", "parts.2.price")


def test_a_group_has_least_and_most_rows() -> None:
    assert parts().errors == {"parts": "至少填 1 行"}
    assert parts(ROW, ROW, ROW, ROW).errors == {"parts": "最多 3 行"}
    assert forms.validate(PARTS, {"kind": "swap"}, at=AT, draft=True).errors == {}
    assert parts(kind="fix").errors == {}


@pytest.mark.parametrize("rows", ["x", [1], {"a": 1}])
def test_rows_that_are_none_are_refused(rows: Any) -> None:
    assert forms.validate(PARTS, {"kind": "swap", "parts": rows}, at=AT).errors == {
        "parts": "用料要一行一行地填"
    }


def test_a_name_a_row_does_not_have_is_refused() -> None:
    assert parts({**ROW, "colour": "红"}).errors == {"parts.0.colour": "表单没有这一项"}


def test_a_group_survives_json() -> None:
    assert forms.Form.from_json(json.loads(json.dumps(PARTS.to_json()))) == PARTS


def test_groups_in_groups_and_groups_without_fields_are_no_forms() -> None:
    inner = {"code": "z", "label": "z", "type": "group", "fields": [{"code": "y", "label": "y"}]}
    with pytest.raises(forms.NotAForm, match="又有重复组"):
        one_field(type="group", fields=[inner])
    with pytest.raises(forms.NotAForm, match="类型与 fields 不符"):
        one_field(type="group")


def test_a_condition_may_not_compare_a_place() -> None:
    with pytest.raises(forms.NotAForm, match="不能这样比较"):
        parsed(
            "code: accept\ntitle: 受理\nfields:\n  - {code: at, label: 位置, type: location}\n"
            "  - {code: b, label: b, visibleIf: at == 'x'}\n"
        )
