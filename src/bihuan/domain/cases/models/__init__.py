"""The tables of cases."""

from bihuan.domain.cases.models.case import (
    Case,
    CaseClass,
    Closure,
    Consent,
    Handling,
    Note,
    Standing,
)
from bihuan.domain.cases.models.pressing import CustomerUrge, SupervisionOrder

__all__ = [
    "Case",
    "CaseClass",
    "Closure",
    "Consent",
    "CustomerUrge",
    "Handling",
    "Note",
    "Standing",
    "SupervisionOrder",
]
