"""Screens of the command desk, as many as asked for: each a live stream, and the requests its page makes.

A screen is what a browser keeps open: one connection with server-sent events, and another on which it asks for its
figures and loads again after a random pause when the board changed, as the page's script does.
"""

import asyncio
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bihuan.kit import clock
from bihuan.kit.problems import Refused

_LINE = re.compile(rb"alert-(\d+)")
FIGURES, LOADS = "/command/figures/", "/command/loads/"
PAUSES = {FIGURES: (4.0, 10.0), LOADS: (15.0, 30.0)}
_PATIENCE = 60.0


class StreamRefused(Refused):
    """The server did not open a stream for a signed-in supervisor."""

    status = 500
    message = "服务器没有给出实时数据流。"


@dataclass(eq=False)
class Screen:
    """One screen. `heard` is when a case first came, as seconds since 1970."""

    url: str
    cookies: Mapping[str, str]
    topics: str
    wanted: frozenset[int] = frozenset()
    heard: dict[int, float] = field(default_factory=dict)
    resyncs: int = 0
    requests: int = 0
    is_open: bool = False

    async def watch(self) -> None:
        """Listen until cancelled."""
        place = urlsplit(self.url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**22)
        asking = asyncio.create_task(self._ask())
        try:
            writer.write(self._request(f"/live?topics={self.topics}"))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in head.split(b"\r\n")[0]:
                raise StreamRefused
            self.is_open = True
            await self._listen(reader)
        finally:
            asking.cancel()
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(b"event: resync"):
                self.resyncs += 1
            elif line.startswith(b'data: {"rows"'):
                self._note(line, clock.now().timestamp())

    def _note(self, line: bytes, at: float) -> None:
        self._changed.set()
        for found in _LINE.findall(line):
            case_id = int(found)
            if case_id in self.wanted:
                self.heard.setdefault(case_id, at)

    @property
    def _changed(self) -> asyncio.Event:
        if self._event is None:
            self._event = asyncio.Event()
        return self._event

    _event: asyncio.Event | None = None

    async def _ask(self) -> None:
        """Ask for the side panels as the page does: after a pause of its own, never all screens at once."""
        place = urlsplit(self.url)
        due: dict[str, float] = {}
        reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**22)
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                for path, (least, most) in PAUSES.items():
                    due.setdefault(path, time.monotonic() + random.uniform(least, most))  # noqa: S311
                first = min(due, key=lambda path: due[path])
                await asyncio.sleep(max(0.0, due.pop(first) - time.monotonic()))
                writer.write(self._request(first))
                await _whole_answer(reader)
                self.requests += 1
                self._changed.set()
        finally:
            writer.close()

    def _request(self, path: str) -> bytes:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        host = urlsplit(self.url).netloc
        return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nHX-Request: true\r\nCookie: {cookie}\r\n\r\n".encode()


async def _whole_answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if (length := re.search(rb"content-length: (\d+)", head)) is not None:
        await reader.readexactly(int(length[1]))
        return
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()


async def watch_all(screens: Sequence[Screen], seconds: float, opened: asyncio.Event) -> None:
    """Open all screens, tell when they are, and keep them open for a while."""
    watching = [asyncio.create_task(screen.watch()) for screen in screens]
    try:
        async with asyncio.timeout(_PATIENCE):
            while not all(screen.is_open for screen in screens):
                for task in watching:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.1)
        opened.set()
        await asyncio.sleep(seconds)
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
