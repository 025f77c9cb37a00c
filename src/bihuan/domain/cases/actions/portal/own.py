"""The case of the customer who acts; anybody else's is not there."""

from dataclasses import dataclass

from bihuan.domain.cases.ports import PORTAL_ACTOR
from bihuan.domain.ledger.events import Actor
from bihuan.kit import db
from bihuan.kit.problems import NotFound

_OWN = """
select c.id, c.number, c.title, c.pack, c.state, c.round, c.contact_digits, s.assignee_id
from cases_case c join cases_standing s on s.case_id = c.id
where c.id = %s and 'customer:' || c.customer_id = %s
"""


@dataclass(frozen=True, slots=True)
class Own:
    """A case as its own customer acts on it."""

    id: int
    number: str
    title: str
    pack: str
    state: str
    round: int
    digits: str
    assignee_id: int | None


def own_case(case_id: int, by: Actor) -> Own:
    """Return the case if it is this customer's, else refuse with `NotFound`."""
    row = db.one(_OWN, (case_id, by.ref))
    if row is None:
        raise NotFound("没有这件工单，或它不是您提交的。")
    return Own(*row)


def mover(by: Actor) -> Actor:
    """Return who changes the route for a customer: customers hold no post."""
    return Actor(PORTAL_ACTOR, on_behalf_of=by.ref)
