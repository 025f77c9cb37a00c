"""Whoever may see a case or a file sees which of its letters wait or were withheld, and why; no number is whole."""

import pytest

from bihuan.domain.cases.queries.letters import unsent_letters
from bihuan.domain.notifications.actions import send_letters, write_letter
from bihuan.domain.notifications.choices import Unsent
from bihuan.domain.notifications.events import Letter
from bihuan.domain.notifications.ports import CHANNELS
from bihuan.engines.contacting import Purpose
from bihuan.kit.paging import Place
from bihuan.surfaces.workspace.views.letters import index
from tests.domain.cases import given as cases
from tests.domain.org.given import NOON
from tests.domain.portfolios import given

pytestmark = pytest.mark.django_db
NIGHT = NOON.replace(hour=14)  # 22:00 in Shanghai


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def letters(house, monkeypatch):
    """One about a case in each department, one about a file that belongs to ada, one about nothing."""
    made = {
        unit: cases.stored_case(f"260302-{place:04}", org_unit_id=house.ids[unit], title="停电")
        for place, unit in enumerate(("vip", "east"), 1)
    }
    file = given.customer(house, "张晓岚", "13812342046", house.ada)
    writing = [
        ("vip", f"case:{made['vip'].pk}", "EMAIL", "zhang@home.test", Purpose.CARE),
        ("east", f"case:{made['east'].pk}", "EMAIL", "li@home.test", Purpose.SERVICE),
        ("file", f"customer:{file}", "SMS", "13812342046", Purpose.MARKETING),
        ("none", "", "SMS", "13900001111", Purpose.CARE),
    ]
    for key, root, channel, address, purpose in writing:
        said = "回电 13812342046"
        new = Letter(key, root, channel, address, said, said, purpose, "张晓岚 13812342046")
        write_letter(new, at=NIGHT)

    def down(message):
        raise OSError("no route")

    monkeypatch.setitem(CHANNELS._entries, "EMAIL", down)
    send_letters(at=NIGHT)


def seen(staff_id, **asked):
    rows = unsent_letters(given.access(staff_id), **asked).rows
    return [(row.case_number or f"C{bool(row.customer_id)}", row.how) for row in rows]


def test_each_sees_what_is_about_their_cases_and_files(house, letters):
    vip = [("CTrue", Unsent.WITHHELD), ("260302-0001", Unsent.HELD)]
    assert seen(house.ada) == vip
    assert seen(house.bea) == vip[1:], "not her customer"
    assert seen(house.outsider) == [("260302-0002", Unsent.FAILING)]
    assert seen(house.clerk) == [], "may see no case, and not this file"
    east = ("260302-0002", Unsent.FAILING)
    assert seen(house.boss) == [("CFalse", Unsent.HELD), vip[0], east, vip[1]], "of everything"


def test_it_says_why_until_when_and_never_a_whole_number(house, letters):
    [file, held] = unsent_letters(given.access(house.ada)).rows
    assert (held.why, held.due_at) == (
        "本中心 21:00–08:00 不主动联系客户",
        NOON.replace(hour=0, day=NOON.day + 1),
    )
    assert (held.address, file.address) == ("z***@home.test", "138****2046")
    assert (file.why, file.due_at) == ("客户没有同意过这样联系", None)
    assert {one.name for one in (file, held)} == {"张晓岚 138****2046"}
    assert "13812342046" not in repr([file, held])


def test_it_is_narrowed_and_paged(house, letters, rf):
    boss = given.access(house.boss)
    assert seen(house.boss, how=Unsent.FAILING) == [("260302-0002", Unsent.FAILING)]
    first = unsent_letters(boss, at=Place(size=2))
    rest = unsent_letters(boss, at=Place(after=first.next_cursor, size=2))
    assert (len(first.rows), len(rest.rows), rest.next_cursor) == (2, 2, "")

    request = rf.get("/letters/", {"view": "HELD"})
    request.access = boss
    page = index(request).content.decode()
    assert "本中心 21:00–08:00 不主动联系客户" in page
    assert "客户没有同意过" not in page
