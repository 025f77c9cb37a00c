"""Two supervisors at the command desk (shows 6), a page left behind, a shift and a plan, in a real browser."""

import re

from tests.journeys.conftest import PHONE, settle

CHIEF, MANAGER, HANDLER = "yh-situ", "yh-shangguan", "yh-shimo"
FIRST, SECOND, THIRD = "今天 17 点前给出施工日期", "请当面向客户说明", "先电话安抚，再约上门"


def at_desk(open_page, login: str, **how):
    desk = open_page(login, **how).go("/command/")
    desk.page.wait_for_selector("#order-form")
    settle(desk.page)
    return desk


def open_case(page, number: str) -> None:
    page.locator(f"#board-rows tr:has-text('{number}') .acts button").click()
    page.locator(f"#drawer .hd a:text-is('{number}')").wait_for()
    settle(page)


def ask(page, reason: str) -> None:
    page.fill("#o-addressee", "石墨（yh-shimo）")
    page.fill("#o-reason", reason)
    page.keyboard.press("Control+Enter")


def faults(desk) -> list[str]:
    """Return what went wrong in a page: not refusals, and not the styles a screenshot puts in."""
    return [one for one in desk.errors if "422" not in one and "inline style" not in one]


def story_of(page, reason: str):
    return page.locator(f"#drawer-story .x:text-is('{reason}')")


def test_two_supervisors_see_each_other_and_nothing_is_done_on_an_old_picture(open_page):
    chief, manager = at_desk(open_page, CHIEF), at_desk(open_page, MANAGER)
    handler = open_page(HANDLER).go("/")
    unread = handler.page.locator("#bell [data-unread]")
    before = int(unread.inner_text()) if unread.count() else 0
    number = re.search(r"\d{6}-\d{4}", manager.page.locator("#board-rows").inner_text())[0]
    for desk in (chief, manager):
        open_case(desk.page, number)
    chief.picture("command-desk")

    # What one does the other sees without asking, and so does whom it concerns.
    ask(chief.page, FIRST)
    story_of(chief.page, FIRST).wait_for()
    story_of(manager.page, FIRST).wait_for()
    manager.page.locator("#orders li", has_text=FIRST).wait_for()
    handler.page.locator(f"#bell [data-unread]:text-is('{before + 1}')").wait_for()
    manager.picture("command-two-supervisors")

    # A page whose stream was cut stays behind; what it sends is refused with the fresh state.
    manager.page.route("**/live*", lambda route: route.abort())
    manager.page.reload()
    manager.page.wait_for_selector("#order-form")
    open_case(manager.page, number)
    ask(chief.page, SECOND)
    story_of(chief.page, SECOND).wait_for()
    ask(manager.page, THIRD)
    manager.page.locator("#order-form .note.over").wait_for()
    said = manager.page.locator("#order-form .note.over").inner_text()
    assert re.search(r"司徒静 \d\d:\d\d 已发出督办，请看过最新情况再决定。", said)
    assert story_of(manager.page, SECOND).count() == 1
    assert manager.page.input_value("#o-reason") == THIRD
    manager.picture("command-stale-page")

    # Having seen it, the manager still means it.
    manager.page.keyboard.press("Control+Enter")
    story_of(manager.page, THIRD).wait_for()
    story_of(chief.page, THIRD).wait_for()
    assert [
        one.count() for one in (story_of(chief.page, text) for text in (FIRST, SECOND, THIRD))
    ] == [1, 1, 1]
    assert faults(chief) == []

    chief.page.keyboard.press("Escape")
    chief.page.emulate_media(color_scheme="dark")
    chief.page.reload()
    open_case(chief.page, number)
    chief.picture("command-desk-dark")
    phone = at_desk(open_page, CHIEF, size=PHONE)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    phone.picture("command-desk-phone")


def test_a_shift_is_handed_over_and_a_plan_is_worked_off(open_page):
    day, night = (open_page(login).go("/command/shift/") for login in ("gaoyuan", "yeqing"))
    day.page.select_option("#shift select[name=name]", "白班")
    day.page.locator("#shift button:has-text('接班')").click()
    day.page.locator("#shift h2:text-is('白班')").wait_for()
    day.page.fill("#shift input[name=text][aria-label=交接事项]", "今晚 19:00 前必须回电")
    day.page.locator("#shift button:has-text('记一条')").click()
    day.page.locator("#shift li b:text-is('今晚 19:00 前必须回电')").wait_for()
    day.page.locator("#shift button[data-submit]").click()

    night.page.locator("#shift .sub:has-text('已交班')").wait_for()  # it came by itself
    night.page.select_option("#shift select[name=name]", "夜班")
    night.page.locator("#shift button[data-submit]").click()
    night.page.locator("#shift .note.over:has-text('逐条看过')").wait_for()
    for box in night.page.locator("#shift input[name=item]").all():
        box.check()
    night.page.select_option("#shift select[name=name]", "夜班")
    night.picture("command-shift")
    day.page.fill("#shift input[name=text][aria-label=交接事项]", "备用发电机在二号库")
    day.page.locator("#shift button:has-text('记一条')").click()
    night.page.get_by_label("确认：备用发电机在二号库").check()  # what was ticked before stands
    night.page.locator("#shift button[data-submit]").click()
    night.page.locator("#shift h2:text-is('夜班')").wait_for()

    night.go("/command/plans/")
    plan = night.page.locator("section[aria-label=大面积停电应急预案]").last
    plan.locator("input[name=text]").fill("东门线跳闸，来电集中")
    plan.locator("button:has-text('启动预案')").click()
    run = night.page.locator("[id^=run-]").first
    run.locator("li:first-child button:has-text('完成')").click()
    run.locator("b:has-text('1 / 9')").wait_for()
    night.picture("command-plan")
    assert faults(night) == []
