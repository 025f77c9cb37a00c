"""Forms: reading a definition, cleaning what was typed, completeness, cross and history checks."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bihuan.engines import forms
from bihuan.engines.forms.model import FieldType
from bihuan.engines.packs.marked import read_yaml

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # 09:30 in China

ACCEPT = """\
code: accept
title: 受理
fields:
  - {code: contact_name, label: 联系人, required: true, maxLength: 10, customerVisible: true}
  - {code: contact_phone, label: 联系电话, type: phone, required: true}
  - code: channel
    label: 来源
    type: choice
    required: true
    choices: {phone: 电话, web: 网站, wechat: 微信}
  - {code: url, label: 网页地址, visibleIf: channel == 'web', requiredIf: channel == 'web', pattern: 'https?://.+', patternHelp: 以 http 开头}
  - {code: urgent, label: 紧急, type: boolean}
  - {code: urgent_reason, label: 紧急原因, type: longtext, requiredIf: urgent}
  - {code: tags, label: 标签, type: multichoice, choices: [gps, sim, card]}
  - {code: arrived_at, label: 到达, type: datetime}
  - {code: finished_at, label: 完成, type: datetime}
  - {code: visit_on, label: 上门日期, type: date, min: today, max: today+30}
  - {code: fee, label: 费用, type: money, min: 0}
  - {code: reading, label: 读数, type: number, decimals: 1, min: 0, max: 99999}
  - {code: cls, label: 业务分类, type: class}
  - {code: engineer, label: 工程师, type: staff}
  - {code: photos, label: 照片, type: attachment}
  - {code: case_no, label: 编号, readonly: true}
checks:
  - {expr: finished_at >= arrived_at, message: 完成时间不能早于到达时间, fields: [finished_at]}
  - {expr: urgent == null or not urgent or channel != 'web', message: 网站来源不能加急}
history:
  - {expr: reading >= prev_reading, message: '读数不能小于上次的 {prev_reading}', fields: [reading]}
  - {expr: date(visit_on) > date(prev_signed_on), message: 上门要晚于签字, fields: [visit_on]}
previous:
  signed_on: date
