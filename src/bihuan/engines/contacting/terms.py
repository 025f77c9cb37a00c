"""What may be said to whom, and when: the purpose of a contact against what its receiver agreed to (decision 0372)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bihuan.engines.contacting.quiet import Quiet, after_quiet, is_quiet

GIVEN: Final = "GIVEN"
REFUSED: Final = "REFUSED"
UNKNOWN: Final = "UNKNOWN"
# Quiet hours may follow one another; a day later they begin again.
_MOST_ENDS: Final = 8


class Purpose(StrEnum):
    """Why somebody is contacted."""

    ANSWER = "ANSWER"
    """At once to what they ask of us this moment: a code, a receipt."""
    SERVICE = "SERVICE"
    """About a case of their own, or what the law wants them told."""
    CARE = "CARE"
    """Out of our own wish, about what they have from us: follow-ups, surveys, hand-overs."""
    MARKETING = "MARKETING"
    """What we want them to take: campaigns, announcements of offers."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds for one way to reach somebody; `zone` is the time zone in which the quiet hours count."""

    zone: str
    consent: str = UNKNOWN
    quiet: tuple[Quiet, ...] = ()


@dataclass(frozen=True, slots=True)
class Clearance:
    """From when on a contact is allowed: `until` None is now unless it `never` is; `why` says what stands against now."""

    why: str = ""
    until: datetime | None = None
    never: bool = False

    @property
    def is_free(self) -> bool:
        """Tell whether nothing stands against the contact now."""
        return self.until is None and not self.never


FREE: Final = Clearance()


def clearance(purpose: Purpose, agreed: Agreed, at: datetime) -> Clearance:
    """Return whether and from when somebody may be contacted one way."""
    if purpose == Purpose.ANSWER:
        return FREE
    if purpose != Purpose.SERVICE and agreed.consent == REFUSED:
        return Clearance("客户拒绝这样联系", never=True)
    if purpose == Purpose.MARKETING and agreed.consent != GIVEN:
        return Clearance("客户没有同意过推广联系", never=True)
    until, why = at.astimezone(ZoneInfo(agreed.zone)), ""
    for _ in range(_MOST_ENDS):
        hit = next((one for one in agreed.quiet if is_quiet(one, until)), None)
        if hit is None:
            break
        until, why = after_quiet(hit, until), why or f"客户免打扰 {hit}"
    return Clearance(why, until) if why else FREE


def strictest(purpose: Purpose, all_of: Sequence[Agreed], at: datetime) -> Clearance:
    """Return what holds for an address that several share: everybody's terms are kept."""
    until, why = at, ""
    for _ in range(_MOST_ENDS):
        found = [clearance(purpose, one, until) for one in all_of]
        if never := next((one for one in found if one.never), None):
            return never
        held = max((one for one in found if one.until), key=_end, default=None)
        if held is None:
            break
        until, why = _end(held), why or held.why
    return Clearance(why, until) if why else FREE


def easiest(found: Iterable[Clearance]) -> Clearance:
    """Return what holds for somebody with several numbers: one of them may be free."""
    return min(found, key=lambda one: (one.never, one.until is not None, _end(one)), default=FREE)


def _end(one: Clearance) -> datetime:
    return one.until or datetime.max.replace(tzinfo=ZoneInfo("UTC"))
