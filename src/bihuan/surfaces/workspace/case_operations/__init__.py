"""What can be done with a case beside its units: each a dialog and one action."""

from typing import Final

from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace.case_operations import (
    closing,
    consulting,
    gathering,
    learning,
    pressing,
    writing,
)
from bihuan.surfaces.workspace.case_operations.operation import CaseOperation

__all__ = ["OPERATIONS", "CaseOperation", "OperationUnknown", "named", "offered"]


class OperationUnknown(NotFound):
    """There is no operation of this name."""

    message = "没有这个操作。"


OPERATIONS: Final[tuple[CaseOperation, ...]] = (
    writing.WriteMail(),
    pressing.Supervise(),
    pressing.Urge(),
    consulting.AskExperts(),
    consulting.GiveOpinion(),
    consulting.TakeQuestionBack(),
    gathering.Link(),
    gathering.Unlink(),
    gathering.Merge(),
    gathering.UndoMerge(),
    gathering.JoinIncident(),
    gathering.LeaveIncident(),
    gathering.AnswerTogether(),
    closing.ReviewTheResult(),
    closing.AskArbitration(),
    closing.Rule(),
    closing.SignControl(),
    closing.DeclineControl(),
    learning.CodeCause(),
    learning.PlanCapa(),
    learning.FinishCapa(),
    learning.CheckCapa(),
    learning.WriteStudy(),
    learning.ProposeGrant(),
    learning.DecideGrant(),
)


def named(verb: str) -> CaseOperation:
    """Return an operation by its word in the address."""
    for operation in OPERATIONS:
        if operation.verb == verb:
            return operation
    raise OperationUnknown


def offered(number: str, codes: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the operations with these codes, as buttons."""
    return [
        {
            "code": one.code,
            "title": one.title,
            "sign": one.sign,
            "group": one.group,
            "address": one.address(number),
        }
        for one in OPERATIONS
        if one.code in codes
    ]
