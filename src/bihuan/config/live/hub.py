"""One listening connection for each web process, and the mailboxes it fills for their readers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psycopg
from django.db import DatabaseError

from bihuan.config.live.audience import Audience, Involved, case_of
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
    because facts may have passed unheard.
    """

    def __init__(
        self,
        conninfo: Callable[[], str],
        involved: Callable[[Collection[int]], Awaitable[Involved]],
    ) -> None:
        self._conninfo = conninfo
        self._involved = involved
        self._readers: set[Reader] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._gathered: list[News] = []
        self._has_gathered = asyncio.Event()

    @contextmanager
    def deliver_to(self, reader: Reader) -> Iterator[None]:
        """Fill a reader's mailbox for the length of a block."""
        if not self._tasks or any(task.done() for task in self._tasks):
            self._start()
        self._readers.add(reader)
        try:
            yield
        finally:
            self._readers.discard(reader)

    async def close(self) -> None:
        """Stop listening."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        for task in self._tasks:
            task.cancel()
        self._tasks = [
            loop.create_task(self._listen_always()),
            loop.create_task(self._pass_on_always()),
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
        if not any(reader.mailbox.wants(news) for reader in self._readers):
            return
        if len(self._gathered) >= _MOST_GATHERED:
            self._gathered.clear()
            self._resync()
        else:
            self._gathered.append(news)
            self._has_gathered.set()

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
        case_ids = {case_of(news) for news in gathered} - {None}
        involved = await self._involved([one for one in case_ids if one is not None])
        for reader in tuple(self._readers):
            for news in gathered:
                if reader.audience.may_hear(news, involved):
                    reader.mailbox.put(news)

    def _resync(self) -> None:
        for reader in self._readers:
            reader.mailbox.ask_for_resync()
