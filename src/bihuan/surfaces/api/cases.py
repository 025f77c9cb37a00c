"""`/api/v1/cases`: take a request in, list, look up."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from bihuan.domain.cases import queries
from bihuan.domain.cases.actions import open_case, reveal_phone
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import queries as processes
from bihuan.kit import clock
from bihuan.kit.masking import mask_values
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

router = Router()
ASKED_BY_PROGRAM = "接口读取工单"


class Narrowed(Schema):
    """What a list is narrowed to, and which page of it."""

    state: list[str] = []
    pack: str = ""
    class_code: str = ""
    channel: str = ""
    grade: str = ""
    unit: str = ""
    customer_id: int | None = None
    opened_since: datetime | None = None
    opened_until: datetime | None = None
    order: str = "newest"
    after: str = ""
    before: str = ""
    size: int = 50


@router.post("", response={201: schemas.CaseOpened})
def create(request: HttpRequest, body: schemas.CaseIn) -> HttpResponse:
    """Open a case and start its process."""

    def work() -> schemas.CaseOpened:
        values = body.dict()
        unit = unit_by_code(values.pop("unit"))
        wanted = CaseRequest(org_unit_id=unit.id, **values)
        opened = open_case(wanted, by=actor_of(request, "case.open", unit.id), at=clock.now())
        return schemas.CaseOpened.model_validate(opened, from_attributes=True)

    return carry_out(request, work, status=201)


@router.get("", response=schemas.Listing[schemas.CaseRow])
def index(
    request: HttpRequest, narrowed: Annotated[Narrowed, Query()]
) -> schemas.Listing[schemas.CaseRow]:
    """Return a page of the cases the token may see, newest first or by what is due."""
    values = narrowed.dict()
    paging = {name: values.pop(name) for name in ("after", "before", "size")}
    unit = values.pop("unit")
    wanted = queries.CaseFilter(
        states=tuple(values.pop("state")),
        unit_id=unit_by_code(unit).id if unit else None,
        **values,
    )
    page = queries.case_list(access_of(request, "case.view"), wanted, **paging)
    rows = [schemas.CaseRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@router.get("/{number}", response=schemas.CaseOut)
def show(request: HttpRequest, number: str) -> schemas.CaseOut:
    """Return one case with the units of its process.

    A token that may see numbers gets the contact's whole one; each time is a fact.
    """
    view = queries.case_view(access_of(request, "case.view"), number)
    row = schemas.CaseRow.model_validate(view.row, from_attributes=True)
    if view.sees_phones and row.contact_phone:
        by = actor_of(request, "customer.see_phone")
        row.contact_phone = reveal_phone(
            view=view, reason=ASKED_BY_PROGRAM, despite=None, by=by, at=clock.now()
        )
    found = processes.units_of(view.row.instance_id) if view.row.instance_id else []
    units = [schemas.CaseUnit.model_validate(unit, from_attributes=True) for unit in found]
    return schemas.CaseOut(**row.dict(), description=view.description, units=units)


@router.get("/{number}/facts", response=schemas.Listing[schemas.FactOut])
def facts(
    request: HttpRequest, number: str, after: str = "", size: int = 50
) -> schemas.Listing[schemas.FactOut]:
    """Return what happened to a case, newest first."""
    view = queries.case_view(access_of(request, "case.view"), number)
    page = ledger.facts_of(view.ref, after=after, size=size)
    rows = [_fact(fact, whole=view.sees_phones) for fact in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


def _fact(fact: Any, *, whole: bool) -> schemas.FactOut:
    out = schemas.FactOut.model_validate(fact, from_attributes=True)
    if whole:
        return out
    return out.model_copy(update=mask_values({"reason": out.reason, "data": out.data}))
