"""Who is away has a unit looked after in the browser; it comes back by itself when they are back (TKT-11)."""

from datetime import timedelta

from tests.journeys import people
from tests.journeys.people import local
from tests.journeys.test_operations import choose, expect_unit, send
from tests.journeys.test_the_loop import take_in, work


def test_a_unit_is_delegated_over_a_leave_and_comes_back_by_itself(open_page, service):
    number = take_in(open_page, "路灯整夜不亮，请派人看看")
    desk = open_page(people.JUDGE).go("/leaves/")
    page = desk.page
    now = service.now
    page.fill("[name=since]", local(now - timedelta(minutes=1)))
    page.fill("[name=until]", local(now + timedelta(days=3)))
    page.fill("[name=why]", "年假")
    page.click("button:has-text('登记')")
    page.locator(".tag:has-text('休假中')").wait_for()
    desk.picture("leave")

    desk.go(f"/cases/{number}/")
    if page.locator("button:has-text('取单办理')").count():
        page.click("button:has-text('取单办理')")
    page.locator("#unit-form [data-save]").wait_for()
    choose(page, "委派")
    page.fill("#f-to", people.REVIEWER)
    page.locator("[name=while_away][value=true]").check()
    page.fill("#f-reason", "休假三天，请先看看")
    desk.picture("delegate-while-away")
    send(page)

    helper = open_page(people.REVIEWER).go(f"/cases/{number}/")
    helper.page.locator("button:has-text('办好交回委派人')").wait_for()
    expect_unit(helper.page, "研判")

    # Back early: nobody gives the unit back, it is simply there again.
    desk.go("/leaves/")
    page.click("button:has-text('提前回岗')")
    page.locator("text=没有登记休假").wait_for()
    assert work(open_page, people.JUDGE, number, people.judge) == "派单"
    helper.go(f"/cases/{number}/")
    assert helper.page.locator("button:has-text('办好交回委派人')").count() == 0
    assert desk.errors == []
