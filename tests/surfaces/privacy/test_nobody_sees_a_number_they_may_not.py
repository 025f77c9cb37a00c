"""A phone number never appears whole to somebody who may not see it (SEC-01, SEC-08).

Every demo role follows links, names every page and every answer of the API there is; numbers stand
wherever people type them. What they do not see there, nor in an error page, nor in the log.
"""

import io
import logging
from collections.abc import Iterator

import pytest
from django.test import Client

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.models import Case
from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Holding, Staff
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes.models import Token
from bihuan.kit import clock
from bihuan.kit.masking import MaskingFilter
from tests.domain.cases.portal.given import Phones, phones
from tests.surfaces.privacy import crawling
from tests.surfaces.privacy.crawling import Reader, Seen
from tests.surfaces.privacy.numbers import found_in
from tests.surfaces.privacy.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
API, FILES = "/api/", "/cases/export/"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Read what the configured handler writes, filters and all."""
    handler = next(
        one
        for one in logging.getLogger().handlers
        if any(isinstance(each, MaskingFilter) for each in one.filters)
    )
    read = io.StringIO()
    before = handler.setStream(read)
    yield read
    handler.setStream(before)


def roles() -> list[str]:
    """Return one demo person for each set of posts at each level, and a handler of another region."""
    found: dict[tuple[tuple[str, int], ...], str] = {}
    for staff in Staff.objects.order_by("id"):
        held = Holding.objects.filter(staff=staff).values_list("post__code", "unit__path")
        level = tuple(sorted((post, path.count("/")) for post, path in held))
        found.setdefault(level, staff.login_name)
    return sorted({*found.values(), "weidong"})


def browser(login: str) -> Reader:
    client = Client(raise_request_exception=False)
    client.force_login(Staff.objects.get(login_name=login))
    return Reader(client)


def program(login: str, *scopes: str) -> Reader:
    """Return a program with a token of this person, for everything they may do unless told."""
    staff, now = Staff.objects.get(login_name=login), clock.now()
    allowed = scopes or tuple(access_of(staff.pk, now).grants)
    new = org.NewToken(staff_id=staff.pk, name="crawl", scopes=allowed)
    _token, key = org.issue_token(new=new, by=Actor(f"staff:{staff.pk}"), at=now)
    return Reader(Client(raise_request_exception=False), key)


def everything(login: str, number: str) -> Iterator[Seen]:
    """Yield every response one person can get without changing anything."""
    desk = browser(login)
    yield from desk.follow("/", "/cases/?view=all")
    yield from desk.visit(crawling.pages())
    yield from desk.visit(crawling.searches(number))
    claimed = Token.objects.filter(kind="USER", state="CLAIMED")
    for unit in claimed.filter(assignee__login_name=login):
        yield desk.post(f"/units/{unit.pk}/form/", {})
        yield desk.post(f"/units/{unit.pk}/submit/", {})
    for asked in ({"contact_phone": number}, {"contact_name": "赵安宁"}, {"title": "停电请回电"}):
        yield desk.post("/intake/match/", asked)
    yield from program(login).visit(crawling.calls(number))


def customers_of(world: World, texts: Phones) -> Iterator[tuple[str, Reader]]:
    """Yield each case the portal shows, with a browser in which its phone was proved."""
    numbers = {case.number for case in world.cases}
    for case in Case.objects.filter(number__in=numbers, pack="hotline").order_by("id"):
        client = Client(raise_request_exception=False)
        asked = {"number": case.number, "phone": case.contact_phone}
        client.post("/portal/progress/", asked)
        client.post("/portal/progress/code/", {"number": case.number, "code": texts.code})
        yield case.number, Reader(client)


def the_public(world: World, texts: Phones) -> Iterator[tuple[str, Seen]]:
    """Yield what strangers and customers get, each with the number of the case that is theirs."""
    stranger = Reader(Client(raise_request_exception=False))
    for seen in (
        *stranger.follow("/portal/"),
        *stranger.visit(crawling.public_pages()),
        *stranger.visit(crawling.pages()),
    ):
        yield "", seen
    for position, (number, customer) in enumerate(customers_of(world, texts)):
        pages = crawling.public_pages()
        own = [page for page in pages if number in page]
        # Everybody tries the other cases' first pages; one customer tries everything.
        others = pages if position == 0 else [p for p in pages if p.endswith("/now/")]
        for seen in (*customer.follow(f"/portal/cases/{number}/"), *customer.visit(own + others)):
            yield number, seen


def test_the_public_sees_no_number_and_nobody_elses_case(world, log, monkeypatch):
    """The public is a role too: strangers, and customers who proved the phone of one case."""
    numbers = set(Case.objects.values_list("number", flat=True))
    leaks: dict[tuple[str, str], set[str]] = {}
    foreign, broken, shown = set(), set(), set()
    for own, seen in the_public(world, phones(monkeypatch)):
        if seen.status >= 500:
            broken.add((own, seen.address, seen.status))
        if found := found_in(seen.text):
            leaks.setdefault((own, seen.address), set()).update(found)
        # An address may name any case; what is behind it may not.
        said = seen.text.replace(seen.address, "")
        known = {own, *(one for one in numbers if one in seen.address)}
        foreign |= {(own, seen.address, one) for one in numbers - known if one in said}
        if seen.status == 200 and own and own in said and "已完成" in said:
            shown.add(own)

    assert (leaks, broken, foreign) == ({}, set(), set())
    assert found_in(log.getvalue()) == set()
    # Not vacuous: customers do see their own.
    assert len(shown) > 5


def number_typed(world: World, where: str) -> str:
    return next(number for number, typed in world.numbers.typed.items() if typed.where == where)


def test_every_role_sees_only_the_numbers_it_may(world, log):
    number = number_typed(world, "contact: phone")
    leaks: dict[tuple[str, str], set[str]] = {}
    broken, seen_whole = set(), set()
    for login in roles():
        for seen in everything(login, number):
            if seen.status >= 500:
                broken.add((login, seen.address, seen.status))
            for found in found_in(seen.text):
                typed = world.numbers.typed.get(found)
                where = typed.where if typed else f"phone of a colleague: {found}"
                # A number in a field of its own is on no page, not even for who may see it.
                alone = typed and typed.is_number and not seen.address.startswith(API)
                if alone or seen.address.startswith(FILES) or not world.may_see(login, found):
                    leaks.setdefault((login, seen.address), set()).add(where)
                seen_whole.add((login, where))

    assert leaks == {}
    assert broken == set()
    assert found_in(log.getvalue()) == set()
    # Who needs numbers sees those in texts where they are needed.
    needed = {("linxiao", "hotline: description"), ("zhouli", "hotline: dispatch.instruction")}
    assert needed <= seen_whole


def test_a_whole_number_is_given_for_a_reason_and_leaves_a_fact(world):
    number = number_typed(world, "contact: phone")
    address = next(
        one
        for one in crawling.pages()
        if one.startswith(f"/customers/{world.customers[0]}/contacts/")
    )
    reason = {"choice": "回拨客户", "reason": "预约上门时间", "despite": "约在夜间"}

    refused = browser("shenzhiyuan").post(address, reason)
    before = Fact.objects.filter(name="customer.phone_seen").count()
    given = browser("linxiao").post(address, reason)

    assert (refused.status, found_in(refused.text), before) == (403, set(), 0)
    assert number in found_in(given.text)
    fact = Fact.objects.get(name="customer.phone_seen")
    assert (fact.subject, fact.reason) == (
        f"customer:{world.customers[0]}",
        "回拨客户，预约上门时间",
    )


def test_the_contact_of_a_case_is_given_to_who_works_on_it(world):
    """The handler's station does not own the customer's file; the case alone gives the number."""
    view = cases.case_view(world.access("zhouli"), case_at(world, "handle"))
    address = f"/cases/{view.row.number}/phone/"
    reason = {"choice": "回拨客户", "reason": "预约上门时间", "despite": "约在夜间"}

    stranger = browser("sumin").post(address, reason)
    shown = browser("zhouli").ask(f"/cases/{view.row.number}/")
    given = browser("zhouli").post(address, reason)

    assert (stranger.status, found_in(stranger.text)) == (403, set())
    assert address in shown.text
    given_numbers = {world.numbers.typed[one].where for one in found_in(given.text)}
    assert "hotline: contact phone" in given_numbers
    fact = Fact.objects.get(name="customer.phone_seen")
    assert (fact.root, fact.reason) == (view.ref, "回拨客户，预约上门时间")


def test_what_comes_back_masked_is_kept_whole(world):
    unit = Token.objects.filter(node="judge", state="CLAIMED").latest("id")
    whole = unit.draft["countermeasure"]
    desk = browser("shenzhiyuan")
    address = f"/cases/{case_at(world, 'judge')}/?unit={unit.pk}"
    shown = desk.ask(address).text
    masked = next(line for line in shown.split(">") if line.startswith("已经处理完毕")).split("<")[
        0
    ]

    desk.post(f"/units/{unit.pk}/draft/", {"countermeasure": f"{masked}。再核对一次"})

    unit.refresh_from_db()
    assert "****" in masked
    assert unit.draft["countermeasure"] == f"{whole}。再核对一次"


def test_searches_over_customer_files_are_facts(world):
    number = number_typed(world, "contact: phone")
    desk = browser("linxiao")
    desk.ask(f"/search/?q={number}")
    desk.ask("/customers/?q=赵安宁")
    desk.post("/intake/match/", {"contact_phone": number})
    program("linxiao").ask("/api/v1/customers?q=赵安宁")

    facts = Fact.objects.filter(name="customer.searched").order_by("id")

    asked = [(fact.data["text"], fact.data["found"]) for fact in facts]
    masked = f"{number[:3]}****{number[-4:]}"
    assert asked == [(masked, 1), ("赵安宁", 2), (masked, 1), ("赵安宁", 2)]


def test_an_export_is_a_fact_with_its_filter_and_rows(world):
    desk = browser("yeqing")
    desk.ask("/cases/export/csv/?view=all&class=13812342046")
    sheet = desk.ask("/cases/export/csv/?view=all&channel=PHONE").text

    empty, full = Fact.objects.filter(name="cases.exported").order_by("id")

    assert empty.data["filter"] == {"view": "all", "class": "138****2046", "kind": "csv"}
    assert empty.data["rows"] == 0
    heads_and_lines = sheet.partition("单号")[2].splitlines()
    assert full.data["rows"] == len(heads_and_lines) - 1


def test_an_error_tells_nobody_a_number(world, log, monkeypatch):
    number = number_typed(world, "contact: phone")

    def breaks(*_args: object, **_named: object) -> None:
        raise RuntimeError(f"cannot read {number} of {_args}")

    monkeypatch.setattr("bihuan.domain.cases.queries.search", breaks)
    seen = browser("shenzhiyuan").ask(f"/search/?q={number}")

    assert (seen.status, found_in(seen.text)) == (500, set())
    assert "RuntimeError" in log.getvalue()
    assert found_in(log.getvalue()) == set()


def test_an_address_with_a_number_is_not_carried_through_sign_in(client):
    answer = client.get("/search/?q=13812342046")

    assert answer.headers["Location"] == "/sign-in/?next=%2Fsearch%2F"


def case_at(world: World, node: str) -> str:
    """Return the number of the hotline case that waits at a unit."""
    open_ = Token.objects.filter(node=node, state="CLAIMED").values_list("instance_id", flat=True)
    [case, *_] = [one for one in world.cases if one.instance_id in open_]
    return case.number
