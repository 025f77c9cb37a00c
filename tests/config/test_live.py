"""What reaches a browser's stream, and what is kept from it."""

import asyncio
import json
from typing import Any

import psycopg
import pytest
from django.db import connection

from bihuan.config import database
from bihuan.config.live.hub import CHANNEL, Hub
from bihuan.config.live.mailbox import Mailbox, News

RESYNC = b"event: resync\ndata: {}\n\n"


def news(number: int, *, name: str = "unit.submitted", root: str = "case:9") -> News:
    return News(number, name, f"unit:{number}", root, 3)


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
            "unit": 3,
            "topic": "case:9",
        }
    ]
    assert taken(mailbox) == b""


def test_of_several_about_the_same_only_the_last_is_sent():
    mailbox = Mailbox(["unit."])
    for number in (1, 2, 3):
        mailbox.put(News(number, "unit.drafted", "unit:7", "case:9", None))

    assert [fact["id"] for fact in facts_in(taken(mailbox))] == [3]


def test_a_browser_too_slow_to_read_is_told_to_ask_anew():
    mailbox = Mailbox(["unit."], room=10)
    for number in range(50):
        mailbox.put(news(number))

    assert taken(mailbox) == RESYNC
    mailbox.put(news(51))
    assert [fact["id"] for fact in facts_in(taken(mailbox))] == [51]


@pytest.mark.django_db
def test_a_notification_reaches_the_mailbox_also_after_the_connection_was_lost():
    connection.ensure_connection()  # the test database exists from here on

    async def listen() -> tuple[list[int], bytes]:
        hub = Hub(database.conninfo)
        mailbox = Mailbox(["case:9"])
        with hub.deliver_to(mailbox):
            await mailbox.take(5)  # the first resync: it listens now
            await notify(1)
            first = await mailbox.take(5)
            await break_connections()
            lost = await mailbox.take(5)
            await notify(2)
            second = await mailbox.take(5)
        await hub.close()
        return [fact["id"] for fact in facts_in(first + second)], lost

    assert asyncio.run(listen()) == ([1, 2], RESYNC)


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
