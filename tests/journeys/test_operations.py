"""People change the route of a case in a real browser: withdraw, delegate, straight back, many at once."""

from tests.journeys import people
from tests.journeys.conftest import PHONE
from tests.journeys.test_the_loop import take_in, work


def choose(page, title: str) -> None:
    """Open an operation from the list of all that may be done with the case."""
    page.locator(".case .tabs a:has-text('操作')").click()
    page.locator(f"#dialog .fbar button:has-text('{title}')").first.click()
    page.wait_for_selector("#dialog #f-reason")


def send(page) -> None:
    """Send the dialog by keyboard and wait until it closes."""
    page.keyboard.press("Control+Enter")
    page.wait_for_function("() => !document.querySelector('#dialog').open")


def expect_unit(page, name: str) -> None:
    """Wait until the page shows this unit: it is read again after a dialog closes."""
    page.locator(f".dock .sec-t:text-is('当前环节：{name}')").wait_for()


def opened(open_page, login: str, number: str):
    page = open_page(login).go(f"/cases/{number}/").page
    page.wait_for_selector("#unit-form")
    return page


def test_a_submission_is_withdrawn_delegated_done_and_sent_straight_back(open_page):
    number = take_in(open_page, "表箱有焦味，请尽快来人")
    assert work(open_page, people.JUDGE, number, people.judge) == "派单"

    judge = opened(open_page, people.JUDGE, number)
    choose(judge, "撤回")
    send(judge)
    expect_unit(judge, "研判")

    choose(judge, "委派")
    judge.fill("#f-to", "不存在的人")
    judge.fill("#f-reason", "下午去现场")
    judge.keyboard.press("Control+Enter")
    judge.wait_for_selector("#err-to")
    assert judge.input_value("#f-to") == "不存在的人"
    assert judge.input_value("#f-reason") == "下午去现场"
    judge.fill("#f-to", people.DISPATCHER)
    send(judge)

    delegate = opened(open_page, people.DISPATCHER, number)
    delegate.locator("button:has-text('办好交回委派人')").click()
    delegate.wait_for_selector(".toast-x")

    assert work(open_page, people.JUDGE, number, lambda page: None) == "派单"
    page = opened(open_page, people.DISPATCHER, number)
    choose(page, "退回")
    page.locator("[name=then][value=straight_back]").check()
    page.locator("[name=choice][value=资料不全]").check()
    page.fill("#f-reason", "没有写明表箱在哪一层楼")
    send(page)
    expect_unit(page, "研判")
    assert work(open_page, people.JUDGE, number, lambda page: None) == "派单"


def test_many_are_urged_with_the_keyboard_and_a_phone_shows_the_menu(open_page):
    desk = open_page(people.LEAD).go("/cases/")
    page = desk.page
    page.wait_for_selector("[data-pick]")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    assert page.locator("[data-picked]").inner_text() == "已选 2 单"
    page.locator("#batch button:has-text('催办')").click()
    page.wait_for_selector("#dialog #f-reason")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#dialog .rows")
    desk.picture("batch-done")
    assert page.locator("#dialog .rows li").count() == 2
    assert desk.errors == []

    phone = open_page(people.LEAD, size=PHONE).go("/cases/")
    phone.page.locator("td.title a").first.click()
    phone.page.locator(".dock summary").click()
    box = phone.page.locator(".dock .pop").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE[0]
    phone.picture("phone-operations")
