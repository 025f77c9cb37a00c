"""`/api/v1/customers`: find a customer."""

from django.http import HttpRequest
from ninja import Router

from bihuan.domain.customers import queries
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of

router = Router()


@router.get("", response=schemas.Listing[schemas.CustomerRow])
def index(
    request: HttpRequest, q: str = "", after: str = "", before: str = "", size: int = 50
) -> schemas.Listing[schemas.CustomerRow]:
    """Search by name, phone (whole, masked or its last four digits) or account; without `q` list all."""
    access = access_of(request)
    if q:
        found = queries.search(access, q, size=size)
        return schemas.Listing(items=[_row(customer) for customer in found])
    page = queries.customer_list(access, after=after, before=before, size=size)
    rows = [_row(customer) for customer in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


def _row(customer: queries.CustomerRow) -> schemas.CustomerRow:
    return schemas.CustomerRow.model_validate(customer, from_attributes=True)
