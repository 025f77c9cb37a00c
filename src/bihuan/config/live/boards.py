"""Boards: what many screens show alike is drawn in the stream, once for all who see the same (decision 0220)."""

import asyncio
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import datetime
from typing import Protocol

from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections

from bihuan.config.live.mailbox import News, case_id_of
from bihuan.domain.org.ports import Access
from bihuan.kit import clock
from bihuan.surfaces.command import stream

Eyes = Hashable
Draw = Callable[[Collection[int], Mapping[Eyes, Access], datetime], Mapping[Eyes, bytes]]


class Board(Protocol):
    """What the hub asks of a board."""

    topic: str
    pace: float

    def note(self, news: News) -> None:
        """Remember what a fact changes, if anything."""

    async def has_news(self) -> None:
        """Wait until something changed."""

    def eyes(self, access: Access) -> Eyes:
        """Return what decides what somebody sees."""

    async def draw(self, audiences: Mapping[Eyes, Access]) -> Mapping[Eyes, bytes]:
        """Return the events for the changes so far, by eyes."""


class CaseBoard:
    """A board of cases: facts about a case make it be read again, many cases at a time.

    At most `most` cases are read in one turn, what is urgent first; the rest follows in the next turn.
    """

    def __init__(self, topic: str = stream.TOPIC, *, pace: float = 0.2, most: int = 200) -> None:
        self.topic, self.pace, self._most = topic, pace, most
        self.draw_with: Draw = stream.events
        self._urgent: dict[int, None] = {}
        self._others: dict[int, None] = {}
        self._changed = asyncio.Event()

    def note(self, news: News) -> None:
        """Remember the case of a fact that changes a line of the board."""
        interest = stream.interest(news.name)
        case_id = case_id_of(news.root) if interest else None
        if case_id is None:
            return
        (self._urgent if interest == stream.URGENT else self._others)[case_id] = None
        self._changed.set()

    async def has_news(self) -> None:
        """Wait until a case changed."""
        await self._changed.wait()

    def eyes(self, access: Access) -> Eyes:
        """Return what decides what somebody sees."""
        return stream.eyes(access)

    async def draw(self, audiences: Mapping[Eyes, Access]) -> Mapping[Eyes, bytes]:
        """Read the changed cases once and draw them for everybody."""
        taken = list({**self._urgent, **self._others})[: self._most]
        for one in taken:
            self._urgent.pop(one, None)
            self._others.pop(one, None)
        if not self._urgent and not self._others:
            self._changed.clear()
        return await _drawn(self.draw_with, taken, audiences) if taken and audiences else {}


@sync_to_async(thread_sensitive=False)
def _drawn(
    events: Draw,
    case_ids: Collection[int],
    audiences: Mapping[Eyes, Access],
) -> Mapping[Eyes, bytes]:
    close_old_connections()
    try:
        return events(case_ids, audiences, clock.now())
    finally:
        connections.close_all()
