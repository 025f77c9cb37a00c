"""The verbs of cases. Each checks who may, runs in one transaction and leaves facts behind."""

from bihuan.domain.cases.actions.acting import CaseChanged, require_unchanged
from bihuan.domain.cases.actions.bursts import take_burst
from bihuan.domain.cases.actions.consulting import (
    Opinion,
    answer_consultation,
    ask_experts,
    withdraw_consultation,
)
from bihuan.domain.cases.actions.control import decline_control, sign_control
from bihuan.domain.cases.actions.correspondence import IntakePlace, Taken, take_in
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
from bihuan.domain.cases.actions.improving import (
    Measures,
    Study,
    ask_arbitration,
    check_capa,
    code_cause,
    decide_grant,
    finish_capa,
    plan_capa,
    propose_grant,
    publish_study,
    review_result,
    rule,
    write_study,
)
from bihuan.domain.cases.actions.intake import (
    accept_request,
    accept_requests,
    add_participants,
    add_to_case,
    answer_at_desk,
    settle_refused,
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
from bihuan.domain.cases.actions.writing import may_write, write_to_customer

__all__ = [
    "CaseChanged",
    "Export",
    "IntakePlace",
    "JointAnswer",
    "Measures",
    "Opinion",
    "Order",
    "Study",
    "Taken",
    "Told",
    "accept_request",
    "accept_requests",
    "add_note",
    "add_participants",
    "add_to_case",
    "answer_at_desk",
    "answer_consultation",
    "answer_supervision",
    "answer_together",
    "ask_arbitration",
    "ask_experts",
    "check_capa",
    "classify_case",
    "code_cause",
    "confirm_supervision",
    "decide_grant",
    "decline_control",
    "dispatch_case",
    "export_cases",
    "finish_capa",
    "grade_case",
    "issue_supervision",
    "join_incident",
    "leave_incident",
    "link_cases",
    "look_ahead",
    "may_write",
    "merge_case",
    "open_case",
    "plan_capa",
    "propose_grant",
    "publish_study",
    "record_handling",
    "record_told",
    "reopen_case",
    "require_unchanged",
    "reveal_phone",
    "review_result",
    "rule",
    "settle_refused",
    "sign_control",
    "survivor_of",
    "take_burst",
    "take_in",
    "told_facts",
    "undo_merge",
    "unlink_cases",
    "urge_case",
    "withdraw_case",
    "withdraw_consultation",
    "withdraw_supervision",
    "write_study",
    "write_to_customer",
]
