"""Org's tables: the unit tree, who holds which post in it and when, and how staff sign in."""

from bihuan.domain.org.models.places import Holding, Leave, OrgRevision, OrgUnit, Post, Role
from bihuan.domain.org.models.staff import ApiToken, SignInSession, Staff, WarningLead

__all__ = [
    "ApiToken",
    "Holding",
    "Leave",
    "OrgRevision",
    "OrgUnit",
    "Post",
    "Role",
    "SignInSession",
    "Staff",
    "WarningLead",
]
