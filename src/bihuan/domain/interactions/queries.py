"""What can be asked of interactions: a case's conversation, what a mail answers, what waits or was set aside.

Who may see a case may see its conversation: that is the caller's to ask.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from django.db.models import Q

from bihuan.domain.customers.ports import NUMBER, Reading
from bihuan.domain.customers.queries.contacting import Reached, may_reach
from bihuan.domain.customers.queries.following import CONTACT
from bihuan.domain.interactions.choices import DeliveryState, Direction, Outcome
from bihuan.domain.interactions.models import Delivery, Interaction
from bihuan.domain.notifications import queries as notifications
from bihuan.engines.contacting import Clearance, Purpose
from bihuan.kit import db
from bihuan.kit.paging import Page, keyset

_ROOT = """
select root, letter_key from interactions_interaction
where external_id = any(%s) and external_id <> '' and root <> ''
order by array_position(%s::text[], external_id::text) desc nulls last, id desc limit 1
"""
_THREAD = """
select external_id from interactions_interaction
where root = %s and root <> '' and channel = 'EMAIL' and external_id <> '' order by id
"""
_KNOWN = "select exists (select from interactions_interaction where external_id = %s and direction = 'OUT')"


# How long nobody of ours has spoken with a customer: mails of machines do not count, first calls after a
# hand-over do.
SILENCE: Final = Reading(
    CONTACT,
    "距上次联系天数",
    NUMBER,
    "天",
    "select customer_id, extract(day from %(at)s - max(at)) as value from"
    " (select customer_id, at from interactions_interaction where customer_id is not null"
    " and (nature in ('WRITTEN', 'SPOKEN') or direction = 'OUT' and by like 'staff:%%')"
    " union all select customer_id, called_at from portfolios_handoverline where called_at is not null) s"
    " where at <= %(at)s group by 1",
    empty=None,
)


@dataclass(frozen=True, slots=True)
class InteractionRow:
    """One contact as a page shows it. `letter_state` tells how far one of ours has come."""

    id: int
    channel: str
    direction: str
    nature: str
    outcome: str
    party_name: str
    party_address: str
    own_address: str
    subject: str
    text: str
    quoted: str
    remark: str
    external_id: str
    by: str
    at: datetime
    letter_state: str = ""
    letter_error: str = ""

    @property
    def is_ours(self) -> bool:
        """Tell whether we spoke."""
        return self.direction == Direction.OUT


@dataclass(frozen=True, slots=True)
class MailWaiting:
    """How many mails wait to be sorted, how many of them failed before, and since when the oldest waits."""

    waiting: int
    failing: int
    oldest: datetime | None


def conversation(root: str) -> list[InteractionRow]:
    """Return the contacts of a case on all channels, oldest first."""
    found = list(Interaction.objects.filter(root=root).order_by("id"))
    letters = notifications.letter_states({one.letter_key for one in found if one.letter_key})
    return [_row(one, letters.get(one.letter_key, ("", ""))) for one in found]


def contacts_of(
    customer_id: int, roots: Collection[str], *, size: int = 50
) -> list[tuple[str, InteractionRow]]:
    """Return a customer's contacts on all channels with the case each belongs to, newest first.

    Of cases only those in `roots`: the caller names what the asker may see.
    """
    of_theirs = Q(root__in=["", *roots]) & ~Q(outcome=Outcome.REFUSED)
    found = Interaction.objects.filter(of_theirs, customer_id=customer_id).order_by("-id")
    rows = list(found[:size])
    letters = notifications.letter_states({one.letter_key for one in rows if one.letter_key})
    return [(one.root, _row(one, letters.get(one.letter_key, ("", "")))) for one in rows]


def set_aside(*, size: int = 50) -> list[InteractionRow]:
    """Return what was set aside, newest first: automatic replies and returns that belong to no case."""
    found = Interaction.objects.filter(outcome=Outcome.ASIDE).order_by("-id")
    return [_row(one, ("", "")) for one in found[:size]]


def answered(external_ids: Collection[str]) -> tuple[str, str] | None:
    """Return root and letter of the nearest (last) of these ids we know; None when it answers nothing of ours."""
    ids = [one for one in external_ids if one]
    row = db.one(_ROOT, (ids, ids)) if ids else None
    return (row[0], row[1]) if row else None


def is_our_own(external_id: str) -> bool:
    """Tell whether we sent the mail with this id."""
    row = db.one(_KNOWN, (external_id,)) if external_id else None
    return bool(row and row[0])


def thread_of(root: str) -> list[str]:
    """Return the ids of a case's mails, oldest first."""
    return [key for (key,) in db.rows(_THREAD, (root,))]


