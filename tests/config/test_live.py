"""What reaches a browser's stream, and what is kept from it."""

import asyncio
import json
from typing import Any

import psycopg
import pytest
from django.db import connection

from bihuan.config import database
from bihuan.config.live.audience import Audience
from bihuan.config.live.hub import CHANNEL, Hub, Reader
from bihuan.config.live.mailbox import Mailbox, News
from bihuan.domain.cases import queries as cases
from bihuan.domain.org import queries as org
from tests.domain.cases import given as given_cases
from tests.domain.org import given

RESYNC = b"event: resync\ndata: {}\n\n"


def news(number: int, *, name: str = "unit.submitted", root: str = "case:9") -> News:
    return News(number, name, f"unit:{number}", root)


def taken(mailbox: Mailbox) -> bytes:
    return asyncio.run(mailbox.take(0.01))


def facts_in(sent: bytes) -> list[dict[str, Any]]:
    lines = sent.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


@pytest.mark.parametrize(
    ("topic", "belongs"),
    [
        ("case:9", True),
        ("case:90", False),
        ("unit:1", True),
        ("unit.", True),
        ("unit.submitted", True),
        ("case.", False),
        ("unit:", False),
    ],
)
def test_a_topic_is_a_thing_or_the_beginning_of_a_name(topic, belongs):
    assert (news(1).topic_in([topic]) == topic) is belongs


def test_a_browser_hears_only_what_it_asked_for():
    mailbox = Mailbox(["case:9"])
    mailbox.put(news(1))
    mailbox.put(news(2, root="case:10"))

    assert facts_in(taken(mailbox)) == [
        {
            "id": 1,
            "name": "unit.submitted",
            "subject": "unit:1",
            "root": "case:9",
            "topic": "case:9",
        }
    ]
    assert taken(mailbox) == b""


def test_of_several_about_the_same_only_the_last_is_sent():
    mailbox = Mailbox(["unit."])
    for number in (1, 2, 3):
        mailbox.put(News(number, "unit.drafted", "unit:7", "case:9"))

    assert [fact["id"] for fact in facts_in(taken(mailbox))] == [3]


def test_a_browser_too_slow_to_read_is_told_to_ask_anew():
    mailbox = Mailbox(["unit."], room=10)
    for number in range(50):
        mailbox.put(news(number))

    assert taken(mailbox) == RESYNC
    mailbox.put(news(51))
    assert [fact["id"] for fact in facts_in(taken(mailbox))] == [51]


@pytest.mark.django_db
def test_a_person_hears_of_the_cases_of_their_units_only():
    units = given.organisation()
    east = given.person("east", ("agent", units["east"]))
    nobody = given.person("nobody")
    admin = given.person("admin", ("admin", units["hq"]))
    involved = {9: frozenset({units["east1"]}), 10: frozenset({units["west"]})}
    told = [news(1, root="case:9"), news(2, root="case:10"), news(3, root="staff:4")]

    def hears(staff_id: int) -> list[int]:
        audience = Audience.of(org.access_of(staff_id, given.NOON))
        return [one.id for one in told if audience.may_hear(one, involved)]

    assert hears(east) == [1]
    assert hears(nobody) == []
    assert hears(admin) == [1, 2, 3]


@pytest.mark.django_db
def test_a_cases_org_units_are_looked_up_for_many_at_once():
    here, there = given_cases.org_unit(), given_cases.org_unit("EAST", "东区")
    first = given_cases.stored_case()
    second = given_cases.stored_case("260302-0002", involved_unit_ids=[here, there])

    assert cases.involved_units([first.pk, second.pk, 404]) == {
        first.pk: {here},
        second.pk: {here, there},
    }


def test_a_case_that_is_not_there_is_heard_of_by_those_who_see_all():
    gone = news(1, root="case:404")

    assert Audience(everywhere=True).may_hear(gone, {}) is True
    assert Audience(unit_ids=frozenset({1})).may_hear(gone, {}) is False
    assert Audience(everywhere=True).may_hear(news(1, root="case:x"), {}) is False


@pytest.mark.django_db
def test_a_notification_reaches_the_mailbox_also_after_the_connection_was_lost():
    connection.ensure_connection()  # the test database exists from here on

    async def listen() -> tuple[list[int], bytes, bytes]:
        hub = Hub(database.conninfo, involved)
        mine, theirs = (
            Reader(Mailbox(["case:9"]), Audience(unit_ids=frozenset({one}))) for one in (1, 2)
        )
        with hub.deliver_to(mine), hub.deliver_to(theirs):
            # The first resync: it listens now.
            await asyncio.gather(mine.mailbox.take(5), theirs.mailbox.take(5))
            await notify(1)
            first = await mine.mailbox.take(5)
            not_for_them = await theirs.mailbox.take(0.1)
            await break_connections()
            lost = await mine.mailbox.take(5)
            await notify(2)
            second = await mine.mailbox.take(5)
        await hub.close()
        return [fact["id"] for fact in facts_in(first + second)], lost, not_for_them

    assert asyncio.run(listen()) == ([1, 2], RESYNC, b"")


def test_when_nobody_can_say_who_may_hear_everybody_asks_anew():
    async def listen() -> bytes:
        hub = Hub(lambda: "", broken)
        reader = Reader(Mailbox(["case:9"]), Audience(everywhere=True))
        passing_on = asyncio.create_task(hub._pass_on_always())
        hub._admit(reader)
        hub._gather(json.dumps({"id": 1, "name": "unit.x", "subject": "unit:1", "root": "case:9"}))
        heard = await reader.mailbox.take(5)
        passing_on.cancel()
        return heard

    assert asyncio.run(listen()) == RESYNC


async def involved(case_ids) -> dict[int, frozenset[int]]:
    return {case_id: frozenset({1}) for case_id in case_ids}


async def broken(case_ids) -> dict[int, frozenset[int]]:
    raise psycopg.OperationalError


async def notify(number: int) -> None:
    said = {"id": number, "name": "case.opened", "subject": "case:9", "root": "case:9", "unit": 1}
    await _run("select pg_notify(%s, %s)", (CHANNEL, json.dumps(said)))


async def break_connections() -> None:
    await _run(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and query = %s",
        (f"listen {CHANNEL}",),
    )


async def _run(statement: str, params: tuple[str, ...]) -> None:
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as other:
        await other.execute(statement.encode(), params)
