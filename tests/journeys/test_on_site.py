"""Somebody fills in a form on site, phone in hand: photos, materials, place, papers, signature, no network."""

import struct
import zlib

from tests.journeys import people
from tests.journeys.conftest import PHONE
from tests.journeys.test_the_loop import take_in, work

PLACE = {"latitude": 24.4798, "longitude": 118.0894, "accuracy": 12}


def picture(shade: int) -> dict[str, object]:
    """A small photo, as the camera hands one over."""
    rows = b"".join(b"\x00" + bytes((shade, y, 120)) * 64 for y in range(48))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", 64, 48, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
    return {
        "name": f"现场{shade}.png",
        "mimeType": "image/png",
        "buffer": png + chunk(b"IEND", b""),
    }


def photos(page) -> int:
    return page.locator("[data-name=photos] li img").count()


def wait_for_photos(page, wanted: int) -> None:
    page.wait_for_function(
        "n => document.querySelectorAll('[data-name=photos] li img').length === n", arg=wanted
    )


def sign(page) -> None:
    """Draw a line in the signature field with a finger."""
    pad = page.locator("canvas[data-pad]")
    pad.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.images].every(one => one.complete)")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 40)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 30 + 15 * step, box["y"] + (30 if step % 2 else 80))
    page.mouse.up()
    page.wait_for_selector("[data-name=customer_sign] li img")


def wait_until(page, what: str) -> None:
    page.wait_for_function(f"() => {what}")


def fill_in(page) -> None:
    """Fill in all that is asked of somebody who was on site; one amount is no number."""
    page.locator("#unit-form [name=on_site][value=true]").check()
    page.wait_for_selector("canvas[data-pad]")
    page.set_input_files("[data-name=photos] input[capture]", picture(10))
    wait_for_photos(page, 1)
    page.click("[data-locate]")
    wait_until(page, "document.getElementsByName('place')[0].value.startsWith('24.479800')")
    page.fill("[name='parts.0.part']", "跌落保险")
    page.fill("[name='parts.0.amount']", "一只")
    page.click("button:has-text('添一行')")
    page.wait_for_selector("[name='parts.1.part']")
    assert page.input_value("[name='parts.0.part']") == "跌落保险"
    sign(page)


def photograph_without_network(page) -> None:
    """Take a photo while the network is away: it waits in the phone, and goes when it is back."""
    page.context.set_offline(True)
    page.set_input_files("[data-name=photos] input[capture]", picture(200))
    said = "document.querySelector('[data-name=photos] [data-said]').textContent"
    wait_until(page, f"{said}.includes('留在本机')")
    page.context.set_offline(False)
    wait_for_photos(page, 2)


def kept(page, words: str):
    """Wait for the answer to a draft that holds these words."""
    return page.expect_response(
        lambda answer: (
            answer.url.endswith("/draft/")
            and words.encode() in (answer.request.post_data_buffer or b"")
        )
    )


def type_faster_than_the_network(page) -> None:
    """Leave a second field while the draft of the first is held up on its way: the newer one must stay."""
    handling, reply = page.locator("[name=handling]"), page.locator("[name=reply]")
    held: list = []

    def hold(route) -> None:
        held.append(route)

    page.route("**/draft/", hold, times=1)
    handling.fill("到场查看。")
    reply.focus()
    while not held:
        page.wait_for_timeout(20)
    handling.fill("更换跌落保险，已恢复供电。")
    reply.focus()
    page.wait_for_timeout(300)  # a newer draft would overtake the older one now
    with kept(page, "更换跌落保险，已恢复供电。"):
        held[0].continue_()


def leave_and_come_back(page) -> None:
    """Leave the page and find everything again."""
    page.reload()
    page.wait_for_selector("#unit-form [data-save]")
    assert photos(page) == 2
    assert page.input_value("[name=handling]") == "更换跌落保险，已恢复供电。"
    assert page.locator("[data-name=customer_sign] li img").count() == 1


def test_a_form_is_filled_in_on_site(open_page):
    number = take_in(open_page, "表箱冒烟，请尽快来人")
    work(open_page, people.JUDGE, number, people.judge)
    work(open_page, people.DISPATCHER, number, people.dispatch)
    desk = open_page(people.HANDLER, size=PHONE)
    page = desk.page
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(PLACE)
    desk.go(f"/cases/{number}/")
    page.click("button:has-text('取单办理')")
    page.wait_for_selector("#unit-form [data-save]")

    # What the dispatcher asked for stands in the form and cannot be changed.
    assert page.locator("output.fixed").first.inner_text() == "尽快到场抢修"

    fill_in(page)
    desk.picture("on-site-phone")
    photograph_without_network(page)
    type_faster_than_the_network(page)
    leave_and_come_back(page)

    # A refused submit names the row and keeps what was typed.
    people.handle(page)
    page.click("[data-submit]")
    page.wait_for_selector(".missing")
    assert "用料第 1 行 数量" in page.locator(".missing").inner_text()
    assert page.input_value("[name='parts.0.amount']") == "一只"
    assert photos(page) == 2
    desk.picture("on-site-phone-refused")

    page.fill("[name='parts.0.amount']", "1")
    page.click("[data-submit]")
    wait_until(page, "!document.querySelector('[name=handling]')")
    others = [said for said in desk.errors if "422" not in said and "ERR_INTERNET" not in said]
    assert others == []

    # The next person sees the files beside the case.
    seen = open_page(people.REVIEWER).go(f"/cases/{number}/").page
    seen.wait_for_selector(".r-sec .files img")
    assert seen.locator(".r-sec .files li").count() == 3
