"""Warn each person as early as they have set (TKT-07).

A unit's clock gives the warnings of its diagram and, while somebody has it in hand, that person's own. So it
follows from who has the unit and what they had set at that moment, whoever asks and whenever.
"""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org, queries as people
from bihuan.domain.processes.actions import store
from bihuan.domain.processes.actions.absorb import clock_owner
from bihuan.domain.processes.actions.step import Step
from bihuan.engines.bpmn.run_state import Token
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


def follow_lead(step: Step, token: Token, at: datetime) -> None:
    """Give a unit's clock the warnings of the diagram and of the person who has the unit now."""
    rules, extra = step.graph.nodes[token.node].unit, step.extras[token.id]
    warns = rules.warn_at if rules is not None else ()
    if extra.assignee_id is not None:
        revision = step.instance.org_revision
        lead = people.warning_lead(extra.assignee_id, at, known_revision=revision)
        warns = (*warns, lead) if lead and lead not in warns else warns
    step.clocks.warn(clock_owner(token), warns, at)
