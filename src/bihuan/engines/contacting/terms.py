"""What may be said to whom, and when: the purpose of a contact against what its receiver agreed to (decision 0372)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from bihuan.engines.contacting.quiet import DAY, Quiet, after_quiet, is_quiet

GIVEN: Final = "GIVEN"
REFUSED: Final = "REFUSED"
UNKNOWN: Final = "UNKNOWN"
REFUSES: Final = "客户拒绝这样联系"
NOT_AGREED: Final = "客户没有同意过这样联系"
NO_TIME: Final = "免打扰时段连成全天，没有可以联系的时候"
_ZONE_OF_NOBODY: Final = ZoneInfo("UTC")


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


OWN_ACCORD: Final = frozenset({Purpose.CARE, Purpose.MARKETING})
"""What we begin ourselves: the house's own rules hold beside the receiver's."""


@dataclass(frozen=True, slots=True)
class House:
    """What a service centre holds itself to when it contacts somebody of its own accord."""

    quiet: tuple[Quiet, ...] = ()
    care_needs_consent: bool = False


@dataclass(frozen=True, slots=True)
class Agreed:
    """What holds for one way to reach somebody; `zone` is the time zone in which the quiet hours count."""

    zone: str
    consent: str = UNKNOWN
    quiet: tuple[Quiet, ...] = ()
    house: House = House()


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
    return strictest(purpose, [agreed], at)


def strictest(purpose: Purpose, all_of: Sequence[Agreed], at: datetime) -> Clearance:
    """Return what holds for an address that several share: everybody's terms are kept, one's hours follow the other's."""
    if purpose == Purpose.ANSWER:
        return FREE
    if lacking := next(filter(None, (_lacking(purpose, one) for one in all_of)), ""):
        return Clearance(lacking, never=True)
    hours = [one for agreed in all_of for one in _hours(purpose, agreed)]
    until, why = at, ""
    # A day has at most 25 hours: what goes on for longer never ends.
    while until - at < 2 * DAY:
        hit = next((one for one in hours if is_quiet(one.quiet, one.local(until))), None)
        if hit is None:
            return Clearance(why, until) if why else FREE
        until, why = after_quiet(hit.quiet, hit.local(until)), why or f"{hit}"
    return Clearance(NO_TIME, never=True)


def easiest(found: Iterable[Clearance]) -> Clearance:
    """Return what holds for somebody with several numbers: one of them may be free."""
    return min(found, key=lambda one: (one.never, one.until is not None, _end(one)), default=FREE)


@dataclass(frozen=True, slots=True)
class _Hours:
    """Quiet hours by the clock of one place; `said` is how they are told, with a place for them."""

    quiet: Quiet
    zone: ZoneInfo
    said: str

    def __str__(self) -> str:
        return self.said.format(self.quiet)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)


def _lacking(purpose: Purpose, agreed: Agreed) -> str:
    """Return which consent is missing, empty for none."""
    if purpose not in OWN_ACCORD:
        return ""
    if agreed.consent == REFUSED:
        return REFUSES
    needs_it = purpose == Purpose.MARKETING or agreed.house.care_needs_consent
    return NOT_AGREED if needs_it and agreed.consent != GIVEN else ""


def _hours(purpose: Purpose, agreed: Agreed) -> Iterator[_Hours]:
    zone = ZoneInfo(agreed.zone)
    for one in agreed.quiet:
        yield _Hours(one, zone, "客户免打扰 {}")
    for one in agreed.house.quiet if purpose in OWN_ACCORD else ():
        yield _Hours(one, zone, "本中心 {} 不主动联系客户")


def _end(one: Clearance) -> datetime:
    return one.until or datetime.max.replace(tzinfo=_ZONE_OF_NOBODY)
