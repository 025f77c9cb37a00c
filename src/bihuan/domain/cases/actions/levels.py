"""How high a complaint has risen: a fact of the case, raised by ladders and never lowered (SLA-18)."""

from datetime import datetime

from bihuan.domain.cases import events
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.escalations.ports import Matter
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit import db

_MATTER = """
select c.pack, c.number, c.title, k.code, k.request_type, c.grade, c.level, c.rework_count,
    c.org_unit_id, c.responsible_unit_id, s.assignee_id, c.state in ('CLOSED', 'CANCELLED', 'MERGED')
from cases_case c
join cases_caseclass k on k.id = c.cls_id
join cases_standing s on s.case_id = c.id
where c.id = %s
"""
_RAISE = "update cases_case set level = %s where id = %s and level < %s returning id"


class CaseMatter:
    """What ladders ask of the cases they climb for."""

    def matter(self, subject: str) -> Matter | None:
        """Return how a case stands."""
        row = db.one(_MATTER, (case_id_of(subject),))
        return Matter(*row) if row is not None else None

    def raised(self, subject: str, level: int, *, why: str, by: Actor, at: datetime) -> None:
        """Raise the level of a case; the fact says from where."""
        case_id = case_id_of(subject)
        if db.one(_RAISE, (level, case_id, level)) is not None:
            data = {"level": level}
            record(Fact(events.LEVEL_RAISED, subject, subject, at, by, why, data))
