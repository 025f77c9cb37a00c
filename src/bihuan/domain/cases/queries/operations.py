"""Which verbs of a case the asker may use now, as stable codes: what a page or a program offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from bihuan.domain.cases.choices import CaseState, Channel
from bihuan.domain.cases.models import ControlledClosure
from bihuan.domain.cases.queries.consulting import consulting_operations
from bihuan.domain.cases.queries.improving import improvement
from bihuan.domain.cases.queries.viewing import CaseView
from bihuan.domain.customers.queries import mail_address_of
from bihuan.domain.org.ports import Access
from bihuan.kit import db

_STATE = """
select state, round, parent_id, exists (select from cases_case k where k.parent_id = c.id),
    array(select who from cases_handling h, unnest(array[h.handled_by, h.on_behalf_of]) who
        where h.case_id = c.id)
from cases_case c where id = %s
"""


@dataclass(frozen=True, slots=True)
class _State:
    state: str
    round: int
    parent_id: int | None
    has_children: bool
    handlers: list[str]


def case_operations(access: Access, view: CaseView, *, at: datetime) -> tuple[str, ...]:
    """Return the codes of what may be done with a case at `at`, beside the operations of its units."""
    row = db.one(_STATE, (view.row.id,))
    if row is None:
        return ()
    state = _State(*row)
    units = (view.org_unit_id, view.responsible_unit_id)
    learned = improvement(access, view.row.id, *units).operations
    if state.state == CaseState.MERGED:
        return ("undo_merge",) if access.may_in_any("case.merge", *units) else ()
    if state.state in (CaseState.CLOSED, CaseState.CANCELLED):
        return tuple(one for one in learned if one not in ("review_result", "ask_arbitration"))
    found = ["write_mail"] if _may_write(access, view, units) else []
    found += ["urge"] if access.may_in_any("unit.urge", *units) else []
    found += ["supervise"] if access.may_in_any("case.supervise", *units) else []
    if access.may_in_any("case.merge", *units):
        found += ["link", "merge", "leave_incident" if state.parent_id else "join_incident"]
    if state.has_children and access.may_in_any("unit.work", *units):
        found.append("answer_together")
    found += consulting_operations(access, view, at)
    return (*found, *_control(access, view, state), *learned)


def _may_write(access: Access, view: CaseView, units: Sequence[int | None]) -> bool:
    """Tell whether the case's customer can be mailed by who asks."""
    if not settings.MAILBOXES or not access.may_in_any("unit.work", *units):
        return False
    if view.row.channel == Channel.EMAIL:
        return True
    return bool(view.row.customer_id and mail_address_of(view.row.customer_id))


def _control(access: Access, view: CaseView, state: _State) -> list[str]:
    units = (view.org_unit_id, view.responsible_unit_id)
    if not access.may_in_any("case.control", *units) or access.ref in state.handlers:
        return []
    asked = ControlledClosure.objects.filter(
        case_id=view.row.id, round=state.round, declined_at=None, countersigned_at=None
    ).first()
    if asked is None:
        may_ask = state.state == CaseState.RESOLVED or state.round > 1
        return ["sign_control"] if may_ask else []
    mine = asked.signed_by == access.ref
    return ["decline_control"] if mine else ["sign_control", "decline_control"]
