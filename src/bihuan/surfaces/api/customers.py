"""`/api/v1/customers`: find a customer."""

from django.http import HttpRequest
from ninja import Router

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import look_up
from bihuan.kit import clock
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of

router = Router()


@router.get("", response=schemas.Listing[schemas.CustomerRow])
def index(
    request: HttpRequest, q: str = "", after: str = "", before: str = "", size: int = 50
) -> schemas.Listing[schemas.CustomerRow]:
    """Search by name, phone (whole, masked or its last four digits) or account; without `q` list all.

    Each search is a fact.
    """
    access = access_of(request, "customer.view")
    if q.strip():
        by = actor_of(request, "customer.view")
        found = look_up(access=access, text=q, size=size, by=by, at=clock.now())
        return schemas.Listing(items=[_row(customer) for customer in found])
    page = queries.customer_list(access, after=after, before=before, size=size)
    rows = [_row(customer) for customer in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


def _row(customer: queries.CustomerRow) -> schemas.CustomerRow:
    return schemas.CustomerRow.model_validate(customer, from_attributes=True)
