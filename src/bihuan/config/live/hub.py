"""One listening connection for each web process, and the mailboxes it fills for their readers."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from django.db import DatabaseError

from bihuan.config.live.audience import Audience, Involved, case_of, customer_of, files_of
from bihuan.config.live.boards import Board
from bihuan.config.live.mailbox import Mailbox, News

log = logging.getLogger(__name__)

CHANNEL = "facts"
_LONGEST_PAUSE = 5.0
# What comes within this time is looked up together.
_GATHERED_FOR = 0.1
_MOST_GATHERED = 2000


@dataclass(eq=False)
class Reader:
    """One browser's mailbox, and what its person may hear of."""

    mailbox: Mailbox
    audience: Audience


class Hub:
    """Passes facts on to the mailboxes of this process's browsers.

    It listens while somebody is there. After a broken connection it says `resync` to everybody,
    because facts may have passed unheard. What many screens show alike (a board) is drawn here, once for
    all who see the same.
    """

    def __init__(
        self,
        conninfo: Callable[[], str],
        involved: Callable[[Collection[int]], Awaitable[Involved]],
        boards: Iterable[Board] = (),
    ) -> None:
        self._conninfo = conninfo
        self._involved = involved
        self._readers: set[Reader] = set()
        # Readers by topic: what nobody asked for costs a look into two tables, not one for each reader.
        self._things: dict[str, set[Reader]] = defaultdict(set)
        self._names: dict[str, set[Reader]] = defaultdict(set)
        self._boards = {board.topic: board for board in boards}
        self._tasks: list[asyncio.Task[None]] = []
        self._gathered: list[News] = []
        self._has_gathered = asyncio.Event()

    @contextmanager
    def deliver_to(self, reader: Reader) -> Iterator[None]:
        """Fill a reader's mailbox for the length of a block."""
        if not self._tasks or any(task.done() for task in self._tasks):
            self._start()
        self._admit(reader)
        try:
            yield
        finally:
            self._dismiss(reader)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _admit(self, reader: Reader) -> None:
        self._readers.add(reader)
        for topic in reader.mailbox.topics:
            self._table(topic)[topic].add(reader)

    def _dismiss(self, reader: Reader) -> None:
        self._readers.discard(reader)
        for topic in reader.mailbox.topics:
            table = self._table(topic)
            table[topic].discard(reader)
            if not table[topic]:
                del table[topic]

    def _table(self, topic: str) -> dict[str, set[Reader]]:
        return self._things if ":" in topic else self._names

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        for task in self._tasks:
            task.cancel()
        self._tasks = [
            loop.create_task(self._listen_always()),
            loop.create_task(self._pass_on_always()),
            *(loop.create_task(self._draw_always(board)) for board in self._boards.values()),
        ]

    async def _listen_always(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as problem:
                log.warning("live: not listening: %s", problem)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._conninfo(), autocommit=True)
        async with connection:
            await connection.execute(f"listen {CHANNEL}".encode())
            self._resync()
            async for notification in connection.notifies():
                self._gather(notification.payload)

    def _gather(self, payload: str) -> None:
        try:
            news = News.read(payload)
        except (ValueError, KeyError):
            log.warning("live: cannot read %r", payload[:200])
            return
        for topic in self._boards.keys() & self._things.keys():
            self._boards[topic].note(news)
        if not self._asked_for(news):
            return
        if len(self._gathered) >= _MOST_GATHERED:
            self._gathered.clear()
            self._resync()
        else:
            self._gathered.append(news)
            self._has_gathered.set()

    def _asked_for(self, news: News) -> set[Reader]:
        """Return the readers of a fact's topics, whatever they may hear of."""
        found = self._things.get(news.root, set()) | self._things.get(news.subject, set())
        for beginning, readers in self._names.items():
            if news.name.startswith(beginning):
                found = found | readers
        return found

    async def _pass_on_always(self) -> None:
        while True:
            await self._has_gathered.wait()
            self._has_gathered.clear()
            gathered, self._gathered = self._gathered, []
            try:
                await self._pass_on(gathered)
            except (DatabaseError, psycopg.Error, OSError) as problem:
                log.warning("live: cannot tell who may hear: %s", problem)
                self._resync()
            await asyncio.sleep(_GATHERED_FOR)

    async def _pass_on(self, gathered: list[News]) -> None:
        case_ids = {one for news in gathered if (one := case_of(news)) is not None}
        involved = await self._involved(list(case_ids)) if case_ids else {}
        # Facts about customers are read by few: where nobody asked, nobody looks.
        customers = {
            one
            for news in gathered
            if (one := customer_of(news)) is not None and self._asked_for(news)
        }
        files = await files_of(list(customers)) if customers else {}
        for news in gathered:
            for reader in self._asked_for(news):
                if reader.audience.may_hear(news, involved, files):
                    reader.mailbox.put(news)

    async def _draw_always(self, board: Board) -> None:
        """Draw a board's changes for each group of readers who see the same, again and again."""
        while True:
            await board.has_news()
            try:
                await self._draw(board)
            except (DatabaseError, psycopg.Error, OSError) as problem:
                log.warning("live: cannot draw %s: %s", board.topic, problem)
                for reader in self._things.get(board.topic, set()):
                    reader.mailbox.ask_for_resync()
            await asyncio.sleep(board.pace)

    async def _draw(self, board: Board) -> None:
        readers = tuple(self._things.get(board.topic, ()))
        audiences = {
            board.eyes(one.audience.access): one.audience.access
            for one in readers
            if one.audience.access is not None
        }
        drawn = await board.draw(audiences)
        for reader in readers:
            if reader.audience.access is None:
                continue
            event = drawn.get(board.eyes(reader.audience.access))
            if event is not None:
                reader.mailbox.put_event(event)

    def _resync(self) -> None:
        for reader in self._readers:
            reader.mailbox.ask_for_resync()
