"""`GET /live?topics=case:9,unit.`: an endless stream of the facts under some topics."""

import asyncio
import logging
from dataclasses import replace
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.http import parse_cookie

from bihuan.config import database
from bihuan.config.asgi_types import Receive, Scope, Send
from bihuan.config.live.audience import Audience, involved_in
from bihuan.config.live.boards import CaseBoard
from bihuan.config.live.hub import Hub, Reader
from bihuan.config.live.mailbox import Mailbox
from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.org import queries as org
from bihuan.kit import clock

log = logging.getLogger(__name__)

MOST_TOPICS = 20
_LONGEST_TOPIC = 64
# At most so often something is sent to one browser; what comes meanwhile is gathered. A board shows what
# somebody waits for, and is drawn for all of them at once.
_PACE = 0.5
_PACE_OF_BOARDS = 0.2
_PING_EVERY = 15.0
# Signing out elsewhere ends the stream, and a changed post changes it, within this many seconds.
_CHECK_SESSION_EVERY = 60.0
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class LiveEndpoint:
    """The ASGI application behind `/live`."""

    def __init__(self) -> None:
        self._boards = [CaseBoard()]
        self._hub = Hub(database.conninfo, involved_in, self._boards)

    async def close(self) -> None:
        """Stop listening, when the server stops."""
        await self._hub.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream to a signed-in person; refuse anyone else."""
        topics = _topics(scope)
        cookies = parse_cookie(_header(scope, b"cookie"))
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        if scope["method"] != "GET" or not topics:
            await _refuse(send, 400)
        elif (audience := await _audience(session_key)) is None:
            await _refuse(send, 401)
        else:
            await self._stream(Reader(Mailbox(topics), audience), session_key, receive, send)

    async def _stream(self, reader: Reader, session_key: str, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": b"retry: 2000\n\n", "more_body": True})
        writing = asyncio.create_task(self._write(reader, session_key, send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, leaving):
                task.cancel()
            ended = await asyncio.gather(writing, leaving, return_exceptions=True)
            for problem in ended:
                if isinstance(problem, Exception):
                    log.info("live: stream ended: %s", problem)

    async def _write(self, reader: Reader, session_key: str, send: Send) -> None:
        loop = asyncio.get_running_loop()
        check_at = loop.time() + _CHECK_SESSION_EVERY
        watches = any(board.topic in reader.mailbox.topics for board in self._boards)
        pace = _PACE_OF_BOARDS if watches else _PACE
        with self._hub.deliver_to(reader):
            while True:
                news = await reader.mailbox.take(_PING_EVERY) or b": ping\n\n"
                await send({"type": "http.response.body", "body": news, "more_body": True})
                await asyncio.sleep(pace)
                if loop.time() > check_at:
                    audience = await _audience(session_key)
                    if audience is None:
                        break
                    reader.audience = audience
                    check_at = loop.time() + _CHECK_SESSION_EVERY
        await send({"type": "http.response.body", "body": b""})


@sync_to_async(thread_sensitive=False)
def _audience(session_key: str) -> Audience | None:
    """Look the session up as a page would, and give the connection back at once.

    Nobody listens who may open no page: a stranger, or somebody with a first password to change.
    """
    if not session_key:
        return None
    close_old_connections()
    try:
        at = clock.now()
        visit = org.visit(session_key, at)
        if visit is None or visit.staff_id is None or visit.must_change_password:
            return None
        access = org.access_of(visit.staff_id, at, known_revision=visit.revision)
        # What was granted for a time is looked up fact by fact.
        return replace(Audience.of(access), reach=replace(reach_of(access), granted=()))
    except DatabaseError:
        return None
    finally:
        connections.close_all()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _topics(scope: Scope) -> list[str]:
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("topics", [""])
    found = [topic.strip() for topic in ",".join(asked).split(",")]
    return [topic for topic in found if 0 < len(topic) <= _LONGEST_TOPIC][:MOST_TOPICS]


def _header(scope: Scope, name: bytes) -> str:
    values = [value for key, value in scope["headers"] if key.lower() == name]
    return b"; ".join(values).decode("latin-1")
