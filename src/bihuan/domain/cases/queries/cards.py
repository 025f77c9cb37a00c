"""The cases behind a queue of units: what a card shows, in one small query for all."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bihuan.domain.cases.queries.listing import sees_phones
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.masking import mask_text

_CARDS = """
select c.id, c.number, c.title, k.request_type, k.name, c.contact_name, c.rework_count, c.grade,
    c.channel, c.org_unit_id, c.responsible_unit_id
from cases_case c join cases_caseclass k on k.id = c.cls_id
where c.id = any(%(ids)s) and (%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class CaseCard:
    """Just enough of a case to recognise it in a queue."""

    id: int
    number: str
    title: str
    request_type: str
    class_name: str
    contact_name: str
    rework_count: int
    grade: str
    channel: str


def case_cards(access: Access, case_ids: Iterable[int]) -> dict[int, CaseCard]:
    """Return those of some cases that this person may see, by id."""
    scope = access.scope("case.view")
    params = {
        "ids": list(case_ids),
        "everywhere": scope.everywhere,
        "units": list(scope.unit_ids),
    }
    found = {}
    for *values, taken_in_by, answered_by in db.rows(_CARDS, params):
        card = CaseCard(*values)
        if not sees_phones(access, taken_in_by, answered_by):
            title, name = mask_text(card.title), mask_text(card.contact_name)
            card = replace(card, title=title, contact_name=name)
        found[card.id] = card
    return found
