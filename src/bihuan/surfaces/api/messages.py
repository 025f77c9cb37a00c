"""`/api/v1/messages`: what another system tells a process that waits for it (BPMN message events)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_ref
from bihuan.domain.processes import actions
from bihuan.kit import clock
from bihuan.kit.problems import Invalid
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out
from bihuan.surfaces.api.routes import out
from bihuan.surfaces.api.schemas import InstanceOut

router = Router()


class AddresseeUnclear(Invalid):
    """A message is for a case or for an instance."""

    message = "请写明消息给哪张工单（number）或哪个流程（instance_id），只写一个。"


class MessageIn(Schema):
    """The message's name in the diagram, whom it is for, and what becomes variables of the process."""

    name: str = Field(min_length=1, max_length=120, examples=["payment_received"])
    number: str = Field("", max_length=40, description="A case: whichever process of it waits")
    instance_id: int = Field(0, description="One instance, and what it has called")
    values: dict[str, Any] = Field(default_factory=dict)


@router.post("", response=InstanceOut)
def correlate(request: HttpRequest, body: MessageIn) -> HttpResponse:
    """Give a message to who has waited for it longest; refused when nobody waits: none is kept for later.

    Needs `process.message` at the instance's org unit; a case is found only by who may see it.
    """

    def work() -> InstanceOut:
        by = actor_of(request, "process.message")
        if bool(body.number) == bool(body.instance_id):
            raise AddresseeUnclear
        to = actions.Addressee(instance_id=body.instance_id)
        if body.number:
            view = cases.case_view(access_of(request, "case.view"), body.number)
            to = actions.Addressee(root=case_ref(view.row.id))
        change = actions.correlate_message(body.name, to, body.values, by=by, at=clock.now())
        return out(change)

    return carry_out(request, work)
