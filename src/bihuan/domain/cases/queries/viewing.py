"""One case as its page shows it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.cases.choices import ClosureKind, ConsentAnswer
from bihuan.domain.cases.models import Case, CaseClass
from bihuan.domain.cases.queries.listing import CaseRow, rows_of, sees_phones, visible
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound

_STORY = """
select 'handling', id, round, handled_by, at, text, '', null::int
from cases_handling where case_id = %(case)s
union all
select 'consent', id, round, asked_by, at, note, answer, score
from cases_consent where case_id = %(case)s
union all
select 'closure', id, 0, by, at, reason, kind, null
from cases_closure where case_id = %(case)s
union all
select 'note', id, 0, by, at, text, '', null
from cases_note where case_id = %(case)s
order by 5, 2
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A handling, an answer of the customer, a closure or a note.

    `by` is a ref; `answer` AGREED or REFUSED, or the kind of a closure, and `title` its Chinese word.
    """

    id: int
    round: int
    by: str
    at: datetime
    text: str
    answer: str = ""
    title: str = ""
    score: int | None = None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything said about it. Numbers in texts are masked as the asker requires."""

    row: CaseRow
    pack: str
    description: str
    importance: int
    urgency: int
    scope: int
    round: int
    account_id: int | None
    resolved_at: datetime | None
    sees_phones: bool
    org_unit_id: int
    responsible_unit_id: int | None
    class_names: tuple[str, ...]
    handlings: tuple[Entry, ...]
    consents: tuple[Entry, ...]
    closures: tuple[Entry, ...]
    notes: tuple[Entry, ...]

    @property
    def ref(self) -> str:
        """Return `case:9`, the root of its facts."""
        return f"case:{self.row.id}"


def case_view(access: Access, number: str) -> CaseView:
    """Return one case, or refuse with NotFound when it lies outside what the person may see."""
    case = visible(access).select_related("standing", "cls__parent__parent").filter(number=number)
    found = case.first()
    if found is None:
        raise NotFound("没有这个编号的工单，或不在您的查看范围内。")
    return _view(access, found)


def case_number(case_id: int) -> str:
    """Return the number of a case, for links from facts and units."""
    row = db.one("select number from cases_case where id = %s", (case_id,))
    if row is None:
        raise NotFound
    return str(row[0])


def involved_units(case_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Return the org units that were ever involved in these cases: whose members may see them."""
    found = db.rows(
        "select id, involved_unit_ids from cases_case where id = any(%s)", (list(case_ids),)
    )
    return {case_id: frozenset(units) for case_id, units in found}


def _view(access: Access, case: Case) -> CaseView:
    open_ = sees_phones(access, case.org_unit_id, case.responsible_unit_id)
    story: dict[str, list[Entry]] = {"handling": [], "consent": [], "closure": [], "note": []}
    for kind, *values in db.rows(_STORY, {"case": case.pk}):
        story[kind].append(_entry(values, open_=open_))
    return CaseView(
        row=rows_of(access, [case])[0],
        pack=case.pack,
        description=case.description if open_ else mask_text(case.description),
        importance=case.importance,
        urgency=case.urgency,
        scope=case.scope,
        round=case.round,
        account_id=case.account_id,
        resolved_at=case.resolved_at,
        sees_phones=open_,
        org_unit_id=case.org_unit_id,
        responsible_unit_id=case.responsible_unit_id,
        class_names=_class_names(case),
        handlings=tuple(story["handling"]),
        consents=tuple(story["consent"]),
        closures=tuple(story["closure"]),
        notes=tuple(story["note"]),
    )


_TITLES: dict[str, str] = {
    **{str(value): str(label) for value, label in ConsentAnswer.choices},
    **{str(value): str(label) for value, label in ClosureKind.choices},
}


def _entry(values: list[Any], *, open_: bool) -> Entry:
    key, round_, by, at, text, answer, score = values
    shown = text if open_ else mask_text(text)
    return Entry(key, round_, by, at, shown, answer, _TITLES.get(answer, ""), score)


def _class_names(case: Case) -> tuple[str, ...]:
    names: list[str] = []
    one: CaseClass | None = case.cls
    while one is not None:
        names.insert(0, one.name)
        one = one.parent
    return tuple(names)
