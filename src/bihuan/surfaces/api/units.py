"""`/api/v1/units`: the work waiting, and what is done with it."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bihuan.domain.billing.ports import DueItem
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions, queries
from bihuan.kit import clock
from bihuan.surfaces.api import route_schemas, schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.routes import out

router = Router()


@router.get("", response=schemas.Listing[schemas.UnitRow])
def index(
    request: HttpRequest, tier: str = "", after: str = "", before: str = "", size: int = 50
) -> schemas.Listing[schemas.UnitRow]:
    """Return the units the token's owner may work on: overdue first, then by what is due next."""
    page = queries.inbox(
        access_of(request, "unit.work"),
        at=clock.now(),
        wanted=queries.InboxFilter(tier=tier),
        after=after,
        before=before,
        size=size,
    )
    rows = [schemas.UnitRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@router.get("/{unit_id}", response=schemas.UnitOut)
def show(request: HttpRequest, unit_id: int) -> schemas.UnitOut:
    """Return one unit with its form and what may be done with it."""
    view = queries.unit(access_of(request, "unit.work", "case.view"), unit_id, at=clock.now())
    return schemas.UnitOut(
        **schemas.UnitRow.model_validate(view.row, from_attributes=True).dict(),
        rev=view.rev,
        operations=sorted(view.operations),
        return_targets=[target.node for target in view.return_targets],
        urges=view.urges.unit,
        extension=_extension(view),
        charges=[_due(one) for one in view.charges],
        form=view.form.to_json() if view.form else None,
        values=dict(view.values),
    )


@router.post("/{unit_id}/claim", response=schemas.InstanceOut)
def claim(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Take an open unit into the token owner's hands."""
    return carry_out(
        request,
        lambda: out(actions.claim(unit_id, by=actor_of(request, "unit.work"), at=clock.now())),
    )


@router.post("/{unit_id}/release", response=schemas.InstanceOut)
def release(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Give a claimed unit back to its post."""
    return carry_out(
        request,
        lambda: out(actions.release(unit_id, by=actor_of(request, "unit.work"), at=clock.now())),
    )


@router.post("/{unit_id}/submission", response=schemas.InstanceOut)
def submit(request: HttpRequest, unit_id: int, body: schemas.SubmissionIn) -> HttpResponse:
    """Submit a unit with its form; an open unit is claimed first. 422 names each wrong field."""

    def work() -> schemas.InstanceOut:
        by, at = actor_of(request, "unit.work"), clock.now()
        return out(actions.submit(unit_id, body.values, rev=body.rev, by=by, at=at))

    return carry_out(request, work)


@router.post("/{unit_id}/assignment", response=schemas.InstanceOut)
def assign(request: HttpRequest, unit_id: int, body: route_schemas.AssignmentIn) -> HttpResponse:
    """Put a unit into somebody's hands (指派). Needs `unit.assign` there."""

    def work() -> schemas.InstanceOut:
        by = actor_of(request, "unit.assign")
        change = actions.assign(
            unit_id, to_staff_id=body.staff_id, reason=body.reason, by=by, at=clock.now()
        )
        return out(change)

    return carry_out(request, work)


@router.post("/{unit_id}/transfer", response=schemas.InstanceOut)
def transfer(request: HttpRequest, unit_id: int, body: schemas.TransferIn) -> HttpResponse:
    """Hand a unit over to a person or to another org unit."""

    def work() -> schemas.InstanceOut:
        place = unit_by_code(body.to_unit).id if body.to_unit else None
        change = actions.transfer(
            unit_id,
            to_staff_id=body.to_staff_id,
            to_org_unit_id=place,
            reason=body.reason,
            by=actor_of(request, "unit.work"),
            at=clock.now(),
        )
        return out(change)

    return carry_out(request, work)


def _due(one: DueItem) -> schemas.DueItem:
    price = one.price
    return schemas.DueItem(
        item=one.key, name=one.name, amount=str(price.amount), currency=price.currency
    )


def _extension(view: queries.UnitView) -> schemas.ExtensionRow | None:
    if view.extension is None:
        return None
    return schemas.ExtensionRow.model_validate(view.extension, from_attributes=True)