def last_received(root: str) -> InteractionRow | None:
    """Return what a person wrote last in a case by mail."""
    found = Interaction.objects.filter(root=root, channel="EMAIL", direction=Direction.IN)
    one = found.filter(nature="WRITTEN").order_by("-id").first()
    return _row(one, ("", "")) if one else None


def outcomes_since(root: str, outcome: str, since: datetime) -> int:
    """Return how often something that came in had this outcome for a case since a moment."""
    return Interaction.objects.filter(root=root, outcome=outcome, at__gte=since).count()


def mail_waiting() -> MailWaiting:
    """Return how much mail waits to be sorted."""
    found = Delivery.objects.filter(state=DeliveryState.WAITING)
    oldest = found.order_by("received_at").values_list("received_at", flat=True).first()
    return MailWaiting(found.count(), found.filter(attempts__gt=0).count(), oldest)


def terms_of_address(channel: str, address: str, purpose: Purpose, at: datetime) -> Clearance:
    """Return whether customers' files let an address be written to."""
    return may_reach(Reached(channel, address), purpose, at=at)


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """What the register is narrowed to; None and empty mean everything."""

    unit_ids: tuple[int, ...] | None = None
    channel: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of the register of visits and calls (CHN-18)."""

    id: int
    at: datetime
    channel: str
    outcome: str
    org_unit_id: int
    root: str
    party_name: str
    party_address: str
    subject: str
    text: str
    remark: str
    headcount: int
    by: str
    sent: Mapping[str, Any] | None
    settled_at: datetime | None


def register(
    wanted: RegisterFilter, *, after: str = "", before: str = "", size: int = 50
) -> Page[RegisterRow]:
    """Return one page of what came in at our desks, newest first."""
    found = Interaction.objects.filter(org_unit__isnull=False, direction=Direction.IN)
    exact = {
        "channel": wanted.channel,
        "outcome": wanted.outcome,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    found = found.filter(**{key: value for key, value in exact.items() if value})
    if wanted.unit_ids is not None:
        found = found.filter(org_unit_id__in=wanted.unit_ids)
    if wanted.outcome == Outcome.REFUSED:
        found = found.filter(settled_at=None)
    return keyset(found, order=("-at", "-id"), after=after, before=before, size=size).map(_line)


def refused(entry_id: int) -> RegisterRow | None:
    """Return an entry that was refused and that nobody has seen to."""
    found = Interaction.objects.filter(pk=entry_id, outcome=Outcome.REFUSED, settled_at=None)
    one = found.first()
    return _line(one) if one else None


def _line(one: Interaction) -> RegisterRow:
    names = [field.name for field in fields(RegisterRow)]
    return RegisterRow(**{name: getattr(one, name) for name in names})


def _row(one: Interaction, letter: tuple[str, str]) -> InteractionRow:
    return InteractionRow(
        id=one.pk,
        channel=one.channel,
        direction=one.direction,
        nature=one.nature,
        outcome=one.outcome,
        party_name=one.party_name,
        party_address=one.party_address,
        own_address=one.own_address,
        subject=one.subject,
        text=one.text,
        quoted=one.quoted,
        remark=one.remark,
        external_id=one.external_id,
        by=one.by,
        at=one.at,
        letter_state=letter[0],
        letter_error=letter[1],
    )
