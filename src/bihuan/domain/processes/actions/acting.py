"""Act on the unit one has seen: refuse when it stands otherwise by now (decision 0221)."""

from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.processes.actions.refusals import StalePage
from bihuan.domain.processes.queries.acts import latest_unit_act, unit_standing
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS
from bihuan.kit import db

_LOCK = """
select id from processes_processinstance
where id = (select top from processes_processinstance where id = %s) for update
"""


def require_unit_unchanged(unit_id: int, seen: str) -> None:
    """Refuse with `StalePage`, naming who did what, unless a unit stands as it was seen.

    Inside the caller's transaction: the instance is locked, so of two who act at once the second is refused.
    """
    db.one(_LOCK, (unit_id >> SEQUENCE_BITS,))
    if unit_standing(unit_id) == seen:
        return
    act = latest_unit_act(unit_id)
    if act is None:
        raise StalePage
    when = act.at.astimezone(ZoneInfo(settings.TIME_ZONE))
    raise StalePage(f"{act.who} {when:%H:%M} 已{act.what}这个环节，请看过最新情况再决定。")
