"""The verbs of cases. Each checks who may, runs in one transaction and leaves facts behind."""

from bihuan.domain.cases.actions.bursts import take_burst
from bihuan.domain.cases.actions.control import decline_control, sign_control
from bihuan.domain.cases.actions.exports import Export, export_cases
from bihuan.domain.cases.actions.gathering import (
    JointAnswer,
    answer_together,
    join_incident,
    leave_incident,
    link_cases,
    merge_case,
    survivor_of,
    undo_merge,
    unlink_cases,
)
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
    "JointAnswer",
    "Order",
    "Told",
    "add_note",
    "answer_supervision",
    "answer_together",
    "classify_case",
    "confirm_supervision",
    "decline_control",
    "dispatch_case",
    "export_cases",
    "grade_case",
    "issue_supervision",
    "join_incident",
    "leave_incident",
    "link_cases",
    "look_ahead",
    "merge_case",
    "open_case",
    "record_handling",
    "record_told",
    "reopen_case",
    "reveal_phone",
    "sign_control",
    "survivor_of",
    "take_burst",
    "told_facts",
    "undo_merge",
    "unlink_cases",
    "urge_case",
    "withdraw_case",
    "withdraw_supervision",
]
