"""Somebody presses before the page is quite there: nothing is lost, nothing leaves the page."""

from tests.journeys import people
from tests.journeys.test_the_loop import take_in

# Sends the unit in the very moment its form stands in the page.
SEND_ON_SIGHT = """() => new MutationObserver((_, watch) => {
  if (!document.querySelector('#unit-form [data-save]')) return;
  watch.disconnect();
  document.querySelector('#unit-form').requestSubmit();
}).observe(document.body, {childList: true, subtree: true})"""
SAVE_ON_SIGHT = SEND_ON_SIGHT.replace("'#unit-form').requestSubmit", "'[data-save]').click")


def test_nothing_pressed_too_early_is_lost(open_page):
    number = take_in(open_page, "路灯整夜不亮")
    page = open_page(people.JUDGE).go(f"/cases/{number}/").page
    page.evaluate(SAVE_ON_SIGHT)
    page.click("button:has-text('取单办理')")
    page.locator("[data-draft-state]:has-text('已自动暂存')").wait_for()

    # Sent while the page still loads: it waits, and nothing typed gets into the address.
    held = []
    page.route("**/app-*.js", lambda route: held.append(route))  # noqa: PLW0108 -- a builtin is refused
    page.goto(page.url, wait_until="commit")
    page.locator("#unit-form [data-submit]").click(no_wait_after=True)
    held[0].continue_()
    page.locator(".toast-x:has-text('已提交')").wait_for()
    assert page.url.endswith(f"/cases/{number}/")

    page = open_page(people.DISPATCHER).go(f"/cases/{number}/").page
    page.evaluate(SEND_ON_SIGHT)
    page.click("button:has-text('取单办理')")
    page.locator(".missing, .toast-x:has-text('已提交')").first.wait_for()
    assert page.url.endswith(f"/cases/{number}/")
