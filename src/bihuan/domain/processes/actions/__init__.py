"""Every operation on a process: each one transaction, with its permission, its facts and its clock effect."""

from bihuan.domain.processes.actions.acting import require_unit_unchanged
from bihuan.domain.processes.actions.batch import Batch, batch
from bihuan.domain.processes.actions.co_handlers import add_co_handler, remove_co_handler
from bihuan.domain.processes.actions.copies import Recipients, carbon_copy, mark_copy_read
from bihuan.domain.processes.actions.delegating import (
    DelegationTerms,
    complete_delegation,
    delegate,
    give_back,
)
from bihuan.domain.processes.actions.extensions import (
    MoreTime,
    approve_extension,
    refuse_extension,
    request_extension,
    withdraw_extension,
)
from bihuan.domain.processes.actions.ids import next_instance_columns
from bihuan.domain.processes.actions.interventions import (
    jump,
    resume,
    return_unit,
    suspend,
    terminate,
    withdraw,
)
from bihuan.domain.processes.actions.keeping import batch_memory, is_kept, tell_kept
from bihuan.domain.processes.actions.leads import set_warning_lead
from bihuan.domain.processes.actions.many import ManyUnits, Outcome, do_many
from bihuan.domain.processes.actions.messages import Addressee, correlate_message
from bihuan.domain.processes.actions.migrating import (
    InstanceResult,
    MigrationPlan,
    MigrationReport,
    Portion,
    begin_migration,
    begin_reversal,
    continue_migration,
    migrate_instances,
    reverse_migration,
    try_migration,
)
from bihuan.domain.processes.actions.reading import forget
from bihuan.domain.processes.actions.reopening import reopen_instance
from bihuan.domain.processes.actions.skipping import skip_unit
from bihuan.domain.processes.actions.start import start_process
from bihuan.domain.processes.actions.urging import urge
from bihuan.domain.processes.actions.work import (
    assign,
    claim,
    release,
    save_draft,
    submit,
    transfer,
)

__all__ = [
    "Addressee",
    "Batch",
    "DelegationTerms",
    "InstanceResult",
    "ManyUnits",
    "MigrationPlan",
    "MigrationReport",
    "MoreTime",
    "Outcome",
    "Portion",
    "Recipients",
    "add_co_handler",
    "approve_extension",
    "assign",
    "batch",
    "batch_memory",
    "begin_migration",
    "begin_reversal",
    "carbon_copy",
    "claim",
    "complete_delegation",
    "continue_migration",
    "correlate_message",
    "delegate",
    "do_many",
    "forget",
    "give_back",
    "is_kept",
    "jump",
    "mark_copy_read",
    "migrate_instances",
    "next_instance_columns",
    "refuse_extension",
    "release",
    "remove_co_handler",
    "reopen_instance",
    "request_extension",
    "require_unit_unchanged",
    "resume",
    "return_unit",
    "reverse_migration",
    "save_draft",
    "set_warning_lead",
    "skip_unit",
    "start_process",
    "submit",
    "suspend",
    "tell_kept",
    "terminate",
    "transfer",
    "try_migration",
    "urge",
    "withdraw",
    "withdraw_extension",
]
