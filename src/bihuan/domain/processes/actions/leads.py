"""Warn each person as early as they have set (TKT-07).

A unit's clock gives the warnings of its diagram and, while somebody has it in hand, that person's own. So it
follows from who has the unit and what they had set at that moment, whoever asks and whenever.
"""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org
from bihuan.domain.processes.actions import store
from bihuan.domain.processes.actions.in_hand import follow_lead
from bihuan.kit import db

_IN_HAND = """
select id from processes_token
where kind = 'USER' and state = 'CLAIMED' and assignee_id = %s order by id
"""


@transaction.atomic
def set_warning_lead(*, staff_id: int, lead: str, by: Actor, at: datetime) -> int:
    """Set a person's warning lead and let the units in their hands follow it; return how many there are.

    A lead that lies behind for a unit already gives no warning of its own; the unit shows as warned.
    """
    org.set_warning_lead(staff_id=staff_id, lead=lead, by=by, at=at)
    units = [row[0] for row in db.rows(_IN_HAND, (staff_id,))]
    for unit_id in units:
        step = store.open_step(store.instance_of(unit_id))
        when = step.begin(by, at)
        token = step.tokens.get(unit_id)
        if token is not None and token.live and step.extras[unit_id].assignee_id == staff_id:
            follow_lead(step, token, when.at)
            store.save(step, when)
    return len(units)
