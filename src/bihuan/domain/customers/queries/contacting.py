"""May a customer be contacted now? Their consent and quiet hours, the house's beside them (decision 0372)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import phonenumbers
from django.conf import settings
from phonenumbers import timezone as zones

from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.customers.models import ContactPoint
from bihuan.domain.customers.queries.profile_rules import house_hours
from bihuan.engines.contacting import (
    FREE,
    Agreed,
    Clearance,
    Purpose,
    Quiet,
    clearance,
    easiest,
    strictest,
)
from bihuan.kit.notation import NotAPhone, name_norm, read_phone

KIND_OF: Final[Mapping[str, ContactKind]] = {
    "PHONE": ContactKind.PHONE,
    "SMS": ContactKind.PHONE,
    "EMAIL": ContactKind.EMAIL,
    "WECHAT": ContactKind.WECHAT,
}
"""Which contact point a channel reaches; a visit or a letter by post disturbs at no hour of ours."""
_TERMS: Final = ("customer_id", "value_norm", "consent", "quiet_from", "quiet_until")


@dataclass(frozen=True, slots=True)
class Reached:
    """An address outside, and the channel it is used on."""

    channel: str
    address: str


def may_reach(reached: Reached, purpose: Purpose, *, at: datetime) -> Clearance:
    """Return whether an address may be written to or called; all files that share it are asked, and the strictest holds."""
    kind = KIND_OF.get(reached.channel)
    norm = _norm(kind, reached.address) if kind else ""
    if not norm or purpose == Purpose.ANSWER:
        return FREE
    found = ContactPoint.objects.filter(
        value_norm=norm, kind=kind, customer__merged_into__isnull=True
    )
    return strictest(purpose, _agreed(found.only(*_TERMS), purpose), at)


def may_use(contact_id: int, purpose: Purpose, *, at: datetime) -> Clearance:
    """Return whether one contact point may be used."""
    found = ContactPoint.objects.filter(pk=contact_id).only(*_TERMS)
    return strictest(purpose, _agreed(found, purpose), at)


def may_contact(
    customer_ids: Collection[int], channel: str, purpose: Purpose, *, at: datetime
) -> dict[int, Clearance]:
    """Return whether customers may be contacted on a channel: each by the easiest of their numbers there."""
    kind = KIND_OF.get(channel)
    points: list[ContactPoint] = []
    if kind and customer_ids:
        of_theirs = ContactPoint.objects.filter(customer_id__in=customer_ids, kind=kind)
        points = list(of_theirs.only(*_TERMS))
    found: dict[int, list[Clearance]] = {}
    for point, agreed in zip(points, _agreed(points, purpose), strict=True):
        found.setdefault(point.customer_id, []).append(clearance(purpose, agreed, at))
    return {one: easiest(found.get(one, ())) for one in customer_ids}


def zone_of(value_norm: str) -> str:
    """Return in which time zone a contact's hours count: that of a number abroad, else the centre's."""
    if value_norm.startswith("+"):
        known = _zones_abroad(value_norm.partition("x")[0])
        if known and known[0] != "Etc/Unknown":
            return known[0]
    return settings.TIME_ZONE


def _zones_abroad(number: str) -> Sequence[str]:
    try:
        return zones.time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()


def agreed_of(point: ContactPoint, house: Quiet | None = None) -> Agreed:
    """Return the terms of a contact: its own quiet hours, and the house's where those hold, too."""
    hours = [house] if house else []
    if point.quiet_from is not None and point.quiet_until is not None:
        hours.insert(0, Quiet(point.quiet_from, point.quiet_until))
    return Agreed(zone_of(point.value_norm), point.consent, tuple(hours))


def _agreed(points: Iterable[ContactPoint], purpose: Purpose) -> list[Agreed]:
    """Return the terms of contacts; the house's hours hold for what we do of our own accord."""
    house = house_hours() if purpose in (Purpose.CARE, Purpose.MARKETING) else None
    return [agreed_of(one, house) for one in points]


def _norm(kind: ContactKind, address: str) -> str:
    if kind != ContactKind.PHONE:
        return name_norm(address)
    try:
        return read_phone(address).norm
    except NotAPhone:
        return ""
