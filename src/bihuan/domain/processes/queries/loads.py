"""How much work people have in hand."""

from collections.abc import Iterable

from bihuan.kit import db

_IN_HAND = """
select assignee_id, count(*) from processes_token
where assignee_id = any(%s) and kind = 'USER' and state in ('OPEN', 'CLAIMED') group by assignee_id
"""


def units_in_hand(staff_ids: Iterable[int]) -> dict[int, int]:
    """Return how many open units each of some people has; who has none is left out."""
    wanted = list(staff_ids)
    return dict(db.rows(_IN_HAND, (wanted,))) if wanted else {}
