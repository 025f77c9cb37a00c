"""A person's request goes through every unit to consent and close, in a real browser."""

from tests.journeys import people
from tests.journeys.conftest import PHONE, settle


def take_in(open_page, title: str, *, pictures: bool = False) -> str:
    """Take a request in at the intake desk; return the case's number."""
    desk = open_page(people.INTAKE)
    if pictures:
        desk.go("/").picture("workbench-empty")
    page = desk.go("/intake/?pack=hotline").page
    page.fill("[name=contact_phone]", people.PHONE_NUMBER)
    page.fill("[name=contact_name]", "马志远")
    page.fill("[name=title]", title)
    page.fill("[name=address]", "柳荫巷 17 号")
    page.fill("[name=description]", "14:10 左右突然没电，楼道也黑，隔壁单元和对面楼都没电。")
    for level, name in (("class_1", "故障报修"), ("class_2", "高压故障"), ("class_3", "片区停电")):
        page.locator(f"label:has([name={level}]):has-text('{name}')").click()
        settle(page)
    page.wait_for_selector(".promise")
    if pictures:
        desk.picture("intake")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#case .case-head")
    assert desk.errors == []
    return page.locator("#case [data-number]").get_attribute("data-number")


def work(open_page, login: str, number: str, fill, *, picture: str = "") -> str:
    """Let one person take the unit, fill it in and pass it on; return the unit that is next."""
    desk = open_page(login).go(f"/cases/{number}/")
    page = desk.page
    if page.locator("button:has-text('取单办理')").count():
        page.click("button:has-text('取单办理')")
    page.wait_for_selector("#unit-form [data-save]")
    fill(page)
    if picture:
        desk.picture(picture)
    before = page.locator(".dock .sec-t").inner_text()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "b => document.querySelector('.dock .sec-t')?.innerText !== b", arg=before
    )
    assert desk.errors == []
    dock = page.locator(".dock .sec-t")
    return dock.inner_text().removeprefix("当前环节：") if dock.count() else ""


def test_from_intake_to_consent_and_close(open_page):
    number = take_in(open_page, "柳荫巷整片停电，问几点来电", pictures=True)

    assert work(open_page, people.JUDGE, number, people.judge, picture="unit-judge") == "派单"
    assert work(open_page, people.DISPATCHER, number, people.dispatch) == "办理"
    assert work(open_page, people.HANDLER, number, people.handle, picture="unit-handle") == "审核"
    assert work(open_page, people.REVIEWER, number, people.review) == "回访"
    assert work(open_page, people.VERIFIER, number, people.agree, picture="unit-verify") == "办结"
    assert work(open_page, people.ARCHIVIST, number, people.archive) == ""

    desk = open_page(people.LEAD).go(f"/cases/{number}/flow/")
    assert desk.page.locator(".ring").inner_text() == "同意"
    desk.picture("flow-closed")
    desk.go(f"/cases/{number}/")
    assert desk.page.locator(".case-head").get_by_text("已办结").count() == 1
    desk.picture("case-closed")


def test_a_customer_who_refuses_sends_it_back_to_work(open_page):
    number = take_in(open_page, "抢修后又停了一次电")
    for login, fill in (
        (people.JUDGE, people.judge),
        (people.DISPATCHER, people.dispatch),
        (people.HANDLER, people.handle),
        (people.REVIEWER, people.review),
    ):
        work(open_page, login, number, fill)

    assert work(open_page, people.VERIFIER, number, people.refuse, picture="refused") == "办理"

    desk = open_page(people.LEAD).go(f"/cases/{number}/flow/")
    assert "返工 1 次" in desk.page.locator(".strip").locator("xpath=..").inner_text()
    assert desk.page.locator(".ring").inner_text() == "不同意"
    desk.picture("flow-rework")

    work(open_page, people.HANDLER, number, people.handle)
    work(open_page, people.REVIEWER, number, people.review)
    assert work(open_page, people.VERIFIER, number, people.agree) == "办结"
    assert work(open_page, people.ARCHIVIST, number, people.archive) == ""


def test_an_incomplete_form_says_what_is_missing_and_keeps_what_was_typed(open_page):
    number = take_in(open_page, "电表箱门脱落")
    desk = open_page(people.JUDGE).go(f"/cases/{number}/")
    page = desk.page
    page.click("button:has-text('取单办理')")
    page.wait_for_selector("#unit-form [data-save]")
    people.choose(page, "importance", "3")
    page.keyboard.press("Control+Enter")

    page.wait_for_selector(".missing")
    assert "还差" in page.locator(".missing").inner_text()
    assert page.locator('[name=importance][value="3"]').is_checked()
    desk.picture("unit-incomplete")


def test_every_page_fits_a_phone(open_page):
    number = take_in(open_page, "小区路灯不亮")
    desk = open_page(people.LEAD, size=PHONE)
    for name, path in (
        ("workbench", "/"),
        ("case", f"/cases/{number}/"),
        ("flow", f"/cases/{number}/flow/"),
        ("intake", "/intake/"),
        ("list", "/cases/"),
        ("customers", "/customers/"),
    ):
        desk.go(path)
        desk.picture(f"{name}-phone")
        wider = desk.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, f"{name} scrolls sideways by {wider} px"


def test_the_queue_follows_what_others_do(open_page):
    waiting = open_page(people.JUDGE).go("/").page
    waiting.wait_for_selector("#queue")
    number = take_in(open_page, "变压器噪声扰民")

    waiting.wait_for_selector(f"#queue .q:has-text('{number}')", timeout=30_000)
    assert "变压器噪声扰民" in waiting.locator(f"#queue .q:has-text('{number}')").inner_text()
