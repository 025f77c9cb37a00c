"""What adapters plug in: the ways out of the house."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bihuan.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one person over one channel: one notice, or several as a digest.

    `key` stays the same when it is tried again, so that an adapter may recognise a repetition.
    """

    key: str
    staff_id: int
    name: str
    phone: str
    title: str
    text: str
    at: datetime


CHANNELS: Registry[Callable[[Message], None]] = Registry("notification channel")
"""By `Channel` value: sends a message, or raises; what it raises leaves the message waiting."""
