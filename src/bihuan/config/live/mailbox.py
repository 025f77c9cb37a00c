"""What waits for one browser: bounded, and the newest of a kind only."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_RESYNC = b"event: resync\ndata: {}\n\n"


@dataclass(frozen=True)
class News:
    """One fact as the relay announced it."""

    id: int
    name: str
    subject: str
    root: str

    @classmethod
    def read(cls, payload: str) -> "News":
        """Read a notification's text."""
        said: dict[str, Any] = json.loads(payload)
        return cls(said["id"], said["name"], said["subject"], said["root"])

    def topic_in(self, topics: Iterable[str]) -> str | None:
        """Return the first topic that this fact belongs to.

        A topic with a colon is a thing (`case:9`: the root or the subject); any other is the
        beginning of a fact's name (`unit.`).
        """
        for topic in topics:
            of_thing = ":" in topic and topic in (self.root, self.subject)
            if of_thing or (":" not in topic and self.name.startswith(topic)):
                return topic
        return None


def case_id_of(ref: str) -> int | None:
    """Return 9 for `case:9`, None for a ref of anything else."""
    kind, _, key = ref.partition(":")
    return int(key) if kind == "case" and key.isdecimal() else None


@lru_cache(maxsize=4096)
def event_of(news: News, topic: str) -> bytes:
    """Return the server-sent event of a fact for the browsers that asked for `topic`; written once for all."""
    said = {
        "id": news.id,
        "name": news.name,
        "subject": news.subject,
        "root": news.root,
        "topic": topic,
    }
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return f"id: {news.id}\nevent: fact\ndata: {text}\n\n".encode()


class Mailbox:
    """Gathers news for one browser between two sendings.

    Of several news with the same name about the same subject only the last is kept. When more wait
    than `room`, all are dropped for one `resync`: the page asks for everything anew.
    """

    def __init__(self, topics: Sequence[str], *, room: int = 100) -> None:
        self.topics = tuple(topics)
        self._room = room
        self._waiting: dict[object, bytes] = {}
        self._resync = False
        self._filled = asyncio.Event()

    def wants(self, news: News) -> bool:
        """Tell whether the browser asked for this fact."""
        return news.topic_in(self.topics) is not None

    def put(self, news: News) -> None:
        """Add one fact if the browser asked for it."""
        topic = news.topic_in(self.topics)
        if topic is None or self._resync:
            return
        key = (news.name, news.subject)
        self._waiting.pop(key, None)  # the newest goes to the end
        self._waiting[key] = event_of(news, topic)
        if len(self._waiting) > self._room:
            self.ask_for_resync()
        self._filled.set()

    def put_event(self, event: bytes) -> None:
        """Add an event drawn for several browsers at once."""
        if self._resync:
            return
        self._waiting[object()] = event
        if len(self._waiting) > self._room:
            self.ask_for_resync()
        self._filled.set()

    def ask_for_resync(self) -> None:
        """Say that something may have been missed."""
        self._waiting.clear()
        self._resync = True
        self._filled.set()

    async def take(self, patience: float) -> bytes:
        """Return all that waits, waiting for the first; nothing after `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                await self._filled.wait()
        except TimeoutError:
            return b""
        self._filled.clear()
        if self._resync:
            self._resync = False
            return _RESYNC
        taken = b"".join(self._waiting.values())
        self._waiting.clear()
        return taken
