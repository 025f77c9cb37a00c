"""The names of the facts that notifications record, and the values its verbs pass around."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time

from bihuan.engines.contacting import Purpose, Quiet

GIVEN = "notice.given"
READ = "notice.read"
PREFERRED = "notice.preferred"
LETTER_RETURNED = "letter.returned"
LETTER_HELD = "letter.held"
LETTER_HURRIED = "letter.hurried"
LETTER_WITHHELD = "letter.withheld"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something people should know. `root` is the ref of what it is about, `key` what makes it once.

    `not_before` holds messages to channels outside (quiet hours of whoever gives the notice); the page
    shows it at once. An urgent notice goes past a person's do-not-disturb and digest.
    """

    topic: str
    title: str
    root: str
    key: str
    text: str = ""
    urgent: bool = False
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """What reaches a person outside the page. No digest time: every notice by itself."""

    channels: Sequence[str] = ()
    muted: Sequence[str] = ()
    digest_at: time | None = None
    quiet: Quiet | None = None
    mail_address: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to somebody outside. `key` makes it once, `root` is the ref of what it is about.

    `purpose` decides what its receiver must have agreed to, and whether it waits for the end of their
    quiet hours; `hurry` is why a service message does not wait (decision 0372).
    """

    key: str
    root: str
    channel: str
    address: str
    title: str
    text: str
    purpose: Purpose
    name: str = ""
    hurry: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
