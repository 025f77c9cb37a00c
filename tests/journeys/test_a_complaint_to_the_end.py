"""A complaint from the citizen's phone to the case base, late on its way: the whole closed loop, hours in minutes.

The service is a drill: its clock is moved forward, and what falls due in between happens at its own moment.
"""

import json
import re
from datetime import timedelta
from time import monotonic

import pytest

from tests.journeys.conftest import PHONE, WIDE, Desk, Service
from tests.journeys.people import choose

DESK, HANDLER, REVIEWER, FOLLOWUP = "yh-taoran", "yh-shimo", "yh-zhuge", "yh-murong"
LEAD, MANAGER, GENERAL = "yh-situ", "yh-shangguan", "yh-huangfu"
PATIENCE = 90.0
LEAK = "暴雨后书房外墙渗水，地板泡起来了，报修三天没有人来"
SOLVED = "书房外墙渗水，地板泡起"


class Story:
    """The people of the story, each with a browser that stays open."""

    def __init__(self, open_page, service: Service) -> None:
        self.open_page, self.service = open_page, service
        self.desks: dict[str, Desk] = {}
        self.number = ""

    def who(self, login: str) -> Desk:
        if login not in self.desks:
            self.desks[login] = self.open_page(login, size=WIDE)
        return self.desks[login]

    def at(self, login: str, part: str = "") -> Desk:
        """Bring somebody to the case."""
        desk = self.who(login).go(f"/cases/{self.number}/{part}")
        desk.page.wait_for_selector("#case [data-number]")
        return desk

    def later(self, minutes: int) -> None:
        """Let time pass."""
        self.service.move(timedelta(minutes=minutes))

    def until(self, login: str, part: str, words: str) -> Desk:
        """Look at the case until it says something: the service fires what fell due in its own time."""
        began = monotonic()
        while not (desk := self.at(login, part)).page.locator("#case").get_by_text(words).count():
            assert monotonic() - began < PATIENCE, f"{words} was not said"
            desk.page.wait_for_timeout(250)
        return desk

    def work(self, login: str, fill) -> None:
        """Take the unit, fill it in, pass it on."""
        page = self.at(login).page
        if page.locator("button:has-text('取单办理')").count():
            page.click("button:has-text('取单办理')")
        page.wait_for_selector("#unit-form [data-save]")
        fill(page)
        before = page.locator(".dock .sec-t").inner_text()
        page.keyboard.press("Control+Enter")
        page.wait_for_function(
            "b => document.querySelector('.dock .sec-t')?.innerText !== b", arg=before
        )

    def ask(self, desk: Desk, button: str, **said: str) -> None:
        """Press a button, fill in its dialog, send it, and see it closed."""
        page = desk.page
        page.locator(button).first.click()
        page.wait_for_selector("#dialog[open] form")
        for name, value in said.items():
            field = page.locator(f"#dialog [name={name}]").first
            kind = field.evaluate("e => e.type || e.tagName")
            if kind == "radio":
                page.locator(f'#dialog [name={name}][value="{value}"]').check()
            elif kind.startswith("select"):
                field.select_option(value)
            else:
                field.fill(value)
        page.keyboard.press("Control+Enter")
        page.wait_for_function("() => !document.getElementById('dialog').open")

    def do(self, login: str, verb: str, **said: str) -> Desk:
        """Do something with the case from its loop page."""
        desk = self.at(login, "loop/")
        self.ask(desk, f'#loop [hx-get="/cases/{self.number}/do/{verb}/"]', **said)
        return desk


@pytest.fixture
def story(open_page, service) -> Story:
    return Story(open_page, service)


def complain(story: Story) -> Desk:
    """The citizen says what is wrong, on a phone."""
    desk = story.open_page(size=PHONE)
    page = desk.go("/portal/services/complaint/new/kind/").page
    page.click("a.kind:has-text('我要投诉')")
    page.click("button.leaf:has-text('漏水')")
    page.fill("#text", LEAK)
    page.click(".pf .btn-primary")
    page.fill("#place", "云海市东区望潮苑 8 栋 1001")
    page.click(".pf .btn-primary")
    page.fill("#phone", "13912340088")
    page.fill("#name", "岑女士")
    page.click(".pf .btn-primary")
    page.wait_for_selector(".adder")
    page.click(".pf .btn-primary")
    page.wait_for_selector(".promise, dl.check")
    desk.picture("loop-01-portal-check")
    page.click("button:has-text('提交')")
    page.wait_for_selector(".finish")
    story.number = page.locator(".codes dd").first.inner_text()
    page.click("a:has-text('看进度')")
    page.wait_for_selector(f"text={story.number}")
    return desk


def judge(page) -> None:
    page.select_option("[name=class_code]", "complaint.quality.leak")
    for name, value in (("importance", "2"), ("urgency", "2"), ("scope", "1")):
        choose(page, name, value)
    choose(page, "complexity", "simple")
    options = page.locator("[name=org_unit] option").all_inner_texts()
    works = next(one for one in options if "东区工程部" in one)
    page.select_option("[name=org_unit]", label=works)
    page.fill("[name=instruction]", "请两小时内联系客户，上门查明原因")


def handle(page) -> None:
    page.fill("[name=contacted_at]", "2026-01-31 08:30")
    choose(page, "cause", "works")
    page.fill("[name=handling]", "外墙螺杆洞封堵不实，已重新封堵并淋水一小时，书房不再渗水。")
    page.fill("[name=reply]", "渗水点已封堵，地板下周免费更换")


