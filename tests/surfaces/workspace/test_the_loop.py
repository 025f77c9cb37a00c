"""The pages of the closed loop, over the demonstration complaints: what is shown, and what each dialog does."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bihuan.domain.cases import queries
from bihuan.domain.cases.models import (
    Burst,
    Capa,
    Case,
    CaseStudy,
    Consultation,
    ControlledClosure,
    SupervisionOrder,
)
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications.actions import set_preference
from bihuan.domain.notifications.events import Preference
from bihuan.domain.notifications.models import Notice
from bihuan.domain.notifications.queries import preference_of
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Staff
from bihuan.domain.packs import actions as packs
from bihuan.integrations import scenarios
from bihuan.kit import clock
from bihuan.surfaces.workspace import case_operations
from tests.packs import shipped

pytestmark = pytest.mark.django_db
BY = Actor("system:test")
DESK, HANDLER, REVIEWER = "yh-taoran", "yh-shimo", "yh-zhuge"
LEAD, MANAGER, PRESIDENT, INSPECTOR = "yh-situ", "yh-shangguan", "yh-nangong", "yh-linghu"
WHY = "已经当面说明三次，写明理由"


@pytest.fixture
def complaints():
    long_ago = clock.now() - timedelta(days=400)
    for each in ("base", "complaint"):
        packs.install_pack(shipped.pack(each), by=BY, at=long_ago)
    org.open_demo_logins(by=BY, at=long_ago)
    scenarios.load("complaint", at=clock.now())


def case(place: int) -> Case:
    return Case.objects.get(source_ref=f"demo:complaint:{place}")


def browser(login: str) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(login_name=login))
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.content.decode()[:300])
    return answer.content.decode()


def say(client: Client, address: str, **said):
    """Open a dialog and send it."""
    headers = {"HX-Request": "true"}
    text = client.get(address, headers=headers).content.decode()
    key = re.search(r'name="key" value="(\w+)"', text)[1]
    return client.post(address, {"key": key, **said}, headers=headers)


def do(login: str, place: int, verb: str, **said):
    return say(browser(login), f"/cases/{case(place).number}/do/{verb}/", **said)


def done(answer) -> bool:
    assert answer.status_code == 204, answer.content.decode()[-1500:]
    return True


@pytest.mark.usefixtures("complaints")
def test_every_page_opens_and_says_how_a_complaint_stands():
    late, merged, closed = case(3), case(15), case(9)
    manager = browser(MANAGER)

    head = text_of(manager, f"/cases/{late.number}/")
    assert "特别重大投诉" in head
    assert "客户催 2 次" in head
    assert "已通知 皇甫川" in head
    loop = text_of(manager, f"/cases/{late.number}/loop/")
    assert "逾期未答复" in loop
    assert "已联系工程部，今天上门" in loop
    assert "类似问题怎么解决的" in text_of(manager, f"/cases/{late.number}/context/")
    assert f'本单已并入 <a href="/cases/{case(14).number}/"' in text_of(
        browser(DESK), f"/cases/{merged.number}/"
    )
    assert "烟道根部止水翻边低于规范" in text_of(manager, f"/cases/{closed.number}/capa/")
    for login in (DESK, HANDLER, REVIEWER, LEAD, MANAGER, PRESIDENT, INSPECTOR):
        client = browser(login)
        for address in ("/orders/", "/escalations/", "/bursts/", "/notices/", "/preferences/"):
            text_of(client, address)
        assert "烟道根部渗水" in text_of(client, "/studies/?q=烟道渗水")
    order = SupervisionOrder.objects.get(case=late)
    order.reason = "客户 13812345678 两次来电"
    order.save()
    listed = text_of(browser(PRESIDENT), "/orders/?view=all")
    assert "13812345678" not in listed
    assert "138****5678" in listed
    for place in (3, 8):
        for one in case_operations.OPERATIONS:
            text_of(browser(LEAD), f"/cases/{case(place).number}/do/{one.verb}/")


def judged_by_experts() -> None:
    """The desk asks a group, one of its members judges, and who asked sees it beside the case."""
    number = case(13).number
    empty = do(DESK, 13, "ask-experts", group="complaint.law")
    assert (empty.status_code, "请填写" in empty.content.decode()) == (422, True)
    assert done(
        do(DESK, 13, "ask-experts", group="complaint.works", question="裂缝算不算结构问题？")
    )
    assert "待答复" in text_of(browser(DESK), f"/cases/{number}/loop/")
    asked = Consultation.objects.get(case=case(13))
    code = queries.classes("complaint")[0].code
    strange = do(LEAD, 13, "give-opinion", consultation=asked.pk, opinion="不是我这组")
    assert strange.status_code == 422
    asked.refresh_from_db()
    assert asked.answered_at is None
    opinion = {
        "consultation": asked.pk,
        "opinion": "属于主体结构，应由工程部鉴定",
        "class_code": code,
    }
    assert done(do(REVIEWER, 13, "give-opinion", **opinion))
    page = text_of(browser(DESK), f"/cases/{number}/loop/")
    assert "属于主体结构，应由工程部鉴定" in page
    assert "诸葛明 答复" in page
    assert f"应属 {queries.classes('complaint')[0].name}" in page
    assert done(do(DESK, 13, "ask-experts", group="complaint.law", question="要不要报送？"))
    second = Consultation.objects.get(group_key="complaint.law")
    back = {"consultation": second.pk, "reason": "客户已撤回这一条"}
    assert done(do(DESK, 13, "take-question-back", **back))
    assert "已撤回" in text_of(browser(DESK), f"/cases/{number}/loop/")


def merged_and_taken_back() -> None:
    """A merge shows what it means before it is done, and is taken back."""
    target = case(13).number
    blind = do(DESK, 16, "merge", into=target, choice="其他", reason=WHY)
    assert blind.status_code == 422
    assert "请先核对上面的影响" in blind.content.decode()
    assert "不是同一客户" in blind.content.decode()
    assert WHY in blind.content.decode()
    again = browser(DESK).get(
        f"/cases/{case(16).number}/do/merge/?into={target}&key=k&reason=想合并"
    )
    assert "时钟停表，剩余时限保留" in again.content.decode()
    assert done(do(DESK, 16, "merge", into=target, seen=target, choice="其他", reason=WHY))
    assert case(16).state == "MERGED"
    assert done(do(LEAD, 16, "undo-merge", choice="合并错了", reason=WHY))
    assert case(16).state == "OPEN"
    client, address = browser(DESK), f"/cases/{case(16).number}/do/merge/?into={target}"
    opened = client.get(address, headers={"HX-Request": "true"}).content.decode()
    said = {name: re.search(rf'name="{name}" value="(\w*)"', opened)[1] for name in ("key", "act")}
    assert done(
        do(LEAD, 16, "supervise", to="皇甫川（yh-huangfu）", limit="2h", choice="其他", reason=WHY)
    )
    late = {**said, "into": target, "seen": target, "choice": "其他", "reason": WHY}
    slow = client.post(address.partition("?")[0], late, headers={"HX-Request": "true"})
    assert slow.status_code == 422
    assert "司徒静" in slow.content.decode()
    assert "已发出督办" in slow.content.decode()
    assert case(16).state == "OPEN"
    unknown = do(DESK, 16, "link", other="999999-0001")
    assert "没有这个单号" in unknown.content.decode()
    assert done(do(DESK, 16, "unlink", other=case(12).number))


def answered_together() -> None:
    """One answer for all children."""
    assert done(do(HANDLER, 12, "answer-together", reason="已排班，今晚八点前逐户堵漏"))
    assert {c.handlings.count() for c in (case(13), case(14))} == {1}


def supervised() -> None:
    """Supervision: asked, answered, sent back, answered, accepted."""
    order = SupervisionOrder.objects.get(case=case(3))
    addressee, issuer = browser(MANAGER), browser(LEAD)
    short = say(addressee, f"/orders/{order.pk}/answer/", reason="好")
    assert "还差" in short.content.decode()
    assert done(say(addressee, f"/orders/{order.pk}/answer/", reason="石墨四点前到场"))
    assert done(say(issuer, f"/orders/{order.pk}/return/", reason="没有说明原因"))
    assert done(say(addressee, f"/orders/{order.pk}/answer/", reason="昨天人手不足漏接"))
    assert done(say(issuer, f"/orders/{order.pk}/confirm/"))
    said = {"to": "皇甫川（yh-huangfu）", "limit": "2h", "calendar": "always"}
    assert done(do(PRESIDENT, 3, "supervise", **said, choice="超期未办", reason=WHY))
    latest = SupervisionOrder.objects.latest("id")
    assert (latest.limit, latest.calendar) == ("PT2H", "base.always")
    assert done(do(DESK, 3, "urge", channel="PHONE", reason="问几点来"))
    assert case(3).urge_count == 3


def taken_in_hand() -> None:
    """An escalation is taken by who was told; a burst too."""
    risen = Escalation.objects.filter(subject=f"case:{case(3).pk}", step="general").get()
    assert say(browser(DESK), f"/escalations/{risen.pk}/acknowledgement/").status_code in (403, 422)
    assert done(say(browser("yh-huangfu"), f"/escalations/{risen.pk}/acknowledgement/"))
    assert done(say(browser(LEAD), f"/bursts/{Burst.objects.get().pk}/taking/", reason="统一安排"))


def closed_by_two() -> None:
    """The second signature closes."""
    assert done(do(PRESIDENT, 8, "sign-control", reason="同意受控关闭，单独统计"))
    assert ControlledClosure.objects.get().countersigned_at
    assert case(8).state == "CLOSED"


def learned_and_made_good() -> None:
    """Ruling, money, cause, measures, case base."""
    assert done(do(INSPECTOR, 7, "rule", ruling="CUSTOMER", reason="附件有签收记录，应当履行"))
    grant = re.search(
        r'<option value="(\d+)"',
        text_of(browser(LEAD), f"/cases/{case(7).number}/do/decide-grant/"),
    )[1]
    assert done(do(LEAD, 7, "decide-grant", grant=grant, decision="yes"))
    bad = do(LEAD, 7, "propose-grant", kind="COMPENSATION", amount="很多", reason=WHY)
    assert "填数字" in bad.content.decode()
    assert done(do(REVIEWER, 7, "review-result", result="PASSED", basis="三包规定第七条"))
    assert done(do(REVIEWER, 10, "code-cause", attribution="CONDUCT", cause="门槛石未做挡水坎"))
    assert done(do(HANDLER, 9, "finish-capa", reason="十二户全部返修并拍照存档"))
    assert done(do(REVIEWER, 9, "check-capa", worked="yes"))
    assert Capa.objects.get().is_effective
    plan = {"root_cause": "没有复核", "correction": "重做", "prevention": "加一道复核"}
    undated = do(REVIEWER, 10, "plan-capa", **plan, owner="贝蕾（yh-beilei）", due="下周")
    assert "写成 2026-01-31" in undated.content.decode()
    assert done(do(REVIEWER, 10, "plan-capa", **plan, owner="贝蕾（yh-beilei）", due="2030-01-31"))
    study = {"problem": "楼道返潮", "cause": "通风不足", "solution": "加装换气扇"}
    assert done(do(REVIEWER, 10, "write-study", **study))
    written = CaseStudy.objects.get(problem="楼道返潮")
    assert "楼道返潮" in text_of(browser(LEAD), "/studies/?view=drafts")
    assert done(say(browser(LEAD), f"/studies/{written.pk}/publication/"))
    assert "楼道返潮" in text_of(browser(DESK), "/studies/")


def read_and_wished() -> None:
    """Notices are read one by one or all at once; wishes are kept as typed when refused."""
    mine = Staff.objects.get(login_name=MANAGER)
    first = Notice.objects.filter(staff=mine, read_at=None).first()
    manager = browser(MANAGER)
    assert manager.post(f"/notices/{first.pk}/")["Location"].startswith("/cases/")
    assert browser(DESK).post(f"/notices/{first.pk}/").status_code == 404
    manager.post("/notices/read/")
    assert not Notice.objects.filter(staff=mine, read_at=None).exists()
    wish = {"part": "notices", "channel": ["SMS"], "topic": ["ESCALATION"], "quiet_from": "22:00"}
    told_by_mail = Preference(mail_address="manager@bihuan.test")
    set_preference(told_by_mail, by=Actor(f"staff:{mine.pk}"), at=clock.now())
    same = {**wish, "quiet_until": "22:00"}
    assert "不能相同" in manager.post("/preferences/", same).content.decode()
    half = manager.post("/preferences/", wish)
    assert half.status_code == 422
    assert 'value="22:00"' in half.content.decode()
    assert manager.post("/preferences/", {**wish, "quiet_until": "7:00"}).status_code == 200
    kept = preference_of(mine.pk)
    assert (kept.channels, kept.quiet.ends.hour, "CASE" in kept.muted) == (("SMS",), 7, True)
    assert kept.mail_address == "manager@bihuan.test", "what the page does not ask for stays"


@pytest.mark.usefixtures("complaints")
def test_what_people_do_in_the_dialogs_is_done_once_and_refused_in_words():
    judged_by_experts()
    merged_and_taken_back()
    answered_together()
    supervised()
    taken_in_hand()
    closed_by_two()
    learned_and_made_good()
    read_and_wished()
