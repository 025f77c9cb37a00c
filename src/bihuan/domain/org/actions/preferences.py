"""What people set for themselves."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.actions.revision import changing
from bihuan.domain.org.models import WarningLead
from bihuan.engines.worktime import LimitUnreadable, parse_warn
from bihuan.kit.problems import Invalid


class WarningLeadUnreadable(Invalid):
    """A lead is a time left before the unit is due, or a share of the limit used."""

    message = "预警提前量写成剩余工时（如 30m、2h、1wd）或已用比例（如 80%）。"

    def __init__(self) -> None:
        super().__init__(fields={"lead": "请写成 30m、2h、1wd 或 80%"})


@transaction.atomic
def set_warning_lead(*, staff_id: int, lead: str, by: Actor, at: datetime) -> bool:
    """Set how long before units are due a person is warned (TKT-07), `""` for not at all; say if it changed.

    People set their own, and whoever manages the organisation may. It counts from `at` on.
    """
    if by.staff_id != staff_id:
        queries.authorise(by, "org.manage", at=at)
    lead = lead.strip()
    _check(lead)
    with changing():
        queries.staff(staff_id)
        before = queries.warning_lead(staff_id, at)
        if before == lead:
            return False
        WarningLead.objects.update_or_create(staff_id=staff_id, set_at=at, defaults={"lead": lead})
        ref, data = f"staff:{staff_id}", {"lead": lead, "before": before}
        ledger.record(Fact("staff.warning_lead_set", ref, ref, at, by, data=data))
    return True


def _check(lead: str) -> None:
    if not lead:
        return
    try:
        warn = parse_warn(lead)
    except LimitUnreadable as unreadable:
        raise WarningLeadUnreadable from unreadable
    if warn.share is not None and warn.share >= 1:
        raise WarningLeadUnreadable
