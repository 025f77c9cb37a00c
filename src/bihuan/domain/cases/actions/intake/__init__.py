"""Taking requests in at the desk, on every channel alike, and keeping what could not be taken in."""

from collections.abc import Sequence

from bihuan.domain.cases.actions.intake.many import accept_requests
from bihuan.domain.cases.actions.intake.petitions import add_participants
from bihuan.domain.cases.actions.intake.register import add_to_case, settle_refused
from bihuan.domain.cases.actions.intake.taking import accept_request, answer_at_desk

__all__: Sequence[str] = (
    "accept_request",
    "accept_requests",
    "add_participants",
    "add_to_case",
    "answer_at_desk",
    "settle_refused",
)
