"""What can be asked of org: the tree, who holds what, and what a person may do at a moment."""

from bihuan.domain.org.ports import Access, Scope, Unit
from bihuan.domain.org.queries.access import (
    access_by_token,
    access_of,
    actor_for,
    authorise,
    authorise_anywhere,
    covers_of,
)
from bihuan.domain.org.queries.people import (
    LeaveRow,
    StaffRow,
    StaffUnknown,
    at_work,
    holdings_of,
    leave_of,
    names_of,
    post_names,
    staff,
    staff_by_login,
    staff_holding,
    staff_list,
    staff_who_may,
)
from bihuan.domain.org.queries.preferences import warning_lead
from bihuan.domain.org.queries.sessions import (
    SessionRow,
    TokenRow,
    Visit,
    sessions_of,
    tokens_of,
    visit,
)
from bihuan.domain.org.queries.tree import (
    revision,
    tree,
    unit,
    unit_by_code,
    units_under,
)

__all__ = [
    "Access",
    "LeaveRow",
    "Scope",
    "SessionRow",
    "StaffRow",
    "StaffUnknown",
    "TokenRow",
    "Unit",
    "Visit",
    "access_by_token",
    "access_of",
    "actor_for",
    "at_work",
    "authorise",
    "authorise_anywhere",
    "covers_of",
    "holdings_of",
    "leave_of",
    "names_of",
    "post_names",
    "revision",
    "sessions_of",
    "staff",
    "staff_by_login",
    "staff_holding",
    "staff_list",
    "staff_who_may",
    "tokens_of",
    "tree",
    "unit",
    "unit_by_code",
    "units_under",
    "visit",
    "warning_lead",
]
