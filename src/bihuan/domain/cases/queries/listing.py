"""Lists of cases: scoped to what the asker may see, a page at a time, at the same cost at any depth."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from bihuan.domain.cases.choices import CaseState, Channel, Grade
from bihuan.domain.cases.models import Case, CaseClass
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import names_of
from bihuan.kit import db
from bihuan.kit.masking import mask_phone, mask_text
from bihuan.kit.paging import Page, keyset

_CLASSES = "select id, code, name, request_type from cases_caseclass where id = any(%s)"
ORDERS = {"newest": ("-opened_at", "-id"), "due": ("standing__next_due_at", "id")}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list is narrowed to; empty means everything. `class_code` includes what lies below it."""

    states: tuple[str, ...] = ()
    pack: str = ""
    class_code: str = ""
    channel: str = ""
    grade: str = ""
    unit_id: int | None = None
    assignee_id: int | None = None
    customer_id: int | None = None
    opened_since: datetime | None = None
    opened_until: datetime | None = None
    overdue_at: datetime | None = None
    order: str = "newest"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list.

    Its phone number is masked for everybody: who may see the whole of it asks with an action, and
    leaves a fact. Numbers in texts are masked unless the asker may see them.
    """

    id: int
    number: str
    title: str
    class_code: str
    class_name: str
    request_type: str
    state: str
    state_title: str
    grade: str
    grade_title: str
    level: int
    channel: str
    channel_title: str
    customer_id: int | None
    contact_name: str
    contact_phone: str
    org_unit: str
    responsible_unit: str
    current_units: str
    assignee_id: int | None
    assignee: str
    next_due_at: datetime | None
    promised_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None
    rework_count: int
    reopen_count: int
    instance_id: int | None


def case_list(
    access: Access, wanted: CaseFilter, *, after: str = "", before: str = "", size: int = 50
) -> Page[CaseRow]:
    """Return one page of the cases this person may see."""
    found = _narrowed(visible(access), wanted).select_related("standing").defer("description")
    page = keyset(found, order=ORDERS[wanted.order], after=after, before=before, size=size)
    return Page(rows_of(access, page.rows), page.next_cursor, page.prev_cursor)


def visible(access: Access) -> QuerySet[Case]:
    """Return the cases a person may see: those their units were ever involved in."""
    scope = access.scope("case.view")
    if scope.everywhere:
        return Case.objects.all()
    if not scope.unit_ids:
        return Case.objects.none()
    return Case.objects.filter(involved_unit_ids__overlap=list(scope.unit_ids))


def sees_phones(access: Access, taken_in_by: int, answered_by: int | None) -> bool:
    """Tell whether a person may see the numbers in a case's texts, and ask for the contact's phone.

    The permission counts where the case was taken in and, once it is dispatched, where it is worked on.
    """
    return access.may_in_any("customer.see_phone", taken_in_by, answered_by)


def case_count(access: Access, wanted: CaseFilter, *, most: int) -> int:
    """Return how many cases a filter finds; counting stops at `most`."""
    return _narrowed(visible(access), wanted).order_by()[:most].count()


def rows_of(access: Access, cases: Iterable[Case]) -> list[CaseRow]:
    """Return lines for cases that were found with `visible`, numbers masked as the asker requires."""
    cases = list(cases)
    wanted = list({case.cls_id for case in cases})
    classes = {key: cls for key, *cls in db.rows(_CLASSES, (wanted,))} if wanted else {}
    people = names_of({c.standing.assignee_id for c in cases if c.standing.assignee_id})
    return [_row(access, case, classes[case.cls_id], people) for case in cases]


def row_of(access: Access, case: Case, cls: Sequence[str]) -> CaseRow:
    """Return the line of one case; `cls` is its class's code, name and request type."""
    assignee = case.standing.assignee_id
    return _row(access, case, cls, names_of({assignee}) if assignee else {})


def _row(access: Access, case: Case, cls: Sequence[str], people: dict[int, str]) -> CaseRow:
    standing = case.standing
    open_ = sees_phones(access, case.org_unit_id, case.responsible_unit_id)
    return CaseRow(
        id=case.pk,
        number=case.number,
        title=case.title if open_ else mask_text(case.title),
        class_code=cls[0],
        class_name=cls[1],
        request_type=cls[2],
        state=case.state,
        state_title=str(CaseState(case.state).label),
        grade=case.grade,
        grade_title=str(Grade(case.grade).label),
        level=case.level,
        channel=case.channel,
        channel_title=str(Channel(case.channel).label),
        customer_id=case.customer_id,
        contact_name=case.contact_name if open_ else mask_text(case.contact_name),
        contact_phone=_hidden(case.contact_phone),
        org_unit=unit_name(access, case.org_unit_id),
        responsible_unit=unit_name(access, case.responsible_unit_id),
        current_units=standing.current_units,
        assignee_id=standing.assignee_id,
        assignee=people.get(standing.assignee_id or 0, ""),
        next_due_at=standing.next_due_at,
        promised_at=case.promised_at,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        rework_count=case.rework_count,
        reopen_count=case.reopen_count,
        instance_id=standing.instance_id,
    )


def unit_name(access: Access, unit_id: int | None) -> str:
    """Return the name of an org unit, empty for none."""
    unit = access.tree.units.get(unit_id or 0)
    return unit.name if unit else ""


def _hidden(phone: str) -> str:
    return mask_phone(phone) if phone else ""


def _narrowed(found: QuerySet[Case], wanted: CaseFilter) -> QuerySet[Case]:
    exact = {
        "pack": wanted.pack,
        "channel": wanted.channel,
        "grade": wanted.grade,
        "customer_id": wanted.customer_id,
        "standing__assignee_id": wanted.assignee_id,
        "opened_at__gte": wanted.opened_since,
        "opened_at__lt": wanted.opened_until,
        "standing__next_due_at__lte": wanted.overdue_at,
    }
    found = found.filter(**{key: value for key, value in exact.items() if value})
    if wanted.states:
        found = found.filter(state__in=wanted.states)
    if wanted.unit_id:
        found = found.filter(involved_unit_ids__contains=[wanted.unit_id])
    if wanted.class_code:
        below = Q(code=wanted.class_code) | Q(code__startswith=f"{wanted.class_code}.")
        found = found.filter(cls__in=CaseClass.objects.filter(below))
    if wanted.order == "due":
        found = found.filter(standing__next_due_at__isnull=False)
    return found
