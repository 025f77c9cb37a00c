"""`/api/v1/cases/…/charges` and `/api/v1/charges`: what was charged for a case, and paying it back."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from bihuan.domain.billing import queries
from bihuan.domain.billing.actions import refund_charge
from bihuan.domain.cases.queries import case_view
from bihuan.kit import clock
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

of_case = Router()
charges = Router()


@of_case.get("/{number}/charges", response=schemas.Listing[schemas.ChargeRow])
def index(request: HttpRequest, number: str) -> schemas.Listing[schemas.ChargeRow]:
    """Return what was charged for a case, oldest first."""
    view = case_view(access_of(request, "case.view"), number)
    rows = [
        schemas.ChargeRow(
            id=row.id,
            item=row.key,
            name=row.name,
            amount=str(row.price.amount),
            currency=row.price.currency,
            unit=row.unit,
            at=row.at,
            refunded_at=row.refunded_at,
            refund_reason=row.refund_reason,
        )
        for row in queries.charges_of(view.ref)
    ]
    return schemas.Listing(items=rows)


@charges.post("/{charge_id}/refund", response=schemas.Made)
def refund(request: HttpRequest, charge_id: int, body: schemas.ReasonIn) -> HttpResponse:
    """Pay a charge back."""

    def work() -> schemas.Made:
        by, at = actor_of(request, "charge.refund"), clock.now()
        refund_charge(charge_id, reason=body.reason, by=by, at=at)
        return schemas.Made(id=charge_id)

    return carry_out(request, work)
