"""One case as its page shows it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.cases.choices import ClosureKind, ConsentAnswer
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import Case, Standing
from bihuan.domain.cases.queries.listing import CaseRow, row_of, sees_phones
from bihuan.domain.org.ports import Access
from bihuan.domain.processes import queries as processes
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound

_COLUMNS = [field.attname for field in Case._meta.concrete_fields]
_STANDING = [field.attname for field in Standing._meta.concrete_fields]
# One case with its standing, its class and the names above it: every case page begins with it.
_CASE = f"""
select {", ".join(f"c.{name}" for name in _COLUMNS)},
    {", ".join(f"s.{name}" for name in _STANDING)},
    k.code, k.name, k.request_type, array_remove(array[above.name, parent.name, k.name], null)
from cases_case c
join cases_standing s on s.case_id = c.id
join cases_caseclass k on k.id = c.cls_id
left join cases_caseclass parent on parent.id = k.parent_id
left join cases_caseclass above on above.id = parent.parent_id
where c.number = %(number)s
    and (%(everywhere)s or c.involved_unit_ids && %(units)s::bigint[])
"""  # noqa: S608 -- our own columns
_ASKED = "select 1 from cases_supervisionorder where case_id = %s and addressee_id = any(%s)"
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
    urge_count: int = 0

    @property
    def ref(self) -> str:
        """Return `case:9`, the root of its facts."""
        return f"case:{self.row.id}"


def case_view(access: Access, number: str) -> CaseView:
    """Return one case, or refuse with NotFound when it lies outside what the person may see."""
    scope = access.scope("case.view")
    params = {"number": number, "everywhere": scope.everywhere, "units": list(scope.unit_ids)}
    row = db.one(_CASE, params) or _copied(access, number)
    if row is None:
        raise NotFound("没有这个编号的工单，或不在您的查看范围内。")
    case, (*cls, names) = Case.from_db(None, _COLUMNS, row[: len(_COLUMNS)]), row[-4:]
    case.standing = Standing.from_db(None, _STANDING, row[len(_COLUMNS) : -4])
    return _view(access, case, (cls[0], cls[1], cls[2]), tuple(names))


def _copied(access: Access, number: str) -> tuple[Any, ...] | None:
    """Return a case outside what the person may see, copied to them or about which they must answer."""
    row = db.one(_CASE, {"number": number, "everywhere": True, "units": []})
    if row is None:
        return None
    asked = (row[0], [access.staff_id, *access.delegated_from])
    if processes.is_copied_to(access, case_ref(row[0])) or db.one(_ASKED, asked):
        return row
    return None


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


def _view(
    access: Access, case: Case, cls: tuple[str, str, str], class_names: tuple[str, ...]
) -> CaseView:
    open_ = sees_phones(access, case.org_unit_id, case.responsible_unit_id)
    story: dict[str, list[Entry]] = {"handling": [], "consent": [], "closure": [], "note": []}
    for kind, *values in db.rows(_STORY, {"case": case.pk}):
        story[kind].append(_entry(values, open_=open_))
    return CaseView(
        row=row_of(access, case, cls),
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
        class_names=class_names,
        handlings=tuple(story["handling"]),
        consents=tuple(story["consent"]),
        closures=tuple(story["closure"]),
        notes=tuple(story["note"]),
        urge_count=case.urge_count,
    )


_TITLES: dict[str, str] = {
    **{str(value): str(label) for value, label in ConsentAnswer.choices},
    **{str(value): str(label) for value, label in ClosureKind.choices},
}


def _entry(values: list[Any], *, open_: bool) -> Entry:
    key, round_, by, at, text, answer, score = values
    shown = text if open_ else mask_text(text)
    return Entry(key, round_, by, at, shown, answer, _TITLES.get(answer, ""), score)