def review(page) -> None:
    choose(page, "review", "pass")
    choose(page, "attribution", "conduct")


def refuse(page) -> None:
    choose(page, "reached", "yes")
    choose(page, "consent", "refused")
    page.fill("[name=refusal_reason]", "墙是补了，地板还没有换")


def agree(page) -> None:
    choose(page, "reached", "yes")
    choose(page, "consent", "agreed")
    choose(page, "score", "4")


def climb(story: Story, citizen: Desk) -> None:
    """Nobody answers: warning, urging, supervision, two levels of escalation, each at its moment."""
    story.later(100)
    story.until(HANDLER, "", "预警").picture("loop-03-warned")
    citizen.go(f"/portal/cases/{story.number}/urge/").page.fill("#text", "家里有老人，地板要烂了")
    citizen.page.click("button:has-text('催一下')")
    story.until(LEAD, "", "客户催 1 次")
    lead = story.do(
        LEAD, "supervise", to="上官云（yh-shangguan）", limit="30m", calendar="always",
        choice="客户多次催办", reason="客户催办，无人联系，请说明",
    )  # fmt: skip
    lead.picture("loop-04-supervised")

    story.later(35)
    manager = story.until(MANAGER, "loop/", "现为较大投诉")
    story.until(MANAGER, "loop/", "逾期未答复").picture("loop-05-first-level")
    orders = manager.go("/orders/")
    orders.picture("loop-06-orders")
    mine = orders.page.locator(f"li.order:has-text('{story.number}')")
    story.ask(orders, f"li.order:has-text('{story.number}') button:has-text('答复')",
              reason="班组排班漏了，石墨今天上门")  # fmt: skip
    mine.wait_for(state="detached")
    risen = manager.go("/escalations/")
    story.ask(risen, f"li.order:has-text('{story.number}') button", reason="已到现场督促")
    accepted = "#loop li.order button:has-text('销号')"
    story.ask(story.at(LEAD, "loop/"), accepted, reason="接受，继续盯")

    story.later(50)
    story.until(GENERAL, "loop/", "现为重大投诉").picture("loop-07-second-level")
    story.ask(story.who(GENERAL).go("/escalations/"),
              f"li.order:has-text('{story.number}') button", reason="由我盯办")  # fmt: skip


def learn(story: Story) -> None:
    """Measures, checked by somebody else, and a case for the next who meets the same."""
    story.do(
        MANAGER, "plan-capa", root_cause="螺杆洞封堵没有过程检查", correction="同栋外墙螺杆洞全部复查",
        prevention="封堵后拍照上传，监理抽查两成", owner="石墨（yh-shimo）", due="2030-01-31",
    )  # fmt: skip
    story.do(HANDLER, "finish-capa", reason="八栋 64 个螺杆洞全部复查并拍照")
    story.do(REVIEWER, "check-capa", worked="yes")
    report = story.who(MANAGER).go(f"/cases/{story.number}/capa/")
    report.page.wait_for_selector("text=有效")
    report.picture("loop-10-capa")
    story.do(REVIEWER, "write-study", problem=SOLVED, cause="外墙螺杆洞封堵不实",
             solution="剔开螺杆洞重新封堵，外侧加防水涂膜，淋水一小时")  # fmt: skip
    drafts = story.who(LEAD).go("/studies/?view=drafts")
    story.ask(drafts, f"li:has-text('{SOLVED}') button:has-text('发布')")


def test_a_late_complaint_climbs_is_refused_reworked_agreed_and_learned_from(story: Story):
    citizen = complain(story)
    citizen.picture("loop-02-portal-progress")
    story.work(DESK, judge)
    climb(story, citizen)

    for fill in (refuse, agree):
        story.work(HANDLER, handle)
        story.work(REVIEWER, review)
        story.work(FOLLOWUP, fill)
    story.until(LEAD, "", "已办结").picture("loop-08-closed")
    tall = story.at(LEAD)
    tall.page.set_viewport_size({"width": WIDE[0], "height": 2600})
    tall.picture("loop-09-timeline")
    tall.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    learn(story)

    told = story.until(LEAD, "", "案例已发布").page.locator(".tl").inner_text()
    steps = [
        "受理", "受理定责完成", "预警", "客户第 1 次催办", "督办 上官云", "超期", "升级为较大投诉",
        "督办逾期", "答复督办", "督办销号", "升级为重大投诉", "责任部门办理完成", "客户不同意关闭",
        "返工", "客户同意关闭", "办结：客户同意", "制订纠正预防措施", "纠正预防措施已完成",
        "验证纠正预防措施：有效", "写入案例库", "案例已发布",
    ]  # fmt: skip
    places = [told.rfind(step) for step in steps]
    assert -1 not in places, [step for step, place in zip(steps, places, strict=True) if place < 0]
    assert places == sorted(places, reverse=True), "the newest stands on top"
    assert "超过时限" in told
    assert "已通知 皇甫川" in told

    listed = story.who(HANDLER).go("/search/?q=望潮苑3栋暴雨").page
    listed.click("a:has-text('望潮苑3栋暴雨后顶层漏水')")
    listed.wait_for_selector(f".solved:has-text('{SOLVED}')")
    story.who(HANDLER).picture("loop-11-case-base-answers-the-next")
    assert all(desk.errors == [] for desk in story.desks.values())
    facts = json.loads(story.service.run("drill", "show", "--json"))
    assert facts["drill"]
    assert re.fullmatch(r"\d{6}-\d{4}", story.number)
