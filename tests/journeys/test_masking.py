"""A phone number never appears whole to somebody who may not see it: pages, files, log (Shows 7)."""

import re
from collections.abc import Iterator

from tests.journeys import people
from tests.journeys.test_the_loop import take_in, work

MOST_PAGES = 120
WITHOUT_PHONES = (people.JUDGE, people.DISPATCHER, people.REVIEWER, people.ARCHIVIST, "dongyuan")
LEFT_ALONE = ("/sign-out/", "/theme/", "/static/", "/intake/discard/")
ADDRESS = re.compile(r'(?:href|hx-get)="(/[^"#]*|\?[^"#]*)"')


def crawl(desk) -> Iterator[tuple[str, str]]:
    """Yield every page and fragment that can be reached by following links, with its text."""
    waiting, seen = ["/", "/cases/?view=all", "/customers/", "/search/?q=马志远"], set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if path in seen or path.startswith(LEFT_ALONE):
            continue
        seen.add(path)
        answer = desk.page.request.get(desk.service.url + path)
        assert answer.status < 500, f"{path}: {answer.status}"
        text = answer.text()
        yield path, text
        for found in ADDRESS.findall(text):
            base = path.split("?")[0]
            waiting.append((base + found if found.startswith("?") else found).replace("&amp;", "&"))


def whole_numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text))


def test_no_page_shows_a_whole_number_to_who_may_not_see_it(open_page, service):
    number = take_in(open_page, f"请回电 {people.PHONE_NUMBER}，路灯不亮")
    work(open_page, people.JUDGE, number, people.judge)
    shown = {}
    for login in WITHOUT_PHONES:
        for path, text in crawl(open_page(login)):
            for found in whole_numbers(text):
                shown[login, path] = found

    assert shown == {}


def test_every_demo_role_can_walk_through_its_pages(open_page):
    for login in people.EVERYBODY:
        pages = dict(crawl(open_page(login)))
        assert "/" in pages


def test_no_log_holds_a_whole_number(open_page, service):
    open_page(people.LEAD).go(f"/search/?q={people.PHONE_NUMBER}")
    held = {
        path.name: whole_numbers(path.read_text("utf-8", "replace"))
        for path in service.home.rglob("*.log")
    }

    assert {name: found for name, found in held.items() if found} == {}
