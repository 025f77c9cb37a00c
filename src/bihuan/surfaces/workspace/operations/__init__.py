"""What can be done with a unit beside submitting it: each a dialog with a reason and one action."""

from typing import Final

from bihuan.domain.processes.queries import UnitView
from bihuan.kit.problems import NotFound
from bihuan.surfaces.workspace.operations import colleagues, pressing, route
from bihuan.surfaces.workspace.operations.operation import Operation, org_unit_options

__all__ = ["OPERATIONS", "Operation", "OperationUnknown", "named", "offered", "org_unit_options"]


class OperationUnknown(NotFound):
    """There is no operation of this name."""

    message = "没有这个操作。"


OPERATIONS: Final[tuple[Operation, ...]] = (
    pressing.DecideExtension(),
    route.Return(),
    colleagues.Transfer(),
    colleagues.Assign(),
    colleagues.Release(),
    route.Withdraw(),
    colleagues.Delegate(),
    colleagues.CompleteDelegation(),
    colleagues.GiveBack(),
    colleagues.AddCoHandler(),
    colleagues.RemoveCoHandler(),
    colleagues.CarbonCopy(),
    pressing.Urge(),
    pressing.RequestExtension(),
    pressing.WithdrawExtension(),
    route.Skip(),
    route.Jump(),
    route.Suspend(),
    route.Resume(),
    route.Terminate(),
    route.Reopen(),
)


def named(verb: str) -> Operation:
    """Return an operation by its word in the address."""
    for operation in OPERATIONS:
        if operation.verb == verb:
            return operation
    raise OperationUnknown


def offered(unit: UnitView) -> list[dict[str, str]]:
    """Return the operations this person may use on the unit now; `place` says where a page shows them.

    `first` stand beside the form, `unit` in its menu, `whole` concern the process.
    """
    return [
        {
            "title": operation.title,
            "sign": operation.sign,
            "address": operation.address(unit),
            "place": "first" if operation.is_first else "whole" if operation.is_whole else "unit",
        }
        for operation in OPERATIONS
        if operation.offered_for in unit.operations
    ]
