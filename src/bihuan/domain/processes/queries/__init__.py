"""What can be asked of processes: the inbox, one unit, the flow of an instance."""

from bihuan.domain.processes.queries.flow import (
    ClockGroup,
    FilledForm,
    InstanceView,
    OpenUnitRow,
    StripUnit,
    clock_groups,
    instance,
    instances_of,
    last_form_with,
    open_units,
    suspended,
    units_of,
)
from bihuan.domain.processes.queries.inbox import (
    InboxCounts,
    InboxFilter,
    UnitRow,
    inbox,
    inbox_counts,
)
from bihuan.domain.processes.queries.next_units import NextUnit, NextUnits, next_units
from bihuan.domain.processes.queries.rows import InstanceMissing, UnitMissing
from bihuan.domain.processes.queries.unit import (
    OpenUnit,
    ReturnTarget,
    UnitView,
    open_unit_of,
    unit,
)

__all__ = [
    "ClockGroup",
    "FilledForm",
    "InboxCounts",
    "InboxFilter",
    "InstanceMissing",
    "InstanceView",
    "NextUnit",
    "NextUnits",
    "OpenUnit",
    "OpenUnitRow",
    "ReturnTarget",
    "StripUnit",
    "UnitMissing",
    "UnitRow",
    "UnitView",
    "clock_groups",
    "inbox",
    "inbox_counts",
    "instance",
    "instances_of",
    "last_form_with",
    "next_units",
    "open_unit_of",
    "open_units",
    "suspended",
    "unit",
    "units_of",
]
