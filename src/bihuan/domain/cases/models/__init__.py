"""The tables of cases."""

from bihuan.domain.cases.models.case import Case, CaseClass, Handling, Note, Standing
from bihuan.domain.cases.models.closing import Closure, Consent, ControlledClosure
from bihuan.domain.cases.models.gathering import Burst, CaseLink, CaseMerge
from bihuan.domain.cases.models.improving import (
    Arbitration,
    Capa,
    CaseStudy,
    CauseCoding,
    Grant,
    ResultReview,
)
from bihuan.domain.cases.models.pressing import CustomerUrge, SupervisionOrder

__all__ = [
    "Arbitration",
    "Burst",
    "Capa",
    "Case",
    "CaseClass",
    "CaseLink",
    "CaseMerge",
    "CaseStudy",
    "CauseCoding",
    "Closure",
    "Consent",
    "ControlledClosure",
    "CustomerUrge",
    "Grant",
    "Handling",
    "Note",
    "ResultReview",
    "Standing",
    "SupervisionOrder",
]
