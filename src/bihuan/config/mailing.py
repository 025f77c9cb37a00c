"""The loops of the mail programs. Each outlives the database and the mail servers: what fails is tried again."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from bihuan.domain.notifications import actions as notifications
from bihuan.integrations.email import imap, lmtp, sorting
from bihuan.integrations.email.addresses import Server, read_listener, read_server
from bihuan.kit import clock

log = logging.getLogger(__name__)

SHORTEST_ABSENCE = 0.5
LONGEST_ABSENCE = 5.0
CONNECT_SECONDS = 5
SORT_SLEEP = 0.1
SEND_SLEEP = 1.0
LETTERS_AT_ONCE = 50


@dataclass
class Loop:
    """Does one thing again and again until `stop` is set; `turn` tells whether there may be more at once."""

    name: str
    turn: Callable[[], bool]
    sleep: float
    stop: threading.Event

    def run(self) -> None:
        """Take turns; after a failure wait ever longer, five seconds at most."""
        absence = 0.0
        while not self.stop.is_set():
            try:
                pause = 0.0 if self.turn() else self.sleep
                absence = 0.0
            except (DatabaseError, InterfaceError, OSError, *imap.FAILURES) as problem:
                absence = pause = _longer(absence)
                log.warning("%s: again in %.1f s: %s", self.name, pause, problem)
                _let_go()
            except Exception:
                absence = pause = _longer(absence)
                log.exception("%s: a mistake of ours, again in %.1f s", self.name, pause)
                _let_go()
            if pause:
                self.stop.wait(pause)
        connections.close_all()


def _longer(absence: float) -> float:
    return min(max(absence * 2, SHORTEST_ABSENCE), LONGEST_ABSENCE)


def _let_go() -> None:
    with suppress(DatabaseError, InterfaceError):
        connections["default"].close()


def without_pool() -> None:
    """Let each thread hold a connection of its own, in this process.

    While the database is away a pool takes ten seconds to say so, and asks ever more seldom: half a minute
    after it is back a pool may still refuse.
    """
    options = connections.settings["default"]["OPTIONS"]
    options.pop("pool", None)
    options.setdefault("connect_timeout", CONNECT_SECONDS)


def sort_until(stop: threading.Event) -> None:
    """Sort mails until told to stop; one that has begun is finished."""
    without_pool()
    log.info("mail is sorted")
    Loop("sorting", sorting.sort_next, SORT_SLEEP, stop).run()


def send_turn() -> bool:
    """Send letters that are due; tell whether there may be more."""
    return notifications.send_letters(at=clock.now(), limit=LETTERS_AT_ONCE) == LETTERS_AT_ONCE


def poll_turn(server: Server) -> Callable[[], bool]:
    """Return what looks into one mailbox; it tells whether there may be more."""

    def turn() -> bool:
        found = imap.poll(server, most_bytes=settings.MAIL_MOST_BYTES)
        return found.taken + found.known >= imap.AT_ONCE

    return turn


def polled() -> list[Server]:
    """Return the mailboxes that are polled, as set up."""
    return [read_server(text) for text in settings.MAIL_IMAP.split()]


def loops(stop: threading.Event) -> list[Loop]:
    """Return what runs beside the listener, as set up."""
    found = [
        Loop(f"polling {server}", poll_turn(server), settings.MAIL_POLL_SECONDS, stop)
        for server in polled()
    ]
    if settings.MAIL_SMTP:
        read_server(settings.MAIL_SMTP)
        found.append(Loop("sending", send_turn, SEND_SLEEP, stop))
    return found


def serve_until(stop: threading.Event) -> None:
    """Take mail over, poll and send until told to stop."""
    without_pool()
    place = read_listener(settings.MAIL_LMTP) if settings.MAIL_LMTP else None
    running = loops(stop)
    threads = [threading.Thread(target=one.run, name=one.name) for one in running]
    for thread in threads:
        thread.start()
    try:
        asyncio.run(_listen(place, stop))
    finally:
        stop.set()
        _join(threads)


async def _listen(place: tuple[str, int] | str | None, stop: threading.Event) -> None:
    server = lmtp.Server(place, most_bytes=settings.MAIL_MOST_BYTES) if place else None
    if server is not None:
        await server.open()
    try:
        while not stop.is_set():
            await asyncio.sleep(0.1)
    finally:
        if server is not None:
            await server.close()


def _join(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join(20)
