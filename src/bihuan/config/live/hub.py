"""One listening connection for each web process, and the mailboxes it fills."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from bihuan.config.live.mailbox import Mailbox, News

log = logging.getLogger(__name__)

CHANNEL = "facts"
_LONGEST_PAUSE = 5.0


class Hub:
    """Passes facts on to the mailboxes of this process's browsers.

    It listens while somebody is there. After a broken connection it says `resync` to everybody,
    because facts may have passed unheard.
    """

    def __init__(self, conninfo: Callable[[], str]) -> None:
        self._conninfo = conninfo
        self._mailboxes: set[Mailbox] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def deliver_to(self, mailbox: Mailbox) -> Iterator[None]:
        """Fill a mailbox for the length of a block."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen_always())
        self._mailboxes.add(mailbox)
        try:
            yield
        finally:
            self._mailboxes.discard(mailbox)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

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
            for mailbox in self._mailboxes:
                mailbox.ask_for_resync()
            async for notification in connection.notifies():
                self._hand_out(notification.payload)

    def _hand_out(self, payload: str) -> None:
        try:
            news = News.read(payload)
        except (ValueError, KeyError):
            log.warning("live: cannot read %r", payload[:200])
            return
        for mailbox in self._mailboxes:
            mailbox.put(news)
