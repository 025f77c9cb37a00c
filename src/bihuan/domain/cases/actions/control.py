"""受控关闭: without consent, on two signatures of different people and a reason, counted apart (CMP-08)."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.actions.steps import Step
from bihuan.domain.cases.actions.verbs import Place, ReasonMissing, allowed
from bihuan.domain.cases.models import ControlledClosure, Handling
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes import actions as processes
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused

VERB = "case.control"
LEAST_REASON = 10
_STATE = "select state, round from cases_case where id = %s"


class SignedAlready(Refused):
    """One person signs once; the second signature is somebody else's."""

    message = "您已经签过字，第二个签字须由另一人完成。"


class HandlerSigns(Refused):
    """Whoever handled the case does not sign that it may be closed without the customer."""

    message = "处理过这件工单的人不能签字受控关闭。"


class ReasonTooShort(Invalid):
    """A controlled closure is explained so that the public count can be read."""

    message = "受控关闭的理由至少写 10 个字。"


class ControlMissing(NotFound):
    """Nobody has asked for a controlled closure of this case in this round."""

    message = "本轮没有等待签字的受控关闭申请。"


class CaseNotAsked(Refused):
    """The customer is asked before a case is closed without them."""

    message = "处理完成并联系过客户之后，才能申请受控关闭。"


@transaction.atomic
def sign_control(*, case_id: int, reason: str, by: Actor, at: datetime) -> bool:
    """Sign a controlled closure and return whether that closed the case.

    The first signature asks for it and says why; the second, by another person, ends the process and
    closes. Neither may have handled the case. Only a case that was handled and is with the customer, or
    that came back refused, can be closed so.
    """
    place = _may_sign(case_id, by, at)
    row = _row(case_id)
    if row is None:
        _first(case_id, reason, by=by, at=at)
        return False
    if row.signed_by in (by.ref, by.on_behalf_of):
        raise SignedAlready
    row.countersigned_by, row.countersigned_at = by.ref, at
    row.save()
    step = Step(case_id, by, at)
    record(step.fact(events.CONTROL_SIGNED, reason=reason.strip(), signature=2))
    if place.instance_id is None:
        raise steps.CaseAlreadyClosed
    # Ending the process ends its case (`standing`): the instance is locked before the case, as always.
    processes.terminate(place.instance_id, reason=row.reason, by=_mover(by), at=at)
    return True


@transaction.atomic
def decline_control(*, case_id: int, reason: str, by: Actor, at: datetime) -> None:
    """Decline to sign: the case goes on as if nobody had asked."""
    _may_sign(case_id, by, at)
    if not reason.strip():
        raise ReasonMissing
    row = _row(case_id)
    if row is None:
        raise ControlMissing
    row.declined_by, row.declined_at, row.decline_reason = by.ref, at, reason.strip()
    row.save()
    record(Step(case_id, by, at).fact(events.CONTROL_DECLINED, reason=reason.strip()))


def _first(case_id: int, reason: str, *, by: Actor, at: datetime) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise ReasonTooShort
    state, round_ = db.one(_STATE, (case_id,)) or ("", 0)
    if state != "RESOLVED" and round_ == 1:
        raise CaseNotAsked
    ControlledClosure.objects.create(
        case_id=case_id, round=round_, reason=reason.strip(), signed_by=by.ref, signed_at=at
    )
    step = Step(case_id, by, at)
    record(step.fact(events.CONTROL_SIGNED, reason=reason.strip(), signature=1))


def _may_sign(case_id: int, by: Actor, at: datetime) -> Place:
    place = allowed(case_id, VERB, by, at)
    if by.staff_id is None:  # a signature is a person's
        raise NotAllowed
    if place.is_closed:
        raise steps.CaseAlreadyClosed
    people = [by.ref, *([by.on_behalf_of] if by.on_behalf_of else [])]
    handled = Handling.objects.filter(case_id=case_id)
    if (handled.filter(handled_by__in=people) | handled.filter(on_behalf_of__in=people)).exists():
        raise HandlerSigns
    return place


def _row(case_id: int) -> ControlledClosure | None:
    state = db.one(_STATE, (case_id,))
    found = ControlledClosure.objects.select_for_update().filter(
        case_id=case_id, round=state[1] if state else 0, declined_at=None, countersigned_at=None
    )
    return found.first()


def _mover(by: Actor) -> Actor:
    """Return who ends the process: two signatures suffice, whoever may end processes otherwise."""
    return Actor("system:cases", on_behalf_of=by.on_behalf_of or by.ref, unit_id=by.unit_id)
