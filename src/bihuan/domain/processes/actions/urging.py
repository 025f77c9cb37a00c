"""Urge a unit on (催办): counted, shown to who works on it, and politely far apart."""

from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.actions.beside import beside
from bihuan.domain.processes.actions.telling import about, tell
from bihuan.domain.processes.choices import URGE_AGAIN_AFTER
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed

_LATEST = "select max(at) from processes_urge where token_id = %s and staff_id = %s"
_URGE = """
with made as (
    insert into processes_urge (token_id, root, staff_id, for_customer, note, at)
    values (%(unit)s, %(root)s, %(staff)s, %(customer)s, %(note)s, %(at)s)
)
select count(*) + 1 from processes_urge where token_id = %(unit)s
"""


@transaction.atomic
def urge(
    unit_id: int, *, note: str = "", for_customer: bool = False, by: Actor, at: datetime
) -> int:
    """Urge an open unit on and return how often it was urged. Needs the verb `unit.urge`.

    Nobody urges the same unit twice within half an hour. A suspended unit may be urged too: the customer
    waits all the same. No clock is touched.
    """
    unit = beside(unit_id, by=by, at=at)
    if not unit.may("unit.urge"):
        raise NotAllowed
    if not unit.is_open:
        raise refusals.UnitNotOpen
    if by.staff_id is not None:
        latest = db.one(_LATEST, (unit_id, by.staff_id))
        if latest and latest[0] is not None and at - latest[0] < URGE_AGAIN_AFTER:
            raise refusals.UrgedJustNow
    params = {
        "unit": unit_id,
        "root": unit.row.root,
        "staff": by.staff_id,
        "customer": for_customer,
        "note": note.strip(),
        "at": at,
    }
    row = db.one(_URGE, params)
    count = int(row[0]) if row else 1
    data = {"for_customer": for_customer, "count": count}
    unit.tell("unit.urged", by, reason=note.strip(), **data)
    title = f"催办第 {count} 次：{unit.row.title}"
    key = f"unit:{unit_id}:urge:{count}"
    notice = about(Topic.URGE, title, unit.row.root, key, note.strip())
    tell(notice, {unit.row.assignee_id, unit.place.owner_id}, by=by, at=at)
    return count
