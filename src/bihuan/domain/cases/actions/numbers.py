"""The whole number of a case's contact is given here only, and never without a fact (SEC-01)."""

from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.cases.events import PHONE_SEEN
from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries import CaseView
from bihuan.domain.cases.queries.calling import may_call
from bihuan.domain.customers.actions.insisting import Insisting, insist
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit.problems import Invalid, NotAllowed

LEAST_REASON: Final = 3


class ReasonForNumberMissing(Invalid):
    """Whoever looks at a whole number says why."""

    message = "查看完整号码要写明原因。"


@transaction.atomic
def reveal_phone(
    *, view: CaseView, reason: str, despite: str | None = "", by: Actor, at: datetime
) -> str:
    """Return the whole number of a case's contact, to who may see it; each look is a fact.

    In their quiet hours `despite` says why they are called nevertheless; None: nobody calls, a program reads.
    """
    if not view.sees_phones:
        raise NotAllowed
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonForNumberMissing(fields={"reason": ReasonForNumberMissing.message})
    if despite is not None:
        stands = may_call(view.row.id, at=at)
        insist(Insisting(view.ref, "PHONE", despite), stands, by=by, at=at)
    phone = Case.objects.values_list("contact_phone", flat=True).get(pk=view.row.id)
    fact = Fact(PHONE_SEEN, view.ref, view.ref, at, by, reason=reason.strip())
    ledger.record(fact)
    return phone
