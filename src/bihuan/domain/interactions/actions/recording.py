"""Keep a contact with a customer, and the fact that it took place."""

import json
from datetime import datetime

from django.db.models import QuerySet

from bihuan.domain.interactions import events
from bihuan.domain.interactions.choices import Direction, Outcome
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.ledger.actions import FACT_CTES, fact_params
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit import db

_KEEP = """
insert into interactions_interaction (root, channel, direction, nature, outcome, customer_id, party_name,
    party_address, own_address, subject, text, quoted, remark, external_id, letter_key, org_unit_id,
    headcount, sent, by, at)
values (%(root)s, %(channel)s, %(direction)s, %(nature)s, %(outcome)s, %(customer_id)s, %(party_name)s,
    %(party_address)s, %(own_address)s, %(subject)s, %(text)s, %(quoted)s, %(remark)s, %(external_id)s,
    %(letter_key)s, %(org_unit_id)s, %(headcount)s, %(sent)s::jsonb, %(by)s, %(at)s)
returning id
"""
# The fact names the contact, whose id is known only now: both are written together.
_FACT = FACT_CTES.replace(
    "select name, subject, root, actor, on_behalf_of, unit_id, at, reason, data",
    "select name, 'interaction:' || kept.id, root, actor, on_behalf_of, unit_id, at, reason,\n"
    "        data || jsonb_build_object('interaction', kept.id)",
).replace("from json_to_recordset", "from kept, json_to_recordset")
_KEEP_TOLD = f"with kept as ({_KEEP}), {_FACT} select id from kept"  # noqa: S608 -- our own parts


def record_interaction(new: NewInteraction, *, by: Actor, at: datetime) -> int:
    """Keep one contact and return its id; what belongs to a case is a fact of the case.

    Words stay in the row: the fact says only which one it is, on which channel and of what nature.
    """
    values = {
        "root": new.root,
        "channel": new.channel,
        "direction": new.direction,
        "nature": new.nature,
        "outcome": new.outcome,
        "customer_id": new.customer_id,
        "party_name": new.party_name[:128],
        "party_address": new.party_address[:320],
        "own_address": new.own_address[:320],
        "subject": new.subject[:400],
        "text": new.text,
        "quoted": new.quoted,
        "remark": new.remark,
        "external_id": new.external_id[:400],
        "letter_key": new.letter_key,
        "org_unit_id": new.org_unit_id,
        "headcount": new.headcount,
        "sent": json.dumps(dict(new.sent), ensure_ascii=False) if new.sent is not None else None,
        "by": by.ref,
        "at": at,
    }
    if not new.root:
        [(key,)] = db.rows(_KEEP, values)
        return int(key)
    name = events.RECEIVED if new.direction == Direction.IN else events.SENT
    data = {"channel": new.channel, "nature": str(new.nature)}
    if new.outcome:
        data["outcome"] = str(new.outcome)
    fact = Fact(name, "", new.root, at, by, data=data)
    [(key,)] = db.rows(_KEEP_TOLD, values | fact_params([fact]))
    return int(key)


def refused_before(external_id: str) -> int | None:
    """Return the entry a request with this id outside is kept in, refused and not seen to; None otherwise."""
    found = _refused().filter(external_id=external_id[:400]).exclude(external_id="")
    return found.values_list("pk", flat=True).first()


def locked_refused(entry_id: int) -> Interaction | None:
    """Return an entry that was refused and not seen to, locked, or None."""
    return _refused().select_for_update(of=("self",)).filter(pk=entry_id).first()


def see_to(entry_id: int, *, at: datetime) -> None:
    """Mark an entry as seen to."""
    _refused().filter(pk=entry_id).update(settled_at=at)


def _refused() -> QuerySet[Interaction]:
    return Interaction.objects.filter(outcome=Outcome.REFUSED, settled_at=None)
