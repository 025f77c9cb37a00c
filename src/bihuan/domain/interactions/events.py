"""The names of the facts that interactions record, and the values its verbs pass around."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

RECEIVED = "interaction.received"
SENT = "interaction.sent"


@dataclass(frozen=True, slots=True)
class FileIn:
    """A file that came with something; nobody has looked into it yet."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileRefused:
    """A file that was not kept, and why, in words for its sender. `size` is in bytes."""

    name: str
    size: int
    why: str


@dataclass(frozen=True, slots=True)
class Received:
    """Something a customer (or a machine of theirs) sent us, read and cleaned.

    `text` is what is new in it, `quoted` what it repeats of earlier ones. `external_id` is its id outside
    (a Message-ID), `replies_to` the ids it answers, nearest last. `token` came back inside our own address.
    `own_address` is where it was sent to; `came_at` when it reached us.
    """

    channel: str
    external_id: str
    own_address: str
    party_address: str
    text: str
    party_name: str = ""
    subject: str = ""
    quoted: str = ""
    nature: str = "WRITTEN"
    replies_to: Sequence[str] = ()
    token: str = ""
    may_answer: bool = True
    came_at: datetime | None = None
    files: Sequence[FileIn] = ()


@dataclass(frozen=True, slots=True)
class NewInteraction:
    """A contact to be kept, as `models.Interaction` has it."""

    channel: str
    direction: str
    root: str
    party_address: str
    text: str
    own_address: str = ""
    party_name: str = ""
    customer_id: int | None = None
    subject: str = ""
    quoted: str = ""
    nature: str = "WRITTEN"
    outcome: str = ""
    external_id: str = ""
    letter_key: str = ""
    remark: str = ""
    org_unit_id: int | None = None
    headcount: int = 1
    sent: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A mail as another server hands it over. `key` is what makes it the same mail again."""

    key: str
    original: bytes
    envelope_from: str
    envelope_to: str


@dataclass(frozen=True, slots=True)
class DeliveryTaken:
    """A mail that waits to be sorted, locked for whoever took it."""

    id: int
    original: bytes
    envelope_from: str
    envelope_to: str
    received_at: datetime
    attempts: int
