"""The tables of processes, and the values that decide whose work a unit is."""

from bihuan.domain.processes.models.companions import Copy, CopyRead, Extension, Urge
from bihuan.domain.processes.models.tables import ProcessInstance, Token
from bihuan.domain.processes.models.versions import MigratedInstance, Migration

__all__ = [
    "Copy",
    "CopyRead",
    "Extension",
    "MigratedInstance",
    "Migration",
    "ProcessInstance",
    "Token",
    "Urge",
]
