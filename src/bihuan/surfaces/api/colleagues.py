"""`/api/v1/units/…` and `/api/v1/copies`: what concerns colleagues about a unit rather than its route."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions, queries
from bihuan.kit import clock
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

units = Router()
copies = Router()


@units.post("/{unit_id}/copies", response=schemas.CopiesOut)
def carbon_copy(request: HttpRequest, unit_id: int, body: schemas.CopiesIn) -> HttpResponse:
    """Copy a unit to people and posts (抄送); they may then see the case, masked as always."""

    def work() -> schemas.CopiesOut:
        posts = tuple((one.post, unit_by_code(one.unit).id) for one in body.posts)
        to = actions.Recipients(tuple(body.staff), posts)
        by = actor_of(request, "unit.copy", also="unit.work")
        made = actions.carbon_copy(unit_id, to=to, note=body.note, by=by, at=clock.now())
        return schemas.CopiesOut(new=made)

    return carry_out(request, work)


@units.post("/{unit_id}/urges", response=schemas.UrgedOut)
def urge(request: HttpRequest, unit_id: int, body: schemas.UrgeIn) -> HttpResponse:
    """Urge a unit on (催办). 409 `urged_just_now` when the same person did within half an hour."""

    def work() -> schemas.UrgedOut:
        by = actor_of(request, "unit.urge")
        count = actions.urge(
            unit_id, note=body.note, for_customer=body.for_customer, by=by, at=clock.now()
        )
        return schemas.UrgedOut(count=count)

    return carry_out(request, work)


@copies.get("", response=schemas.Listing[schemas.CopyRow])
def index(
    request: HttpRequest, *, unread: bool = False, after: str = "", size: int = 50
) -> schemas.Listing[schemas.CopyRow]:
    """Return what was copied to the token's owner or a post of theirs (抄送我的), newest first."""
    access = access_of(request, "case.view", "unit.work")
    page = queries.copies_for(access, unread_only=unread, after=after, size=size)
    rows = [schemas.CopyRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@copies.post("/{copy_id}/read", response=schemas.CopyReadOut)
def read(request: HttpRequest, copy_id: int) -> HttpResponse:
    """Note that the token's owner has read a copy."""

    def work() -> schemas.CopyReadOut:
        by = actor_of(request, "case.view", also="unit.work")
        actions.mark_copy_read(copy_id, by=by, at=clock.now())
        return schemas.CopyReadOut(id=copy_id)

    return carry_out(request, work)
