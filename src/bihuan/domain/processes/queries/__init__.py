"""What can be asked of processes: the inbox, one unit, the flow of an instance."""

from bihuan.domain.processes.queries.acts import unit_standing
from bihuan.domain.processes.queries.copies import (
    CopyMissing,
    CopyRow,
    copies_for,
    copy_for,
    is_copied_to,
    unread_copies,
)
from bihuan.domain.processes.queries.extensions import (
    ExtensionMissing,
    ExtensionRow,
    extension_of,
    pending_extensions,
)
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
    ask_inbox,
    inbox,
    inbox_counts,
)
from bihuan.domain.processes.queries.loads import units_in_hand
from bihuan.domain.processes.queries.migrations import (
    MigratedRow,
    MigrationMissing,
    MigrationRow,
    migrated,
    migration,
    recent_migrations,
)
from bihuan.domain.processes.queries.next_units import NextUnit, NextUnits, next_units
from bihuan.domain.processes.queries.rows import InstanceMissing, UnitMissing
from bihuan.domain.processes.queries.running import running_by_definition
from bihuan.domain.processes.queries.runs import UnitRun, unit_runs
from bihuan.domain.processes.queries.skips import SkipCount, skips_by_owner
from bihuan.domain.processes.queries.unit import (
    OpenUnit,
    ReturnTarget,
    UnitView,
    Urges,
    open_unit_of,
    unit,
)

__all__ = [
    "ClockGroup",
    "CopyMissing",
    "CopyRow",
    "ExtensionMissing",
    "ExtensionRow",
    "FilledForm",
    "InboxCounts",
    "InboxFilter",
    "InstanceMissing",
    "InstanceView",
    "MigratedRow",
    "MigrationMissing",
    "MigrationRow",
    "NextUnit",
    "NextUnits",
    "OpenUnit",
    "OpenUnitRow",
    "ReturnTarget",
    "SkipCount",
    "StripUnit",
    "UnitMissing",
    "UnitRow",
    "UnitRun",
    "UnitView",
    "Urges",
    "ask_inbox",
    "clock_groups",
    "copies_for",
    "copy_for",
    "extension_of",
    "inbox",
    "inbox_counts",
    "instance",
    "instances_of",
    "is_copied_to",
    "last_form_with",
    "migrated",
    "migration",
    "next_units",
    "open_unit_of",
    "open_units",
    "pending_extensions",
    "recent_migrations",
    "running_by_definition",
    "skips_by_owner",
    "suspended",
    "unit",
    "unit_runs",
    "unit_standing",
    "units_in_hand",
    "units_of",
    "unread_copies",
]
