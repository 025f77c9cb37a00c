"""Org's tables: the unit tree, who holds which post in it and when, and how staff sign in."""

from bihuan.domain.org.models.duty import (
    DailySheet,
    HandoverItem,
    LogEntry,
    PlanRun,
    PlanStep,
    SheetRead,
    Shift,
)
from bihuan.domain.org.models.places import Holding, Leave, OrgRevision, OrgUnit, Post, Role
from bihuan.domain.org.models.staff import ApiToken, SignInSession, Staff, WarningLead

__all__ = [
    "ApiToken",
    "DailySheet",
    "HandoverItem",
    "Holding",
    "Leave",
    "LogEntry",
    "OrgRevision",
    "OrgUnit",
    "PlanRun",
    "PlanStep",
    "Post",
    "Role",
    "SheetRead",
    "Shift",
    "SignInSession",
    "Staff",
    "WarningLead",
]
