"""The steps of the loop, as a process takes them: whoever submitted the unit was allowed to.

Each step is one statement that changes the case and writes the fact together, and is refused when the
case stands elsewhere. People reach the same steps through the verbs of `actions`, which ask first.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bihuan.domain.cases import events, rules
from bihuan.domain.cases.actions import grading, statements as sql
from bihuan.domain.cases.actions.bursts import watch_for_burst
from bihuan.domain.cases.choices import CaseState, ClosureKind, ConsentAnswer
from bihuan.domain.cases.events import Verification, case_ref
from bihuan.domain.cases.ports import UNCLASSIFIED
from bihuan.domain.cases.rules import Weight
from bihuan.domain.escalations import actions as escalations
from bihuan.domain.ledger.actions import announcing, fact_params, record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.processes import actions as processes
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound, Refused


class CaseAlreadyClosed(Refused):
    """Nothing more can be done to a closed case; it may be reopened."""

    message = "工单已办结，如需继续处理请重开。"


class CaseIsMerged(Refused):
    """A merged case goes on in its survivor; undoing the merge wakes it."""

    message = "工单已并入其他工单，请到并入的工单办理，或先撤销合并。"


class CaseNotResolved(Refused):
    """The customer is asked only after somebody has handled the case."""

    message = "工单还没有处理完，不能回访客户。"


class CaseNotClosed(Refused):
    """Only a closed case can be reopened."""

    message = "工单没有办结，不需要重开。"


class CustomerHasNotAgreed(Refused):
    """A case is closed only with the customer's consent (CMP-05)."""

    message = "客户还没有同意，不能办结。"


class ComplaintNeedsTheCustomer(Refused):
    """Nobody of ours ends a complaint alone: neither by withdrawing it nor by ending its process."""

    message = "投诉只能经客户同意关闭、由客户本人撤回，或两人签字受控关闭。"


class CustomerHasNotRefused(Refused):
    """A case goes back to work only when the customer refused to close it."""

    message = "客户没有表示不同意，不需要返工。"


class CustomerAlreadyAnswered(Refused):
    """The customer answers once in a round."""

    message = "本轮已经记录过客户的答复。"


class VerifierHandledTheCase(Refused):
    """Whoever handled a case may not ask the customer about it (CMP-04)."""

    message = "处理过这件工单的人不能回访，请换一个人。"


