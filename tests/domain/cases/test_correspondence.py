"""What becomes of what a customer sends: a case, more to a case, a case again; machines are not answered."""

from dataclasses import replace
from datetime import time

import pytest
from django.db import transaction

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import mail_texts, writing
from bihuan.domain.cases.actions.correspondence import IntakePlace, Taken
from bihuan.domain.cases.models import Case, CaseLink, Handling
from bihuan.domain.interactions import queries
from bihuan.domain.interactions.events import FileIn, Received
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.interactions.rules import case_of, token_of
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications.models import Letter, Notice
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from tests.domain.cases.given import MORNING, later
from tests.generative.pack_lives import form
from tests.packs import standing

ADA = "ada@customer.test"
DICE = [0.9, 0.1]


@pytest.fixture(scope="module")
def _hotline(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        standing.install("base", "hotline", at=MORNING.replace(year=2020), logins=True)
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _mailbox(_hotline, db, settings, tmp_path):
    settings.MAILBOXES = "service@bihuan.test=hotline:csc"
    settings.HOME = tmp_path


def mail(text: str = "路灯坏了三天，没有人来修。", **more: object) -> Received:
    plain = Received(
        channel="EMAIL",
        external_id=f"<{id(text)}.{len(Interaction.objects.all())}@customer.test>",
        own_address="service@bihuan.test",
        party_address=ADA,
        party_name="艾达",
        subject="路灯不亮",
        text=text,
    )
    return replace(plain, **more)


def send(received: Received, hours: float = 0) -> Taken:
    count = Interaction.objects.count()
    place = IntakePlace("hotline", unit_by_code("csc").id, f"mail:{count}")
    return actions.take_in(received, place, at=later(hours))


def answer(taken: Taken, text: str, **more: object) -> Received:
    """Ada answers what we sent her last in this case."""
    ours = Interaction.objects.filter(root=f"case:{taken.case_id}", direction="OUT").last()
    assert ours is not None
    usual = {"subject": f"回复：{ours.subject}", "replies_to": [ours.external_id]}
    return mail(text, **{**usual, **more})


def close(case_id: int, hours: float = 1) -> None:
    """The customer takes the case back: the shortest way to an end."""
    case = Case.objects.get(pk=case_id)
    own = Actor(f"customer:{case.customer_id}")
    actions.withdraw_case(case_id=case_id, reason="已自行解决", by=own, at=later(hours))


def outcome_of(taken: Taken) -> tuple[str, str]:
    row = Interaction.objects.get(pk=taken.interaction_id)
    return row.outcome, row.root


def test_a_mail_becomes_a_case_of_its_sender_and_is_acknowledged():
    taken = send(mail())

    case = Case.objects.get(pk=taken.case_id)
    letter = Letter.objects.get()
    assert (case.channel, case.title, case.contact_name) == ("EMAIL", "路灯不亮", "艾达")
    assert case.customer is not None
    assert case.customer.contacts.get().value == ADA
    assert (letter.address, letter.state) == (ADA, "WAITING")
    assert letter.title == f"[{case.number}] 已受理：路灯不亮"
    assert f"工单编号：{case.number}" in letter.text
    assert letter.headers["Auto-Submitted"] == "auto-replied"
    assert letter.headers["In-Reply-To"] == letter.headers["References"]
    assert [row.direction for row in queries.conversation(f"case:{case.pk}")] == ["IN", "OUT"]
    names = Fact.objects.filter(root=f"case:{case.pk}").values_list("name", flat=True)
    assert {"interaction.received", "interaction.sent"} <= set(names)


def test_the_promised_time_is_in_the_acknowledgement():
    about = mail_texts.About("260302-0001", "路灯不亮", "艾达")

    said = mail_texts.received(about, MORNING, ())

    assert "我们承诺在 2026年3月2日 09:00 前给您答复。" in said


def test_an_answer_is_found_by_what_it_answers_whatever_its_subject():
    first = send(mail())

    second = send(answer(first, "补充：在人民路口。", subject="没有编号的主题"), hours=1)

    assert outcome_of(second) == ("ADDED", f"case:{first.case_id}")
    assert Case.objects.count() == 1


def test_an_answer_without_headers_is_found_by_the_token_in_our_address(settings):
    first = send(mail())

    token = token_of(first.case_id, settings.SECRET_KEY)
    second = send(mail("补充", token=token, subject="主题换了"), hours=1)

    assert second.case_id == first.case_id


def test_a_token_of_ones_own_making_finds_nothing(settings):
    first = send(mail())
    good = token_of(first.case_id, settings.SECRET_KEY)

    assert case_of(good, settings.SECRET_KEY) == first.case_id
    assert case_of(f"c{first.case_id}-aaaaaaaaaaaaaaaa", settings.SECRET_KEY) is None
    assert case_of(good.replace(f"c{first.case_id}-", "c999-"), settings.SECRET_KEY) is None


def test_a_number_in_the_subject_counts_for_the_cases_own_customer():
    first = send(mail())
    number = Case.objects.get(pk=first.case_id).number

    second = send(mail("补充", subject=f"关于 {number} 的补充"), hours=1)

    assert second.case_id == first.case_id


def test_a_strangers_number_in_the_subject_opens_a_case_of_their_own_and_tells_nothing():
    first = send(mail())
    number = Case.objects.get(pk=first.case_id).number

    second = send(mail("给我看看", subject=f"[{number}] 进度", party_address="eve@other.test"))

    assert second.case_id != first.case_id
    row = Interaction.objects.get(pk=second.interaction_id)
    assert f"提到工单 {number}" in row.remark
    assert "路灯" not in Letter.objects.get(address="eve@other.test").text


def test_an_automatic_reply_is_kept_and_never_answered():
    first = send(mail())
    letters = Letter.objects.count()

    reply = send(answer(first, "我正在休假", nature="AUTO_REPLY", may_answer=False), hours=1)

    assert outcome_of(reply) == ("ADDED", f"case:{first.case_id}")
    assert Letter.objects.count() == letters


def test_an_automatic_reply_to_nothing_of_ours_is_set_aside():
    taken = send(mail("休假中", nature="AUTO_REPLY", may_answer=False))

    assert (taken.outcome, taken.case_id) == ("ASIDE", None)
    assert Case.objects.count() == Letter.objects.count() == 0
    assert [row.text for row in queries.set_aside()] == ["休假中"]


def test_a_machines_report_is_a_case_and_not_answered():
    taken = send(mail(nature="AUTO_GENERATED", may_answer=False))

    assert taken.outcome == "OPENED"
    assert Letter.objects.count() == 0


def test_a_machine_that_hides_gets_ten_answers_an_hour():
    for number in range(13):
        send(mail(f"自动 {number}", subject=f"自动 {number}"))

    assert Case.objects.count() == 13
    assert Letter.objects.count() == 10


def test_a_returned_mail_is_noted_and_told_to_who_works_on_the_case():
    first = send(mail())
    worker = Staff.objects.first()
    Case.objects.get(pk=first.case_id).standing.__class__.objects.filter(
        case_id=first.case_id
    ).update(assignee=worker)

    back = answer(first, "550 user unknown", nature="BOUNCE", may_answer=False, party_address="")
    send(back, hours=1)

    assert Letter.objects.get().state == "RETURNED"
    assert Fact.objects.filter(root=f"case:{first.case_id}", name="letter.returned").count() == 1
    assert "被退回" in Notice.objects.get(staff=worker).title


def test_who_works_on_the_case_is_told_of_a_mail():
    first = send(mail())
    worker = Staff.objects.first()
    case = Case.objects.get(pk=first.case_id)
    case.standing.__class__.objects.filter(case=case).update(assignee=worker)

    send(answer(first, "请快一点"), hours=1)

    assert Notice.objects.get(staff=worker).title == f"{case.number} 客户来信：路灯不亮"


def test_mail_to_a_merged_case_goes_to_its_survivor():
    first, second = send(mail()), send(mail("同一件事"))
    actions.merge_case(
        case_id=first.case_id, into_id=second.case_id, reason="重复", by=SYSTEM, at=later(1)
    )

    third = send(answer(first, "补充"), hours=2)

    assert outcome_of(third) == ("ADDED", f"case:{second.case_id}")


def test_the_own_customer_reopens_a_closed_case_by_mail():
    first = send(mail())
    close(first.case_id)

    again = send(answer(first, "没有修好，还是不亮"), hours=2)

    case = Case.objects.get(pk=first.case_id)
    assert again.outcome == "REOPENED"
    assert (case.state, case.reopen_count) == ("OPEN", 1)
    assert Letter.objects.last().title.startswith(f"[{case.number}] 已重新办理")


def test_thanks_do_not_reopen():
    first = send(mail())
    close(first.case_id)

    thanks = send(answer(first, "好的，谢谢！"), hours=2)

    assert thanks.outcome == "ADDED"
    assert Case.objects.get(pk=first.case_id).state == "CANCELLED"


@pytest.mark.parametrize(
    "text", ["收到，谢谢", "谢谢您的答复。", "OK", "好的，辛苦了！", "已解决，非常感谢"]
)
def test_what_only_thanks_is_known(text):
    assert mail_texts.is_thanks(text)


@pytest.mark.parametrize("text", ["谢谢，但是还没有修好", "", "收到，请问什么时候来？", "不满意"])
def test_what_asks_for_more_is_no_thanks(text):
    assert not mail_texts.is_thanks(text)


def test_a_third_reopening_in_a_week_becomes_one_case_beside():
    first = send(mail())
    for hour in (1, 3):
        close(first.case_id, hour)
        assert send(answer(first, f"还是不亮 {hour}"), hours=hour + 1).outcome == "REOPENED"
    close(first.case_id, 5)

    third = send(answer(first, "第三次不亮"), hours=6)
    fourth = send(answer(first, "第四次不亮"), hours=7)

    assert third.outcome == "OPENED_BESIDE"
    assert (fourth.outcome, fourth.case_id) == ("ADDED", third.case_id)
    assert CaseLink.objects.filter(first_id=first.case_id, second_id=third.case_id).exists()
    assert Case.objects.count() == 2


def test_long_after_its_end_a_case_stays_closed():
    first = send(mail())
    close(first.case_id)

    late = send(answer(first, "又不亮了"), hours=24 * 40)

    assert late.outcome == "OPENED_BESIDE"
    assert Case.objects.get(pk=first.case_id).state == "CANCELLED"


def test_files_that_are_not_taken_are_named_to_their_sender_and_the_mail_is_a_case():
    program = FileIn("抓图.exe", b"MZ" + b"\x00" * 100)
    photo = FileIn("现场.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 100)

    taken = send(mail(files=[program, photo]))

    row = Interaction.objects.get(pk=taken.interaction_id)
    assert "附件 抓图.exe 没有收下" in row.remark
    assert "抓图.exe（0.1 KB）：不收这种文件" in Letter.objects.get().text
    added = Fact.objects.get(root=f"case:{taken.case_id}", name="attachment.added")
    assert added.data["name"] == "现场.png"


def test_a_mail_without_a_subject_is_called_by_its_first_line():
    taken = send(mail("\n  小区停水两天了  \n请尽快处理", subject="Re: "))

    assert Case.objects.get(pk=taken.case_id).title == "小区停水两天了"


def test_a_handler_writes_to_the_customer_and_it_waits_in_the_table():
    first = send(mail())

    actions.write_to_customer(case_id=first.case_id, text="明天上午来修。", by=SYSTEM, at=later(1))

    letter = Letter.objects.last()
    first_id = Interaction.objects.get(pk=first.interaction_id).external_id
    assert "明天上午来修。" in letter.text
    assert letter.headers["References"].split()[0] == first_id
    assert "Auto-Submitted" not in letter.headers


def test_a_handlers_mail_waits_for_the_customers_quiet_hours_a_receipt_does_not():
    first = send(mail())
    mails = Case.objects.get(pk=first.case_id).customer.contacts.filter(kind="EMAIL")
    mails.update(quiet_from=time(0), quiet_until=time(23, 59))

    assert actions.may_write(first.case_id, at=later(1)).until is not None
    actions.write_to_customer(case_id=first.case_id, text="明天上午来修。", by=SYSTEM, at=later(1))
    held = queries.conversation(f"case:{first.case_id}")[-1]
    assert (held.letter_state, held.letter_error[:5]) == ("WAITING", "客户免打扰")
    send(mail("小区又停水了", external_id="<again@customer.test>"), 2)
    assert Letter.objects.get(key__endswith=":received", written_at=later(2)).due_at == later(2)
    write = {"case_id": first.case_id, "by": SYSTEM, "at": later(3)}
    with pytest.raises(writing.HurryUnexplained):
        actions.write_to_customer(text="马上开门，人到楼下了。", hurry="急", **write)
    actions.write_to_customer(text="马上开门，人到楼下了。", hurry="抢修人员已到门口", **write)
    assert Letter.objects.last().due_at == later(3)
    names = Fact.objects.filter(root=f"case:{first.case_id}", name__startswith="letter.")
    assert list(names.order_by("id").values_list("name", flat=True)) == [
        "letter.held",
        "letter.hurried",
    ]


def test_a_handlers_own_greeting_is_not_said_twice():
    about = mail_texts.About("260302-0001", "路灯不亮", "艾达")

    assert mail_texts.answer(about, "明天来修。").startswith("艾达，您好：\n\n明天来修。")
    assert mail_texts.answer(about, "艾达女士您好：明天来修。").startswith("艾达女士您好：")


def test_nobody_writes_to_who_left_no_address():
    first = send(mail())
    case = Case.objects.get(pk=first.case_id)
    Interaction.objects.filter(root=f"case:{case.pk}").update(root="")
    case.customer.contacts.all().delete()

    with pytest.raises(writing.NoMailAddress):
        actions.write_to_customer(case_id=case.pk, text="您好", by=SYSTEM, at=later(1))


def test_the_reviewed_result_is_mailed_once_a_round():
    first = send(mail())
    case = Case.objects.get(pk=first.case_id)
    work_until(case, "verify")

    results = Letter.objects.filter(key__contains=":result:")
    assert [letter.key for letter in results] == [f"case:{case.pk}:result:1"]
    assert Handling.objects.filter(case=case).exists()
    assert results.get().title == f"[{case.number}] 处理结果：路灯不亮"


def work_until(case: Case, node: str) -> None:
    live = ["OPEN", "CLAIMED"]
    for hour in range(1, 20):
        case.standing.refresh_from_db()
        unit = Token.objects.get(instance_id=case.standing.instance_id, kind="USER", state__in=live)
        if unit.node == node:
            return
        processes.submit(unit.pk, form(unit.node, DICE), by=SYSTEM, at=later(hour))


def test_one_source_opens_one_case():
    received = mail()
    place = IntakePlace("hotline", unit_by_code("csc").id, "mail:same")
    first = actions.take_in(received, place, at=later(0))
    second = actions.take_in(received, place, at=later(1))

    assert first.case_id == second.case_id