"""
COMPLETE = {"contact_name": "陈嘉", "contact_phone": "13812342046", "channel": "phone"}


def parsed(text: str) -> forms.Form:
    return forms.parse(*read_yaml("forms/accept.yaml", text), "forms/accept.yaml")


FORM = parsed(ACCEPT)


def validated(given: dict[str, Any], **known: Any) -> forms.Result:
    return forms.validate(FORM, {**COMPLETE, **given}, at=AT, **known)


def one_field(**field: Any) -> forms.Form:
    return forms.parse(
        {"code": "f", "title": "表", "fields": [{"code": "x", "label": "甲", **field}]}
    )


# -------------------------------------------------------------------- values

CLEANED: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "text"}, "  陈嘉 ", "陈嘉"),
    ({"type": "text"}, "a\r\n b", "a b"),
    ({"type": "longtext"}, "a\r\nb", "a\nb"),
    ({"type": "text"}, "", None),
    ({"type": "text"}, 12, "12"),
    ({"type": "number"}, "12", 12),
    ({"type": "number"}, "１２．５", 12.5),
    ({"type": "number"}, "1,234", 1234),
    ({"type": "number"}, 0, 0),
    ({"type": "money"}, "￥128.5", "128.50"),
    ({"type": "money"}, 100, "100.00"),
    ({"type": "date"}, "2026/3/2", "2026-03-02"),
    ({"type": "date"}, "２０２６年３月２日", "2026-03-02"),
    ({"type": "date"}, "20260302", "2026-03-02"),
    ({"type": "date"}, datetime(2026, 3, 1, 17, tzinfo=UTC), "2026-03-02"),
    ({"type": "datetime"}, "2026-03-02 9:30", "2026-03-02T09:30:00+08:00"),
    ({"type": "datetime"}, "2026-03-02T01:30:00Z", "2026-03-02T09:30:00+08:00"),
    ({"type": "datetime"}, "2026-03-02T09:30", "2026-03-02T09:30:00+08:00"),
    ({"type": "choice", "choices": {"a": "甲", "b": "乙"}}, "b", "b"),
    ({"type": "choice", "choices": {"a": "甲", "b": "乙"}}, "乙", "b"),
    ({"type": "choice", "choices": [1, 2]}, 2, "2"),
    ({"type": "multichoice", "choices": ["a", "b", "c"]}, ["c", "a", "c"], ["a", "c"]),
    ({"type": "multichoice", "choices": ["a", "b"]}, "b", ["b"]),
    ({"type": "multichoice", "choices": ["a", "b"]}, [""], None),
    ({"type": "boolean"}, "on", True),
    ({"type": "boolean"}, "否", False),
    ({"type": "boolean"}, False, False),
    ({"type": "phone"}, "+86 138 1234 2046", "13812342046"),
    ({"type": "phone"}, "（0592）2345678 转 12", "05922345678-12"),
    ({"type": "phone"}, "95598", "95598"),
    ({"type": "class"}, "water.leak", "water.leak"),
    ({"type": "staff"}, "12", 12),
    ({"type": "org_unit"}, "xm-siming", "xm-siming"),
    ({"type": "attachment"}, ["7", "", "7", "12"], [7, 12]),
    ({"type": "photo", "max": 2}, [3, 4], [3, 4]),
    ({"type": "signature"}, "17", 17),
    ({"type": "signature"}, "陈嘉", "陈嘉"),
    ({"type": "customer"}, "12", 12),
    ({"type": "asset"}, "METER-0017", "METER-0017"),
    ({"type": "location"}, "24.4798，118.0894", {"lat": 24.4798, "lon": 118.0894}),
    (
        {"type": "location"},
        "24.479800, 118.089400 (±12米) 湖滨南路 3 号",
        {"lat": 24.4798, "lon": 118.0894, "accuracy": 12, "text": "湖滨南路 3 号"},
    ),
    ({"type": "location"}, "湖滨南路 3 号", {"text": "湖滨南路 3 号"}),
]


@pytest.mark.parametrize(("field", "typed", "clean"), CLEANED)
def test_value_is_cleaned(field: dict[str, Any], typed: Any, clean: Any) -> None:
    result = forms.validate(one_field(**field), {"x": typed}, at=AT)

    assert result.errors == {}
    assert result.values == {"x": clean}
    json.dumps(result.values)


REFUSED: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "number"}, "十二", "填数字，如 12"),
    ({"type": "number"}, True, "填数字，如 12"),
    ({"type": "number"}, "1e9", "填数字，如 12"),
    ({"type": "number"}, "9" * 17, "数字太大，请检查"),
    ({"type": "number", "decimals": 0}, "1.5", "填整数，如 12"),
    ({"type": "number", "min": 1}, 0, "不能小于 1"),
    ({"type": "money"}, "1.234", "金额最多两位小数，如 128.50"),
    ({"type": "money", "max": 100}, "100.01", "不能大于 100"),
    ({"type": "date"}, "2026-02-30", "填日期，如 2026-01-31"),
    ({"type": "date", "min": "today"}, "2026-03-01", "不能早于 2026-03-02"),
    ({"type": "date", "max": "today-1"}, "2026-03-02", "不能晚于 2026-03-01"),
    ({"type": "datetime"}, "2026-03-02", "填日期和时间，如 2026-01-31 08:30"),
    ({"type": "datetime"}, "2026-03-02 25:00", "填日期和时间，如 2026-01-31 08:30"),
    ({"type": "choice", "choices": ["a"]}, "z", "没有“z”这个选项，请从列表中选择"),
    ({"type": "choice", "choices": ["a"]}, ["a"], "请从列表中选择"),
    ({"type": "boolean"}, "maybe", "请选“是”或“否”"),
    ({"type": "phone"}, "call me", "填电话号码，如 13812345678 或 0592-2345678"),
    ({"type": "phone"}, "138123420460", "填电话号码，如 13812345678 或 0592-2345678"),
    ({"type": "text", "maxLength": 2}, "三个字", "最多 2 个字，现在有 3 个"),
    ({"type": "text", "pattern": "[A-Z]{2}"}, "abc", "格式不对，请按说明填写"),
    ({"type": "text"}, "a\x00b", "含有不能保存的字符，请重新输入"),
    ({"type": "text"}, {"a": 1}, "填文字"),
    ({"type": "staff"}, {"id": 1}, "请从列表中选择"),
    ({"type": "attachment"}, ["../etc"], "附件没有传上，请重新选择"),
    ({"type": "photo", "max": 1}, [3, 4], "最多 1 张照片"),
    ({"type": "photo", "min": 2}, [3], "至少 2 张照片"),
    ({"type": "signature"}, "陈" * 41, "请签名，或键入姓名（最多 40 字）"),
    ({"type": "location"}, "91, 118", "填位置，如 24.4798, 118.0894，或写地址"),
]


@pytest.mark.parametrize(("field", "typed", "message"), REFUSED)
def test_value_that_does_not_fit_is_refused(
    field: dict[str, Any], typed: Any, message: str
) -> None:
    result = forms.validate(one_field(**field), {"x": typed}, at=AT)

    assert result.errors == {"x": message}
    assert result.values == {}


@settings(max_examples=200, deadline=None)
@given(
    type_=st.sampled_from(list(FieldType)),
    typed=st.text() | st.integers() | st.floats() | st.none() | st.lists(st.text(), max_size=3),
)
def test_clean_values_are_json_and_stay_as_they_are(type_: FieldType, typed: Any) -> None:
    choices = {"choices": ["a", "b"]} if "choice" in type_ else {}
    if type_ is FieldType.GROUP:
        choices = {"fields": [{"code": "y", "label": "项"}]}
    form = one_field(type=type_.value, **choices)

    result = forms.validate(form, {"x": typed}, at=AT)
    again = forms.validate(form, result.values, at=AT)

    assert json.loads(json.dumps(result.values)) == result.values
    assert again.errors == {}
    assert again.values.get("x") == result.values.get("x")


# -------------------------------------------------------------------- completeness


def test_complete_form_passes() -> None:
    result = validated({})

    assert result.ok
    assert result.values["contact_name"] == "陈嘉"
    assert "url" not in result.values


def test_missing_fields_are_named() -> None:
    result = forms.validate(FORM, {}, at=AT)

    assert result.missing == ("contact_name", "contact_phone", "channel")
    assert result.errors == {
        "contact_name": "请填写联系人",
        "contact_phone": "请填写联系电话",
        "channel": "请选择来源",
    }


def test_draft_checks_types_only() -> None:
    draft = forms.validate(FORM, {"reading": "many"}, at=AT, draft=True)

    assert draft.errors == {"reading": "填数字，如 12"}


def test_field_is_required_when_its_condition_holds() -> None:
    assert validated({"urgent": True}).errors == {"urgent_reason": "请填写紧急原因"}
    assert validated({"urgent": False}).ok
    assert validated({"channel": "web"}).errors == {"url": "请填写网页地址"}
    assert validated({"channel": "web", "url": "ftp://x"}).errors == {"url": "以 http 开头"}


def test_hidden_field_is_dropped() -> None:
    result = validated({"url": "http://example.cn"})

    assert "url" in result.hidden
    assert "url" not in result.values
    assert "url" not in [f.code for f in forms.visible_fields(FORM, COMPLETE, at=AT)]


def test_unknown_field_is_reported() -> None:
    result = validated({"colour": "red"})

    assert result.unknown == ("colour",)
    assert result.errors == {"colour": "表单没有这一项"}


def test_readonly_field_keeps_the_earlier_value() -> None:
    result = validated({"case_no": "forged"}, previous={"case_no": "260302-0001"})

    assert result.values["case_no"] == "260302-0001"
    assert validated({"case_no": "forged"}).values["case_no"] is None


def test_readonly_field_is_never_missing() -> None:
    form = one_field(required=True, readonly=True)

    assert forms.validate(form, {}, at=AT).ok


def test_reference_must_exist() -> None:
    def exists(type_: FieldType, value: Any) -> bool:
        return (type_, value) == (FieldType.STAFF, 12)

    assert validated({"engineer": 12}, exists=exists).ok
    assert validated({"engineer": 13}, exists=exists).errors == {
        "engineer": "所选的内容已不存在，请重新选择"
    }


def test_default_fills_what_was_not_sent() -> None:
    form = one_field(type="number", default=3)

    assert forms.validate(form, {}, at=AT).values == {"x": 3}
    assert forms.validate(form, {"x": ""}, at=AT).values == {"x": None}


# -------------------------------------------------------------------- across fields and history


def test_cross_field_check_names_its_field() -> None:
    wrong = {"arrived_at": "2026-03-02 10:00", "finished_at": "2026-03-02T01:59:00Z"}

    assert validated(wrong).errors == {"finished_at": "完成时间不能早于到达时间"}
    assert validated({**wrong, "finished_at": "2026-03-02 10:00"}).ok
    assert validated({"arrived_at": "2026-03-02 10:00"}).ok


def test_check_without_fields_concerns_the_whole_form() -> None:
    given = {"channel": "web", "url": "http://a", "urgent": True, "urgent_reason": "停水"}

    assert validated(given).errors == {"": "网站来源不能加急"}


def test_check_is_not_made_over_a_wrong_field() -> None:
    wrong = {"arrived_at": "2026-03-02 10:00", "finished_at": "soon"}

    assert validated(wrong).errors == {"finished_at": "填日期和时间，如 2026-01-31 08:30"}


def test_history_check_compares_with_the_earlier_value() -> None:
    assert validated({"reading": 99}, previous={"reading": 100}).errors == {
        "reading": "读数不能小于上次的 100"
    }
    assert validated({"reading": 100}, previous={"reading": 100}).ok
    assert validated({"reading": 1}).ok


def test_history_check_reaches_values_of_other_forms() -> None:
    late = validated({"visit_on": "2026-03-03"}, previous={"signed_on": "2026-03-03"})

    assert late.errors == {"visit_on": "上门要晚于签字"}


# -------------------------------------------------------------------- definitions


def test_form_survives_json() -> None:
    assert forms.Form.from_json(json.loads(json.dumps(FORM.to_json()))) == FORM


def test_variables_are_for_routing_only() -> None:
    result = validated({"fee": "12.50", "reading": 3, "visit_on": "2026-03-05"})
    variables = FORM.variables(result.values)

    assert variables["fee"] == 12.5
    assert variables["channel"] == "phone"
    assert variables["visit_on"] == "2026-03-05"
    assert variables["urgent"] is None
    assert not {"contact_phone", "urgent_reason", "photos", "contact_name"} & variables.keys()


# (what is changed in the file, into what, line, words of the message)
MISTAKES = [
    ("type: phone", "type: fone", 5, "type"),
    ("code: contact_name", "code: 联系人", 4, "写法不对"),
    ("channel == 'web', requiredIf", "chanel == 'web', requiredIf", 11, "chanel"),
    ("channel == 'web', requiredIf", "channel == 'wap', requiredIf", 11, "没有选项“wap”"),
    ("channel == 'web', requiredIf", "urgent, requiredIf", 11, "后面才填"),
    ("requiredIf: urgent}", "requiredIf: urgent = true}", 13, "=="),
    ("requiredIf: urgent}", "requiredIf: urgent > 3}", 13, "不能这样比较"),
    ("min: today,", "min: yesterday,", 17, "界限"),
    ("'https?://.+'", "'(a+)+'", 11, "格式"),
    ("'https?://.+'", "'(a|a){2,}b'", 11, "格式"),
    ("code: tags", "code: urgent", 14, "重复"),
    ("finished_at >= arrived_at", "finished_at + 1", 25, "是或否"),
    ("fields: [finished_at]", "fields: [finnished_at]", 25, "finnished_at"),
    ("  signed_on: date\n", "  signed: date\n", 29, "prev_signed_on"),
    ("choices: [gps, sim, card]", "max: 3", 14, "选项不符"),
    ("required: true, maxLength", "requierd: true, maxLength", 4, "requierd"),
    ("code: case_no", "code: prev_no", 23, "保留"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "words"), MISTAKES)
def test_mistake_in_a_form_names_line_and_remedy(
    right: str, wrong: str, line: int, words: str
) -> None:
    assert right in ACCEPT
    with pytest.raises(forms.NotAForm) as caught:
        parsed(ACCEPT.replace(right, wrong, 1))

    found = [(problem.file, problem.line) for problem in caught.value.problems]
    assert ("forms/accept.yaml", line) in found
    assert any(words in problem.message for problem in caught.value.problems)
    assert all(problem.remedy for problem in caught.value.problems)