class ClassUnknown(Invalid):
    """The class is not in the taxonomy of the case's pack."""

    message = "没有这个业务类别。"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of one case: who takes it, and when."""

    case_id: int
    by: Actor
    at: datetime

    def take(
        self, change: sql.Statement, values: Mapping[str, Any], *facts: Fact, or_else: type[Refused]
    ) -> tuple[Any, ...]:
        """Run a statement of this module; raise `or_else` when the case does not stand so."""
        params = {"case": self.case_id, "at": self.at, "by": self.by.ref, **values}
        batched = processes.is_kept(case_ref(self.case_id))
        if batched:
            changed = db.one(change.alone, params)
        else:
            changed = db.one(change.told, {**params, **fact_params(facts)})
        if changed is None:
            raise self._why(or_else)
        if batched:
            processes.tell_kept(case_ref(self.case_id), facts)
        return changed

    def fact(self, name: str, *, reason: str = "", **data: Any) -> Fact:
        """Return a fact about this case."""
        ref = case_ref(self.case_id)
        return Fact(name, ref, ref, self.at, self.by, reason, data)

    def _why(self, or_else: type[Refused]) -> Refused:
        row = db.one(sql.ENDED, (self.case_id,))
        if row is None:
            return NotFound()
        if row[1] is not None:
            return CaseIsMerged()
        return CaseAlreadyClosed() if row[0] is not None else or_else()


@dataclass(frozen=True, slots=True)
class ClassChosen:
    """What a class of the taxonomy decides for a case."""

    code: str
    name: str
    request_type: str
    grade: str
    grading: str
    process_key: str
    id: int
    burst: str
    org_unit_id: int


def classify(step: Step, code: str) -> ClassChosen:
    """Put the case into a class of its pack; look whether that makes a burst."""
    grading.forget(step.case_id)
    fact = step.fact(events.CLASSIFIED, cls=code)
    chosen = ClassChosen(*step.take(sql.CLASSIFY, {"code": code}, fact, or_else=ClassUnknown))
    if chosen.burst and code != UNCLASSIFIED and announcing():
        watch_for_burst(step.case_id, chosen.id, chosen.org_unit_id, rule=chosen.burst, at=step.at)
    return chosen


def grade(step: Step, weight: Weight, grade: str) -> None:
    """Set how serious the case is."""
    grading.forget(step.case_id)
    values = {**asdict(weight), "grade": grade}
    step.take(sql.GRADE, values, step.fact(events.GRADED, **values), or_else=NotFound)
    escalations.graded(case_ref(step.case_id), grade, by=step.by, at=step.at)


def dispatch(step: Step, org_unit_id: int, *, reason: str = "") -> None:
    """Name the unit responsible for the case (TKT-15)."""
    fact = step.fact(events.DISPATCHED, reason=reason, org_unit=org_unit_id)
    step.take(sql.DISPATCH, {"unit": org_unit_id}, fact, or_else=NotFound)


def record_handling(step: Step, text: str) -> None:
    """Keep what was done. The text stays with the case; the fact only says that it happened."""
    values = {"text": text, "behalf": step.by.on_behalf_of, "unit": step.by.unit_id}
    step.take(sql.HANDLE, values, step.fact(events.HANDLED), or_else=NotFound)


def resolve_handled(step: Step, text: str, who: Actor) -> None:
    """Keep what was done and by whom, and say that the case is handled.

    Again in the same round when the process has gone back behind this step and comes by once more; what
    was recorded then is not recorded twice.
    """
    values = {
        "text": text,
        "handler": who.ref,
        "behalf": who.on_behalf_of,
        "unit": who.unit_id,
    }
    handled = replace(step, by=who).fact(events.HANDLED)
    facts = (handled, step.fact(events.RESOLVED))
    try:
        step.take(sql.RESOLVE_HANDLED, values, *facts, or_else=_IsRecorded)
    except _IsRecorded:
        resolve(step)


def resolve(step: Step) -> None:
    """Say that the case is handled; now the customer is asked."""
    step.take(sql.RESOLVE, {}, step.fact(events.RESOLVED), or_else=NotFound)


class _IsRecorded(Refused):
    """This handling is there already."""


def verify(step: Step, verification: Verification) -> str:
    """Keep the customer's answer of this round and return it: AGREED or REFUSED.

    Until the case is closed an AGREED may be taken back or confirmed when the follow-up is done again; a
    REFUSED has sent the case back to work and stays.
    """
    answer = ConsentAnswer(verification.answer)
    values = {
        "answer": answer,
        "channel": verification.channel,
        "by": verification.asked_by or step.by.ref,
        "note": verification.note,
        "score": verification.score,
        "people": rules.people_of(step.by),
    }
    try:
        step.take(
            sql.VERIFY,
            values,
            step.fact(events.VERIFIED, answer=answer, score=verification.score),
            or_else=_NotAsked,
        )
    except _NotAsked:
        raise _why_not_asked(step) from None
    return str(answer)


class _NotAsked(Refused):
    """The answer was not kept; `_why_not_asked` says why."""


def _why_not_asked(step: Step) -> Refused:
    row = db.one(sql.STANDING, (step.case_id,))
    state, handlers = row or (CaseState.OPEN, [])
    if state == CaseState.OPEN:
        return CaseNotResolved()
    if rules.handled_it(step.by, handlers):
        return VerifierHandledTheCase()
    return CustomerAlreadyAnswered()


def record_silence(step: Step, count: int, *, note: str = "") -> None:
    """Keep that the customer could not be reached: silence is never consent (decision 10 of the spec)."""
    record(step.fact(events.UNANSWERED, reason=note, count=count))


def rework(step: Step, *, reason: str = "") -> int:
    """Send a case the customer refused to close back to work; return how often that happened."""
    fact = step.fact(events.REWORKED, reason=reason)
    count = int(step.take(sql.REWORK, {}, fact, or_else=CustomerHasNotRefused)[0])
    escalations.reworked(case_ref(step.case_id), count, by=step.by, at=step.at)
    return count


def close(step: Step) -> None:
    """Close the case with the consent of this round."""
    fact = step.fact(events.CLOSED, kind=ClosureKind.CONSENT)
    step.take(sql.CLOSE, {"state": CaseState.CLOSED}, fact, or_else=CustomerHasNotAgreed)


def close_apart(step: Step, kind: ClosureKind, *, reason: str) -> None:
    """End the case without consent, as one of the kinds that are counted apart."""
    withdrawn = kind == ClosureKind.WITHDRAWN
    values = {
        "kind": kind,
        "reason": reason,
        "state": CaseState.CANCELLED if withdrawn else CaseState.CLOSED,
    }
    name = events.WITHDRAWN if withdrawn else events.CLOSED
    step.take(
        sql.CLOSE_APART,
        values,
        step.fact(name, reason=reason, kind=kind),
        or_else=CaseAlreadyClosed,
    )


def close_controlled(step: Step, signed_by: str, countersigned_by: str, *, reason: str) -> None:
    """Close the case without consent on two signatures; counted apart in every report (CMP-08)."""
    values = {
        "reason": reason,
        "state": CaseState.CLOSED,
        "signed": signed_by,
        "countersigned": countersigned_by,
    }
    fact = step.fact(
        events.CLOSED,
        reason=reason,
        kind=ClosureKind.CONTROLLED,
        signed_by=signed_by,
        countersigned_by=countersigned_by,
    )
    step.take(sql.CLOSE_CONTROLLED, values, fact, or_else=CaseAlreadyClosed)


def reopen(step: Step, *, reason: str) -> int:
    """Open a closed case for another round; return how often that happened."""
    fact = step.fact(events.REOPENED, reason=reason)
    return int(step.take(sql.REOPEN, {}, fact, or_else=CaseNotClosed)[0])


def note(step: Step, text: str) -> int:
    """Keep a remark and return its id."""
    return int(step.take(sql.NOTE, {"text": text}, step.fact(events.NOTED), or_else=NotFound)[0])
