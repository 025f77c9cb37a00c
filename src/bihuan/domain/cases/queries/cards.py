"""The cases behind a queue of units: what a card shows, in one small query for all."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

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


class CaseCard(NamedTuple):
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
    return ask_case_cards(db.Together(), access, case_ids)()


def ask_case_cards(
    together: db.Together, access: Access, case_ids: Iterable[int]
) -> Callable[[], dict[int, CaseCard]]:
    """Ask for `case_cards` together with other questions."""
    scope = access.scope("case.view")
    params = {
        "ids": list(case_ids),
        "everywhere": scope.everywhere,
        "units": list(scope.unit_ids),
    }
    answer = together.ask(_CARDS, params)
    return lambda: {card.id: card for card in (_card(access, row) for row in answer())}


def _card(access: Access, row: Sequence[Any]) -> CaseCard:
    *values, taken_in_by, answered_by = row
    card = CaseCard(*values)
    if sees_phones(access, taken_in_by, answered_by):
        return card
    return card._replace(title=mask_text(card.title), contact_name=mask_text(card.contact_name))
