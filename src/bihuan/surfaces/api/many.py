"""`/api/v1/units/batch`: one operation on many units, each done or refused by itself."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions
from bihuan.kit import clock
from bihuan.surfaces.api.calls import actor_of, carry_out

router = Router()
VERBS = {
    "assign": "unit.assign",
    "urge": "unit.urge",
    "suspend": "unit.suspend",
    "resume": "unit.suspend",
}


class ManyIn(Schema):
    """An operation: claim, release, assign, transfer, urge, carbon_copy, suspend or resume."""

    operation: str
    units: list[int] = Field(min_length=1, max_length=200)
    to_staff_id: int | None = None
    to_unit: str = ""
    copy_to: list[int] = Field([], description="Staff who get a copy")
    reason: str = Field("", max_length=500)
    until: datetime | None = None
    for_customer: bool = False


class OutcomeOut(Schema):
    """What became of one unit; `code` and `message` say why it was refused."""

    unit: int
    done: bool
    code: str
    message: str


class ManyOut(Schema):
    """How many were done and refused, and each in the order asked."""

    done: int
    refused: int
    units: list[OutcomeOut]


@router.post("/batch", response=ManyOut)
def batch(request: HttpRequest, body: ManyIn) -> HttpResponse:
    """Do one thing with up to 200 units. One `Idempotency-Key` stands for all of them."""

    def work() -> ManyOut:
        by = actor_of(request, VERBS.get(body.operation, "unit.work"))
        return _out(actions.do_many(_wanted(body), by=by, at=clock.now()))

    return carry_out(request, work)


def _wanted(body: ManyIn) -> actions.ManyUnits:
    return actions.ManyUnits(
        operation=body.operation,
        unit_ids=tuple(body.units),
        to_staff_id=body.to_staff_id,
        to_org_unit_id=unit_by_code(body.to_unit).id if body.to_unit else None,
        reason=body.reason,
        until=body.until,
        for_customer=body.for_customer,
        copy_to=actions.Recipients(tuple(body.copy_to)),
    )


def _out(outcomes: list[actions.Outcome]) -> ManyOut:
    done = sum(one.is_done for one in outcomes)
    units = [
        OutcomeOut(unit=one.unit_id, done=one.is_done, code=one.code, message=one.message)
        for one in outcomes
    ]
    return ManyOut(done=done, refused=len(outcomes) - done, units=units)
