"""The customer asks again (催办): counted on the case, shown, and told to who works on it."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.steps import CaseAlreadyClosed
from bihuan.domain.cases.choices import Channel
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import CustomerUrge
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.domain.org.queries import authorise_anywhere
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed, NotFound

VERB = "unit.urge"
_COUNT = """
update cases_case set urge_count = urge_count + 1 where id = %s and closure_id is null
returning urge_count, number, title
"""
_WHOSE = """
select c.customer_id, c.org_unit_id, c.involved_unit_ids, s.assignee_id
from cases_case c join cases_standing s on s.case_id = c.id where c.id = %s
"""


@transaction.atomic
def urge_case(
    *, case_id: int, channel: str = Channel.PHONE, note: str = "", by: Actor, at: datetime
) -> int:
    """Keep that the customer asked again and return how often now.

    The case's own customer may, and staff with the verb `unit.urge` in a unit the case involves. No clock
    is touched; whoever works on it is told.
    """
    row = db.one(_WHOSE, (case_id,))
    if row is None:
        raise NotFound
    customer_id, _, involved, assignee_id = row
    if by.staff_id is None and not by.is_system and by.ref != f"customer:{customer_id}":
        raise NotAllowed
    if by.staff_id is not None:
        access = authorise_anywhere(by, VERB, at=at)
        if access is not None and not access.may_in_any(VERB, *involved):
            raise NotAllowed
    counted = db.one(_COUNT, (case_id,))
    if counted is None:
        raise CaseAlreadyClosed
    count, number, title = counted
    CustomerUrge.objects.create(
        case_id=case_id, channel=Channel(channel), note=note.strip(), by=by.ref, at=at
    )
    ref = case_ref(case_id)
    data = {"count": count, "channel": str(channel)}
    record(Fact(events.URGED, ref, ref, at, by, note.strip(), data))
    if assignee_id is not None:
        notice = Notice(
            Topic.URGE, f"{number} 客户第 {count} 次催办：{title}", ref, f"{ref}:urge:{count}"
        )
        notifications.notify(notice, [assignee_id], by=by, at=at)
    return int(count)
