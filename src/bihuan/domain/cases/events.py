"""The names of the facts that cases record, and the values its verbs pass around."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

OPENED = "case.opened"
CLASSIFIED = "case.classified"
GRADED = "case.graded"
DISPATCHED = "case.dispatched"
HANDLED = "case.handled"
RESOLVED = "case.resolved"
VERIFIED = "case.verified"
REWORKED = "case.reworked"
CLOSED = "case.closed"
WITHDRAWN = "case.withdrawn"
REOPENED = "case.reopened"
NOTED = "case.noted"
PHONE_SEEN = "customer.phone_seen"
EXPORTED = "cases.exported"
UPDATED = "case.updated"
TOUCHED = "case.touched"
LINKED = "case.linked"
UNLINKED = "case.unlinked"
MERGED = "case.merged"
TOOK_IN = "case.took_in"
UNMERGED = "case.unmerged"
GAVE_BACK = "case.gave_back"
JOINED = "case.joined"
LEFT = "case.left"
ANSWERED_TOGETHER = "case.answered_together"
BURST = "case.burst_detected"
BURST_TAKEN = "case.burst_taken"
CONTROL_SIGNED = "case.control_signed"
CONTROL_DECLINED = "case.control_declined"
CAUSE_CODED = "case.cause_coded"
REVIEWED = "case.result_reviewed"
ARBITRATION_ASKED = "case.arbitration_asked"
ARBITRATED = "case.arbitrated"
CAPA_PLANNED = "case.capa_planned"
CAPA_DONE = "case.capa_done"
CAPA_CHECKED = "case.capa_checked"
STUDY_WRITTEN = "case.study_written"
STUDY_PUBLISHED = "case.study_published"
GRANT_PROPOSED = "case.grant_proposed"
GRANT_APPROVED = "case.grant_approved"
GRANT_DECLINED = "case.grant_declined"
UNANSWERED = "case.unanswered"
URGED = "case.urged"
ADDED = "case.customer_added"
CODE_SENT = "case.code_sent"
PROVEN = "case.customer_proven"
REFERRED = "case.referred"
PETITIONED = "case.petition_noted"
CONSULTED = "case.experts_asked"
CONSULTATION_ANSWERED = "case.experts_answered"
CONSULTATION_WITHDRAWN = "case.experts_withdrawn"
ANSWERED_AT_DESK = "intake.answered"
INTAKE_REFUSED = "intake.refused"
INTAKE_SETTLED = "intake.settled"
LEVEL_RAISED = "case.level_raised"
SUPERVISION_ISSUED = "case.supervision_issued"
SUPERVISION_ANSWERED = "case.supervision_answered"
SUPERVISION_CONFIRMED = "case.supervision_confirmed"
SUPERVISION_RETURNED = "case.supervision_returned"
SUPERVISION_WITHDRAWN = "case.supervision_withdrawn"
SUPERVISION_OVERDUE = "case.supervision_overdue"


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """What is known when a case is taken in.

    `class_code` is a code of the pack's taxonomy; empty means the pack's `unclassified` class.
    `number` and `source_ref` are for imports: the case keeps the number it came with, and the same
    `source_ref` is never opened twice. `variables` go to the process as they are. `address` is where it
    happened; it helps to find duplicates. `answer_by` is the moment somebody else wants our answer by: the
    promise is not later.
    """

    pack: str
    title: str
    org_unit_id: int
    class_code: str = ""
    description: str = ""
    channel: str = "PHONE"
    customer_id: int | None = None
    account_id: int | None = None
    contact_name: str = ""
    contact_phone: str = ""
    importance: int = 2
    urgency: int = 2
    scope: int = 2
    number: str = ""
    source_ref: str = ""
    address: str = ""
    answer_by: datetime | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReferralIn:
    """Who handed a request on to us, under which number of theirs, and by when they want an answer (CHN-07)."""

    sender: str
    reference: str = ""
    reply_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PersonIn:
    """One of the people behind a petition."""

    name: str
    phone: str = ""
    is_representative: bool = False


@dataclass(frozen=True, slots=True)
class PetitionIn:
    """Many people with one demand (CHN-20). `headcount` counts those unnamed too."""

    headcount: int
    people: Sequence[PersonIn] = ()
    raised_before: int = 0
    first_raised_on: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """A request as it came in at the desk, on any channel. `remark` is kept with the contact."""

    request: CaseRequest
    referral: ReferralIn | None = None
    petition: PetitionIn | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """The case an action made or found. `is_new` is false when `source_ref` was known already."""

    id: int
    number: str
    instance_id: int
    is_new: bool = True

    @property
    def ref(self) -> str:
        """Return the case's ref in facts and processes."""
        return case_ref(self.id)


@dataclass(frozen=True, slots=True)
class Verification:
    """What the customer answered. `asked_by` names who asked when that is not the actor."""

    answer: str
    channel: str = "PHONE"
    score: int | None = None
    note: str = ""
    asked_by: str = ""


def case_ref(case_id: int) -> str:
    """Return `case:9`."""
    return f"case:{case_id}"


def case_id_of(ref: str) -> int:
    """Return 9 for `case:9`."""
    return int(ref.removeprefix("case:"))
