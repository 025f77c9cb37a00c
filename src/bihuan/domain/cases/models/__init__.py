"""The tables of cases."""

from bihuan.domain.cases.models.case import Case, CaseClass, Handling, Note, Standing
from bihuan.domain.cases.models.closing import Closure, Consent, ControlledClosure
from bihuan.domain.cases.models.gathering import Burst, CaseLink, CaseMerge
from bihuan.domain.cases.models.pressing import CustomerUrge, SupervisionOrder

__all__ = [
    "Burst",
    "Case",
    "CaseClass",
    "CaseLink",
    "CaseMerge",
    "Closure",
    "Consent",
    "ControlledClosure",
    "CustomerUrge",
    "Handling",
    "Note",
    "Standing",
    "SupervisionOrder",
]
