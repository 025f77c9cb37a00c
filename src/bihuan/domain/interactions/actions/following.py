"""A contact of ours with a customer that belongs to no case: a call, a visit, a message (CBK-05, SLA-09)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers import queries as customers
from bihuan.domain.customers.actions.insisting import Insisting, insist
from bihuan.domain.customers.queries.contacting import may_contact
from bihuan.domain.interactions.actions.recording import record_interaction
from bihuan.domain.interactions.choices import Direction, Nature
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.engines.contacting import Purpose
from bihuan.kit.problems import Invalid

CONTACTED = "customer.contacted"


class ContactNoteMissing(Invalid):
    """What was said is written down."""

    message = "写几句说了什么。"


@dataclass(frozen=True, slots=True)
class Spoken:
    """With whom we spoke, on which channel, and what was said; `despite` says why it was not the time for it."""

    customer_id: int
    channel: str
    said: str
    party_name: str = ""
    despite: str = ""


@transaction.atomic
def note_contact(*, spoken: Spoken, by: Actor, at: datetime) -> int:
    """Note that we spoke with a customer, and return the contact's id; the next follow-up counts from here."""
    access = org.authorise(by, "customer.view", at=at)
    customer_id = customers.survivor_of(spoken.customer_id)
    if access is not None and not customers.may_open(access, customer_id):
        raise customers.CustomerUnknown
    if not spoken.said.strip():
        raise ContactNoteMissing(fields={"reason": ContactNoteMissing.message})
    _welcome(spoken, customer_id, by, at)
    kept = record_interaction(
        NewInteraction(
            channel=spoken.channel,
            direction=Direction.OUT,
            root="",
            party_address="",
            party_name=spoken.party_name,
            customer_id=customer_id,
            text=spoken.said.strip(),
            nature=Nature.SPOKEN,
        ),
        by=by,
        at=at,
    )
    ref = f"customer:{customer_id}"
    data = {"interaction": kept, "channel": spoken.channel}
    ledger.record(Fact(CONTACTED, ref, ref, at, by, data=data))
    return kept


def _welcome(spoken: Spoken, customer_id: int, by: Actor, at: datetime) -> None:
    stands = may_contact([customer_id], spoken.channel, Purpose.CARE, at=at)[customer_id]
    insisting = Insisting(f"customer:{customer_id}", spoken.channel, spoken.despite)
    insist(insisting, stands, by=by, at=at)
