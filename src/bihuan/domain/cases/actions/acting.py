"""Act on what one has seen: refuse when somebody else did something about the case meanwhile."""

from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.cases.queries.acts import latest_act
from bihuan.kit import db
from bihuan.kit.problems import Refused

_LOCK = "select id from cases_case where id = %s for no key update"


class CaseChanged(Refused):
    """Something was done about the case after the page was drawn."""

    message = "这张工单在您打开之后有了变化，请看过最新情况再决定。"


def require_unchanged(case_id: int, seen: int, *, locks: bool = True) -> None:
    """Refuse with `CaseChanged` unless the latest act about a case is the one that was seen.

    Inside the caller's transaction: of two people who decide at the same moment the second waits for the first
    and is then refused, and told what happened. `locks=False` for what locks the process of the case itself,
    which always comes before the case: of two at the very same moment the action's own checks decide.
    """
    if locks:
        db.one(_LOCK, (case_id,))
    latest = latest_act(case_id)
    if latest.id == seen:
        return
    if latest.at is None:
        raise CaseChanged
    when = latest.at.astimezone(ZoneInfo(settings.TIME_ZONE))
    raise CaseChanged(f"{latest.who} {when:%H:%M} 已{latest.what}，请看过最新情况再决定。")
