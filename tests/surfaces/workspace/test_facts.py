"""Facts become sentences; numbers in them are masked for who may not see them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bihuan.surfaces.workspace.sheets import facts
from bihuan.surfaces.workspace.sheets.facts import Names

AT = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)


@dataclass
class Row:
    name: str
    subject: str = "unit:7"
    actor: str = "staff:1"
    on_behalf_of: str = ""
    at: datetime = AT
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def line(row: Row, **known: Any) -> facts.FactLine:
    return facts.lines([row], Names(staff={1: "周立", 2: "何静"}, **known))[0]


def test_a_submitted_unit_names_itself_and_who():
    said = line(Row("unit.submitted", data={"title": "办理"}))

    assert (said.title, said.who, said.tone) == ("办理完成", "周立", "")


def test_work_done_for_a_colleague_says_so():
    assert line(Row("unit.submitted", on_behalf_of="staff:2")).who == "周立（代 何静）"


def test_a_refusal_is_red_and_quotes_the_customer():
    row = Row("case.verified", data={"answer": "REFUSED"})
    said = line(row, said={("case.verified", AT): "没有说明下次如何通知"})

    assert (said.title, said.tone, said.quote) == (
        "客户不同意关闭",
        "over",
        "没有说明下次如何通知",
    )


def test_numbers_in_reasons_are_masked_for_who_may_not_see_them():
    row = Row("process.suspended", reason="请打 13912347715 联系")

    assert "139****7715" in line(row).text
    assert "13912347715" in line(row, sees_phones=True).text


def test_an_unknown_fact_is_shown_all_the_same():
    assert line(Row("thing.happened")).title == "有新的记录"


def test_the_first_of_numbered_facts_has_the_highest_number():
    rows = [Row("unit.submitted"), Row("unit.opened"), Row("case.opened")]

    assert [one.mark for one in facts.lines(rows, Names(), numbered=True)] == ["#02", "#01"]
