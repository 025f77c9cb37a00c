"""What adapters plug in: the ways out of the house."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bihuan.engines.contacting import Clearance, Purpose
from bihuan.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one person over one channel: one notice, several as a digest, or a letter.

    `key` stays the same when it is tried again, so that an adapter may recognise a repetition. `staff_id` is
    None for somebody outside; `address` is where the channel reaches them (a mail address); `headers`
    are a letter's own mail headers.
    """

    key: str
    staff_id: int | None
    name: str
    phone: str
    title: str
    text: str
    at: datetime
    address: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Undeliverable(Exception):
    """An adapter says that a message will never arrive: trying again is of no use."""


class Terms(Protocol):
    """Says whether an address may be written to on a channel."""

    def __call__(self, channel: str, address: str, purpose: Purpose, at: datetime) -> Clearance:
        """Return from when on, or why not at all."""


TERMS: Registry[Terms] = Registry("terms of contact")
"""By the app that knows them: what receivers outside agreed to. The strictest holds."""

CHANNELS: Registry[Callable[[Message], None]] = Registry("notification channel")
"""By `Channel` value: sends a message, or raises; what it raises leaves the message waiting."""
