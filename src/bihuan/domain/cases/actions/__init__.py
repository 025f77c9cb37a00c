"""The verbs of cases. Each checks who may, runs in one transaction and leaves facts behind."""

from bihuan.domain.cases.actions.exports import Export, export_cases
from bihuan.domain.cases.actions.numbers import reveal_phone
from bihuan.domain.cases.actions.opening import look_ahead, open_case
from bihuan.domain.cases.actions.pressing import urge_case
from bihuan.domain.cases.actions.supervision import (
    Order,
    answer_supervision,
    confirm_supervision,
    issue_supervision,
    withdraw_supervision,
)
from bihuan.domain.cases.actions.telling import Told, record_told, told_facts
from bihuan.domain.cases.actions.verbs import (
    add_note,
    classify_case,
    dispatch_case,
    grade_case,
    record_handling,
    reopen_case,
    withdraw_case,
)

__all__ = [
    "Export",
    "Order",
    "Told",
    "add_note",
    "answer_supervision",
    "classify_case",
    "confirm_supervision",
    "dispatch_case",
    "export_cases",
    "grade_case",
    "issue_supervision",
    "look_ahead",
    "open_case",
    "record_handling",
    "record_told",
    "reopen_case",
    "reveal_phone",
    "told_facts",
    "urge_case",
    "withdraw_case",
    "withdraw_supervision",
]
