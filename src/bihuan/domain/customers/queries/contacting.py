"""May a customer be contacted now? Their consent and quiet hours, the house's beside them (decision 0372).

The address decides, not the file: of a number that several files have the terms of all hold, whichever was asked about.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import phonenumbers
from django.conf import settings
from phonenumbers import timezone as zones

from bihuan.domain.customers.choices import ContactKind
from bihuan.domain.customers.models import ContactPoint
from bihuan.domain.customers.queries.profile_rules import house
from bihuan.engines.contacting import (
    FREE,
    OWN_ACCORD,
    Agreed,
    Clearance,
    House,
    Purpose,
    Quiet,
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
Point = tuple[str, str]
"""Kind and compared form of a contact point."""
_TERMS: Final = ("kind", "value_norm", "consent", "quiet_from", "quiet_until")


@dataclass(frozen=True, slots=True)
class Reached:
    """An address outside, and the channel it is used on."""

    channel: str
    address: str


def may_reach(reached: Reached, purpose: Purpose, *, at: datetime) -> Clearance:
    """Return whether an address may be written to or called; one that no file knows has agreed to nothing."""
    kind = KIND_OF.get(reached.channel)
    if kind is None or purpose == Purpose.ANSWER:
        return FREE
    return _stands([(kind, _norm(kind, reached.address))], purpose, at)[0]


def may_use(contact_id: int, purpose: Purpose, *, at: datetime) -> Clearance:
    """Return whether one contact point may be used."""
    found = ContactPoint.objects.filter(pk=contact_id).values_list("kind", "value_norm")
    return easiest(_stands(list(found), purpose, at))


def may_contact(
    customer_ids: Collection[int], channel: str, purpose: Purpose, *, at: datetime
) -> dict[int, Clearance]:
    """Return whether customers may be contacted on a channel: each by the easiest of their numbers there."""
    kind = KIND_OF.get(channel)
    if kind is None:
        return dict.fromkeys(customer_ids, FREE)
    theirs = ContactPoint.objects.filter(customer_id__in=customer_ids, kind=kind)
    points = list(theirs.values_list("customer_id", "kind", "value_norm"))
    # Who has no number is asked about as an address that no file knows.
    points += [(one, kind, "") for one in {*customer_ids} - {point[0] for point in points}]
    found: dict[int, list[Clearance]] = defaultdict(list)
    stands = _stands([(kind, norm) for _, kind, norm in points], purpose, at)
    for (customer_id, *_), one in zip(points, stands, strict=True):
        found[customer_id].append(one)
    return {customer_id: easiest(each) for customer_id, each in found.items()}


def agreed_by_all(points: Collection[Point], purpose: Purpose) -> dict[Point, list[Agreed]]:
    """Return what holds for contact points by all files that have them; nobody's says nothing of its own."""
    own = house() if purpose in OWN_ACCORD else House()
    wanted = {
        "kind__in": {kind for kind, _ in points},
        "value_norm__in": {norm for _, norm in points if norm},
    }
    rows = ContactPoint.objects.filter(customer__merged_into__isnull=True, **wanted)
    found: dict[Point, list[Agreed]] = {one: [] for one in points}
    # A company's number stands in many files, with the same terms in nearly all.
    for kind, norm, consent, begins, ends in rows.values_list(*_TERMS).distinct():
        quiet = (Quiet(begins, ends),) if begins is not None and ends is not None else ()
        if (kind, norm) in found:
            found[kind, norm].append(Agreed(zone_of(norm), consent, quiet, own))
    return {
        point: agreed or [Agreed(zone_of(point[1]), house=own)] for point, agreed in found.items()
    }


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


def _stands(points: Sequence[Point], purpose: Purpose, at: datetime) -> list[Clearance]:
    agreed = agreed_by_all(points, purpose)
    return [strictest(purpose, agreed[point], at) for point in points]


def _norm(kind: ContactKind, address: str) -> str:
    if kind != ContactKind.PHONE:
        return name_norm(address)
    try:
        return read_phone(address).norm
    except NotAPhone:
        return ""
