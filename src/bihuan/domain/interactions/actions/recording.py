"""Keep a contact with a customer, and the fact that it took place."""

from datetime import datetime

from bihuan.domain.interactions import events
from bihuan.domain.interactions.choices import Direction
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact


def record_interaction(new: NewInteraction, *, by: Actor, at: datetime) -> int:
    """Keep one contact and return its id; what belongs to a case is a fact of the case.

    Words stay in the row: the fact says only which one it is, on which channel and of what nature.
    """
    row = Interaction.objects.create(
        root=new.root,
        channel=new.channel,
        direction=new.direction,
        nature=new.nature,
        outcome=new.outcome,
        customer_id=new.customer_id,
        party_name=new.party_name[:128],
        party_address=new.party_address[:320],
        own_address=new.own_address[:320],
        subject=new.subject[:400],
        text=new.text,
        quoted=new.quoted,
        remark=new.remark,
        external_id=new.external_id[:400],
        letter_key=new.letter_key,
        org_unit_id=new.org_unit_id,
        headcount=new.headcount,
        sent=dict(new.sent) if new.sent is not None else None,
        by=by.ref,
        at=at,
    )
    if new.root:
        name = events.RECEIVED if new.direction == Direction.IN else events.SENT
        data = {"interaction": row.pk, "channel": new.channel, "nature": str(new.nature)}
        if new.outcome:
            data["outcome"] = str(new.outcome)
        record(Fact(name, f"interaction:{row.pk}", new.root, at, by, data=data))
    return int(row.pk)
