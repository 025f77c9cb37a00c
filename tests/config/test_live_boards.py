"""Who hears of notices and duty, and boards that are drawn once for all who see the same (decision 0220)."""

import asyncio
import json

import pytest

from bihuan.config.bench.live import Warned, _figures
from bihuan.config.live.audience import Audience
from bihuan.config.live.boards import CaseBoard
from bihuan.config.live.hub import Hub, Reader
from bihuan.config.live.mailbox import Mailbox, News
from bihuan.config.measuring.screens import Screen
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.surfaces.command import stream
from tests.domain.org import given


def fact(name: str, root: str, number: int = 1) -> News:
    return News(number, name, f"thing:{number}", root)


@pytest.mark.django_db
def test_a_person_hears_of_their_own_notices_and_of_the_duty_they_keep():
    units = given.organisation()
    agent = given.person("agent", ("agent", units["east"]))
    keeper = given.person("keeper", ("admin", units["east"]))

    def hears(staff_id: int, root: str) -> bool:
        audience = Audience.of(org.access_of(staff_id, given.NOON))
        return audience.may_hear(fact("x.y", root), {})

    assert hears(agent, f"staff:{agent}")
    assert not hears(agent, f"staff:{keeper}")
    assert hears(keeper, f"duty:{units['east1']}")
    assert not hears(keeper, f"duty:{units['west']}")
    assert not hears(agent, f"duty:{units['east']}")


@pytest.mark.parametrize(
    ("name", "interest"),
    [
        ("clock.warned", "urgent"),
        ("case.supervision_issued", "urgent"),
        ("unit.submitted", "usual"),
        ("unit.drafted", ""),
        ("clock.started", ""),
        ("notice.given", ""),
    ],
)
def test_a_fact_matters_to_the_board_at_once_later_or_never(name, interest):
    assert stream.interest(name) == interest


def test_what_is_urgent_is_drawn_first_and_the_rest_follows():
    drawn: list[list[int]] = []

    async def turns() -> None:
        board = CaseBoard(most=2)
        board.draw_with = lambda ids, audiences, at: drawn.append(list(ids)) or {}
        for number in (1, 2, 3):
            board.note(fact("unit.submitted", f"case:{number}", number))
        board.note(fact("clock.warned", "case:9", 9))
        board.note(fact("notice.given", "staff:4"))
        for _ in (1, 2):
            await board.has_news()
            await board.draw({"eyes": Access(1)})

    asyncio.run(turns())
    assert drawn == [[9, 1], [2, 3]]


class Painted:
    """A board that paints for whom it is asked."""

    topic, pace = "board:command", 0.0

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.painted_for: list[set[str]] = []
        self._news = asyncio.Event()

    def note(self, news: News) -> None:
        self.noted.append(news.name)
        self._news.set()

    async def has_news(self) -> None:
        await self._news.wait()
        self._news.clear()

    def eyes(self, access: Access) -> str:
        return access.name

    async def draw(self, audiences):
        self.painted_for.append(set(audiences))
        return {"all": b"event: board\ndata: 1\n\n"}


def test_a_board_is_drawn_once_for_all_who_see_the_same():
    async def heard() -> tuple[list[bytes], list[set[str]]]:
        board = Painted()
        hub = Hub(lambda: "", nobody, [board])
        hub._start = lambda: None
        readers = [
            Reader(Mailbox([board.topic]), Audience(access=Access(number, name)))
            for number, name in enumerate(("all", "all", "few"))
        ]
        for reader in readers:
            hub._admit(reader)
        drawing = asyncio.create_task(hub._draw_always(board))
        said = {"id": 1, "name": "clock.warned", "subject": "unit:1", "root": "case:9"}
        hub._gather(json.dumps(said))
        got = [await reader.mailbox.take(0.2) for reader in readers]
        drawing.cancel()
        return got, board.painted_for

    got, painted_for = asyncio.run(heard())
    assert got == [b"event: board\ndata: 1\n\n"] * 2 + [b""]
    assert painted_for == [{"all", "few"}]


async def nobody(case_ids) -> dict[int, frozenset[int]]:
    return {}


def test_the_measurement_counts_what_was_late_lost_or_early():
    seen = Screen("", {}, "", frozenset({1, 2}), {1: 10.2, 2: 20.9})
    missed = Screen("", {}, "", frozenset({1, 2}), {1: 9.9})

    found = _figures([seen, missed], [Warned(1, 10.0), Warned(2, 20.0)])

    assert {key: found[key] for key in ("p50_ms", "max_ms", "expected", "lost", "early")} == {
        "p50_ms": 200,
        "max_ms": 900,
        "expected": 4,
        "lost": 1,
        "early": 1,
    }
