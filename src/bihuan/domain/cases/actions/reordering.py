"""Customers whose tier changes: the priority of their open cases follows (SEG-17, decision 0373)."""

from bihuan.domain.cases.events import case_ref
from bihuan.domain.processes.actions.reordering import reorder
from bihuan.kit import db

_OPEN = """
select k.id, c.priority from customers_ratedcustomer l join customers_customer c on c.id = l.customer_id
join cases_case k on k.customer_id = c.id
where l.rating_id = %s and l.before <> l.after and k.closed_at is null
"""


def follow_rating(rating_id: int) -> None:
    """Let the open cases of a rating's customers have the priority their tiers give now."""
    found = db.rows(_OPEN, (rating_id,))
    if found:
        reorder({case_ref(case_id): priority for case_id, priority in found})
