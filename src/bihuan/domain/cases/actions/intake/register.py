"""What is done with a contact beside opening a case: it belongs to one that is open, or has been seen to."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.actions.gathering import survivor_of
from bihuan.domain.cases.actions.intake.refusals import EntryMissing
from bihuan.domain.cases.actions.intake.taking import contact_of
from bihuan.domain.cases.actions.pressing import urge_case
from bihuan.domain.cases.actions.verbs import ReasonMissing, TextMissing, allowed
from bihuan.domain.cases.events import CaseRequest, case_ref
from bihuan.domain.cases.models import Case
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.interactions.choices import Outcome
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import authorise
from bihuan.kit.problems import NotAllowed


@transaction.atomic
def add_to_case(*, case_id: int, request: CaseRequest, by: Actor, at: datetime) -> int:
    """Keep that a contact is about a case that exists already, with what was said; return that case.

    What was said is a note of the case (of its survivor, if it was merged), and when its own customer said
    it, they have urged it once more, where the actor may count that.
    """
    kept_by = survivor_of(case_id)
    allowed(kept_by, "case.view", by, at)
    if not request.description.strip():
        raise TextMissing
    case = Case.objects.only("customer_id", "closure_id").get(pk=kept_by)
    if case.closure_id is not None:
        raise steps.CaseAlreadyClosed
    contact = contact_of(request, outcome=Outcome.ADDED, root=case_ref(kept_by))
    interactions.record_interaction(replace(contact, subject=request.title), by=by, at=at)
    steps.note(steps.Step(kept_by, by, at), f"客户补充：{request.description.strip()}")
    if request.customer_id is not None and request.customer_id == case.customer_id:
        _urge(kept_by, request, by, at)
    return kept_by


@transaction.atomic
def settle_refused(*, entry_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Say that somebody has seen to a request that was refused, and how; needs `case.open` where it lies."""
    entry = interactions.locked_refused(entry_id)
    if entry is None:
        raise EntryMissing
    authorise(by, "case.open", entry.org_unit_id, at=at)
    if not reason.strip():
        raise ReasonMissing
    interactions.see_to(entry_id, at=at)
    ref = f"interaction:{entry_id}"
    record(Fact(events.INTAKE_SETTLED, ref, ref, at, by, reason.strip()))


def _urge(case_id: int, request: CaseRequest, by: Actor, at: datetime) -> None:
    try:
        with transaction.atomic():
            urge_case(case_id=case_id, channel=request.channel, note="", by=by, at=at)
    except NotAllowed:
        return
