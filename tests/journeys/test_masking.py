"""A phone number never appears whole to somebody who may not see it: pages, files, log (Shows 7)."""

import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import quote, urljoin, urlsplit

from tests.journeys import people
from tests.journeys.test_the_loop import take_in, work

MOST_PAGES = 120
MOST_REDIRECTS = 5
AT_ONCE = 4
WITHOUT_PHONES = (people.JUDGE, people.DISPATCHER, people.REVIEWER, people.ARCHIVIST, "dongyuan")
LEFT_ALONE = ("/sign-out/", "/theme/", "/static/", "/intake/discard/")
ADDRESS = re.compile(r'(?:href|hx-get)="(/[^"#]*|\?[^"#]*)"')


@dataclass
class Walker:
    """Somebody's programmatic browser: one connection, the cookies of who signed in."""

    url: str
    cookies: str

    def __post_init__(self) -> None:
        split = urlsplit(self.url)
        self.connection = HTTPConnection(split.hostname, split.port, timeout=60)

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of what is at an address, wherever it leads to within the service."""
        for _ in range(MOST_REDIRECTS):
            self.connection.request("GET", path, headers={"Cookie": self.cookies})
            answer = self.connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            place = answer.headers["Location"]
            if not place:
                return answer.status, text
            path = urljoin(path, place.removeprefix(self.url))
        raise AssertionError(f"{path}: leads in circles")

    def crawl(self) -> dict[str, str]:
        """Return every page and fragment that can be reached by following links, with its text."""
        waiting = deque(["/", "/cases/?view=all", "/customers/", f"/search/?q={quote('马志远')}"])
        found: dict[str, str] = {}
        while waiting and len(found) < MOST_PAGES:
            path = waiting.popleft()
            if path in found or path.startswith(LEFT_ALONE):
                continue
            status, text = self.get(path)
            assert status < 500, f"{path}: {status}"
            found[path] = text
            for link in ADDRESS.findall(text):
                base = path.split("?")[0]
                full = (base + link if link.startswith("?") else link).replace("&amp;", "&")
                waiting.append(quote(full, safe="/?&=%:,+;@"))
        return found


def whole_numbers(text: str) -> set[str]:
    return set(re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text))


def test_every_role_walks_through_its_pages_and_sees_no_number_it_may_not(open_page, service):
    number = take_in(open_page, f"请回电 {people.PHONE_NUMBER}，路灯不亮")
    work(open_page, people.JUDGE, number, people.judge)
    walkers = {}
    for login in people.EVERYBODY:
        cookies = open_page(login).page.context.cookies()
        said = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
        walkers[login] = Walker(service.url, said)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = dict(zip(walkers, pool.map(Walker.crawl, walkers.values()), strict=True))
    for walker in walkers.values():
        walker.connection.close()

    assert [login for login in people.EVERYBODY if "bh-rail" not in seen[login]["/"]] == []
    assert {
        (login, path): found
        for login in WITHOUT_PHONES
        for path, text in seen[login].items()
        if (found := whole_numbers(text))
    } == {}


def test_no_log_holds_a_whole_number(open_page, service):
    open_page(people.LEAD).go(f"/search/?q={people.PHONE_NUMBER}")
    held = {
        path.name: whole_numbers(path.read_text("utf-8", "replace"))
        for path in service.home.rglob("*.log")
    }

    assert {name: found for name, found in held.items() if found} == {}
