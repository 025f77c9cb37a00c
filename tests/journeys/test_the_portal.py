"""A citizen on a phone: sends a request, follows it, refuses one result and agrees to another."""

import re

from tests.journeys import people
from tests.journeys.conftest import PHONE
from tests.journeys.test_on_site import picture

NUMBER = re.compile(r"\d{6}-\d{4}")
OWN_PHONE = "13700004321"


def number_of(open_page, login: str, title: str) -> str:
    """Return the number of a demo case by its title, as a colleague finds it."""
    page = open_page(login).go(f"/search/?q={title}").page
    return NUMBER.search(page.content())[0]


def code_on_the_phone(open_page) -> str:
    page = open_page(size=PHONE).go("/portal/demo-phone/").page
    return page.locator(".sms b").first.inner_text().split()[-1]


def entered(open_page, number: str, phone: str):
    """A phone on which the case's own code was typed."""
    desk = open_page(size=PHONE).go("/portal/progress/")
    page = desk.page
    page.fill("#number", number)
    page.fill("#phone", phone)
    page.click("text=获取验证码")
    page.locator("text=十分钟内有效").wait_for()
    page.fill("#code", code_on_the_phone(open_page))
    page.click("button:has-text('查看进度')")
    page.wait_for_selector(".hero")
    return desk


def forward(page) -> None:
    page.click("button:has-text('下一步')")


def fits(page) -> bool:
    return page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def ask_for_help(desk) -> None:
    """Answer one question after another, reload in between, go back and forth."""
    page = desk.go("/portal/services/hotline/").page
    desk.picture("portal-service")
    page.click("text=没电了、设备坏了")
    page.click("text=只有我家没电")
    page.fill("#text", "晚上七点左右家里突然没电，邻居家都有电，表箱没有异味。")
    with page.expect_response("**/new/draft/"):
        page.fill("#when", "今天晚上七点")
    page.reload()
    assert page.input_value("#when") == "今天晚上七点"
    desk.picture("portal-what")
    forward(page)
    page.fill("#place", "青溪区东门街 3 号 2 单元 401")
    forward(page)
    page.fill("#phone", OWN_PHONE)
    page.fill("#name", "阮女士")
    forward(page)
    page.set_input_files("[data-send]", picture(90))
    page.wait_for_selector(".thumb img")
    page.go_back()
    page.go_forward()
    forward(page)
    page.wait_for_selector(".promise")
    desk.picture("portal-check")
    assert OWN_PHONE not in page.content()


def send_and_press(desk) -> str:
    """Press the button twice, follow the case, ask for haste; return its number."""
    page = desk.page
    page.locator("button:has-text('提交')").dblclick(no_wait_after=True)
    page.wait_for_selector(".codes")
    desk.picture("portal-sent")
    page.click("text=看进度")
    page.wait_for_selector(".hero")
    page.click("text=催一下")
    page.click(".sheet button:has-text('催一下')")
    page.locator("text=已催 1 次").wait_for()
    desk.picture("portal-progress-new")
    return NUMBER.search(page.content())[0]


def test_a_citizen_sends_a_request_and_follows_it(open_page):
    desk = open_page(size=PHONE)
    ask_for_help(desk)
    number = send_and_press(desk)
    page = desk.page
    assert fits(page)
    assert desk.errors == []

    # At the desk it waits with its first form filled in.
    clerk = open_page(people.INTAKE).go(f"/cases/{number}/").page
    clerk.click("button:has-text('取单办理')")
    clerk.wait_for_selector("#unit-form [data-save]")
    assert clerk.input_value("#unit-form [name=contact_name]") == "阮女士"
    clerk.keyboard.press("Control+Enter")
    clerk.locator(".dock .sec-t:text-is('当前环节：研判')").wait_for()

    # What happens there is on the phone the next time somebody looks.
    before = page.locator(".pg .now").inner_text()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.wait_for_function("b => document.querySelector('.pg .now').innerText !== b", arg=before)


def test_a_customer_refuses_one_result_and_agrees_to_another(open_page):
    number = number_of(open_page, people.LEAD, "一周内第三次停电")
    desk = entered(open_page, number, "13800002088")
    page = desk.page
    desk.picture("portal-progress")
    assert "13800002088" not in page.content()
    page.click("text=没解决，要求返工")
    page.click("label:has-text('还没解决')")
    page.fill("#text", "昨天又停了两次，冰柜里的东西全坏了。")
    desk.picture("portal-rework")
    page.click("button:has-text('提交返工要求')")
    page.locator("h1:has-text('重新办理')").wait_for()
    desk.picture("portal-reworked")
    assert desk.errors == []

    number = number_of(open_page, "yh-situ", "阳台打胶开裂")
    desk = entered(open_page, number, "13800003089")
    page = desk.page
    page.click("text=解决了，同意关闭")
    page.click("label[for=star-5]")
    page.fill("#words", "师傅来得快，讲得清楚")
    desk.picture("portal-agree")
    page.click(".sheet button:has-text('同意关闭')")
    page.locator("h1:text-is('已办结')").wait_for()
    desk.picture("portal-closed")
    assert fits(page)
    assert desk.errors == []

    lead = open_page("yh-situ").go(f"/cases/{number}/flow/").page
    assert lead.locator(".ring").inner_text() == "同意"
