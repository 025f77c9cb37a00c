"""Facts become sentences; numbers in them are masked for who may not see them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bihuan.surfaces.workspace.sheets import contacts, facts
from bihuan.surfaces.workspace.sheets.chips import ChipSheet
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


def test_work_written_down_by_another_system_names_whom_it_names():
    row = Row("unit.submitted", actor="system:import", on_behalf_of="log:updated-by-166")

    assert line(row).who == "系统（代 updated-by-166）"


def test_what_is_given_to_an_org_unit_names_it_and_nobody_of_the_same_number():
    row = Row("unit.transferred", data={"title": "办理", "to": "unit:2"})

    assert line(row, org_units={2: "二线组"}).title == "办理转办给 二线组"
    assert line(Row("unit.assigned", data={"title": "办理", "to": "staff:2"})).title.endswith(
        "何静"
    )


def test_a_correction_says_what_the_record_says_now():
    row = Row("case.updated", data={"incident_state": "Active", "location": ""})

    assert line(row).line == "更正信息：incident_state：Active，location：空"


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


@dataclass
class Mail:
    direction: str = "IN"
    outcome: str = "ADDED"
    party_name: str = "艾达"
    party_address: str = "ada@customer.test"
    text: str = "还是没有水。"
    remark: str = ""
    letter_state: str = ""
    letter_error: str = ""
    at: datetime = AT

    @property
    def is_ours(self) -> bool:
        return self.direction == "OUT"


def mail_line(mail: Mail, **data: str) -> list[facts.FactLine]:
    name = "interaction.sent" if mail.is_ours else "interaction.received"
    row = Row(name, data={"channel": "EMAIL", "outcome": mail.outcome, **data})
    return facts.lines([row], Names(said=contacts.said_in([mail])))


def test_a_customers_mail_is_quoted_with_who_wrote_it():
    [said] = mail_line(Mail(text="请打 13912347715"))

    assert (said.title, said.quote) == ("客户来信", "艾达：\n请打 139****7715")


def test_a_mail_of_ours_says_whether_it_has_gone_out():
    [waits] = mail_line(Mail("OUT", "", text="您好", letter_state="WAITING", letter_error="down"))
    [sent] = mail_line(Mail("OUT", "", text="您好", letter_state="SENT"))

    assert (waits.title, waits.quote) == ("邮件答复客户", "〔待发送：down〕\n您好")
    assert sent.quote == "您好"


def test_the_mail_that_opened_the_case_is_not_told_twice():
    assert mail_line(Mail(outcome="OPENED")) == []
    [refused] = mail_line(Mail(outcome="OPENED", remark="附件 a.exe 没有收下"))
    assert refused.quote == "附件 a.exe 没有收下"


def test_a_contact_on_another_channel_is_told_by_its_own_facts():
    row = Row("interaction.received", data={"channel": "PHONE", "outcome": "ADDED"})

    assert facts.lines([row], Names()) == []


def test_a_return_says_what_the_other_side_said():
    returned = line(Row("letter.returned", reason="550 no such user"))

    assert (returned.title, returned.text) == ("邮件没有送达客户", "对方邮箱答复：550 no such user")


def test_an_escalation_tells_why_and_whom():
    data = {"level_name": "重大投诉", "used": "150%", "told": ["staff:2"], "rises": True}
    said = line(Row("case.escalated", actor="system:escalations", data=data))

    assert (said.title, said.text, said.who) == (
        "升级为重大投诉",
        "时限用到 150%，已通知 何静",
        "",
    )


def test_a_rung_below_the_level_reached_is_not_called_a_rise():
    data = {"level_name": "较大投诉", "reworks": 1, "told": ["staff:2"], "rises": False}

    assert line(Row("case.escalated", data=data)).title == "再次通知上级"


def test_of_many_reminders_only_the_last_is_told():
    again = [
        Row("case.escalation_repeated", data={"escalation": 5, "repeats": n}) for n in (3, 2, 1)
    ]

    titles = [one.title for one in facts.lines(again, Names())]

    assert titles == ["升级没人确认，第 3 次提醒"]


def test_a_unit_says_how_long_it_took_and_whether_in_time():
    late = ChipSheet(state="done", text="用 3时05分 / 限 2时", late=True)
    said = line(Row("unit.submitted", data={"title": "办理"}), clocks={"unit:7": late})

    assert said.text == "用 3时05分 / 限 2时，超过时限"
