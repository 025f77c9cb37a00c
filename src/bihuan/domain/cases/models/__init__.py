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
from bihuan.domain.cases.models.intake import (
    Consultation,
    Fingerprint,
    HotTopic,
    Participant,
    Petition,
    Referral,
)
from bihuan.domain.cases.models.portal import Attempt, PhoneCode
from bihuan.domain.cases.models.pressing import CustomerUrge, SupervisionOrder

__all__ = [
    "Arbitration",
    "Attempt",
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
    "Consultation",
    "ControlledClosure",
    "CustomerUrge",
    "Fingerprint",
    "Grant",
    "Handling",
    "HotTopic",
    "Note",
    "Participant",
    "Petition",
    "PhoneCode",
    "Referral",
    "ResultReview",
    "Standing",
    "SupervisionOrder",
]
