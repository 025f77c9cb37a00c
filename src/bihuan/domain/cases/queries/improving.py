"""What was learned from a case and made good, and the case base that offers it to the next."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bihuan.domain.cases.choices import CapaState, GrantState
from bihuan.domain.cases.models import (
    Arbitration,
    Capa,
    CauseCoding,
    Grant,
    Handling,
    ResultReview,
)
from bihuan.domain.cases.queries import wording
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.money import Money

_STUDIES = """
select s.id, s.case_id, s.class_code, s.region_id, s.problem, s.cause, s.solution, s.at,
    (select count(*) from unnest(s.pairs) p where p = any(%(pairs)s))::float
        / greatest(cardinality(%(pairs)s::text[]), 1)
        + case when s.class_code = %(class)s then 0.3 else 0 end
        + case when s.region_id = %(region)s then 0.1 else 0 end as score
from cases_casestudy s
where (s.pack = %(pack)s or %(pack)s = '') and s.is_published
  and (s.pairs && %(pairs)s::varchar[] or s.class_code = %(class)s)
order by score desc, s.id desc limit %(size)s
"""
MOST = 50
_CAUSE = ("attribution", "cause", "org_unit_id", "note", "by", "at")
_REVIEW = ("round", "result", "basis", "note", "by", "at")


@dataclass(frozen=True, slots=True)
class CapaRow:
    """Corrective and preventive measures, and what may be done with them now."""

    root_cause: str
    correction: str
    prevention: str
    owner: str
    due_date: date
    state: str
    evidence: str
    is_effective: bool | None
    by: str = ""
    at: datetime | None = None
    done_at: datetime | None = None
    checked_by: str = ""
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Improvement:
    """Everything learned from a case; `operations` are the codes of what the asker may do now."""

    causes: tuple[dict[str, Any], ...]
    reviews: tuple[dict[str, Any], ...]
    arbitrations: tuple[dict[str, Any], ...]
    grants: tuple[dict[str, Any], ...]
    capa: CapaRow | None
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StudyFound:
    """A study of the case base; `score` says how near it is to what was asked."""

    id: int
    case_id: int | None
    class_code: str
    region_id: int | None
    problem: str
    cause: str
    solution: str
    at: datetime
    score: float


def improvement(access: Access, case_id: int, *unit_ids: int | None) -> Improvement:
    """Return what was learned from a case; the caller has checked who may see it. `unit_ids` are its units."""
    capa = Capa.objects.filter(case_id=case_id).first()
    arbitrations = list(Arbitration.objects.filter(case_id=case_id).order_by("id"))
    grants = list(Grant.objects.filter(case_id=case_id).order_by("id"))
    causes = CauseCoding.objects.filter(case_id=case_id).order_by("-id")
    reviews = ResultReview.objects.filter(case_id=case_id).order_by("-id")
    allowed = _Allowed(access, case_id, unit_ids)
    return Improvement(
        causes=tuple(dict(one) for one in causes.values(*_CAUSE)),
        reviews=tuple(dict(one) for one in reviews.values(*_REVIEW)),
        arbitrations=tuple(
            {
                "question": one.question,
                "asked_by": one.asked_by,
                "asked_at": one.asked_at,
                "ruling": one.ruling,
                "grounds": one.grounds,
                "ruled_at": one.ruled_at,
            }
            for one in arbitrations
        ),
        grants=tuple(
            {
                "id": one.pk,
                "kind": one.kind,
                "amount": str(Money(one.amount, one.currency)),
                "reason": one.reason,
                "state": one.state,
                "proposed_by": one.proposed_by,
                "note": one.note,
            }
            for one in grants
        ),
        capa=_capa(capa),
        operations=(
            *allowed.study(capa),
            *allowed.rule(arbitrations),
            *allowed.grant(grants),
        ),
    )


def search_studies(
    text: str, *, pack: str, class_code: str = "", region_id: int | None = None, size: int = 5
) -> list[StudyFound]:
    """Return the published studies nearest to a problem: by shared words, class and region (CMP-09).

    No `pack` searches those of all packs.
    """
    pairs = sorted(wording.pairs(text))
    params = {
        "pairs": pairs,
        "class": class_code,
        "region": region_id,
        "pack": pack,
        "size": max(1, min(size, MOST)),
    }
    return [StudyFound(*row) for row in db.rows(_STUDIES, params)]


@dataclass(frozen=True, slots=True)
class _Allowed:
    access: Access
    case_id: int
    unit_ids: tuple[int | None, ...]

    def may(self, verb: str) -> bool:
        return self.access.may_in_any(verb, *self.unit_ids)

    def study(self, capa: Capa | None) -> list[str]:
        state = capa.state if capa else ""
        mine = capa is not None and capa.owner_id == self.access.staff_id
        found = ["finish_capa"] if mine and state == CapaState.PLANNED else []
        if not self.may("case.study"):
            return found
        found += ["code_cause", "write_study"]
        found += [] if self.handled() else ["review_result"]
        found += ["plan_capa"] if state in ("", CapaState.PLANNED) else []
        return [*found, *(["check_capa"] if state == CapaState.DONE and not mine else [])]

    def rule(self, arbitrations: list[Arbitration]) -> list[str]:
        waiting = [one for one in arbitrations if one.ruled_at is None]
        if not waiting:
            return ["ask_arbitration"] if self.may("unit.work") else []
        asked = waiting[0].asked_by == self.access.ref
        return ["rule"] if self.may("case.arbitrate") and not asked and not self.handled() else []

    def grant(self, grants: list[Grant]) -> list[str]:
        if not self.may("case.compensate"):
            return []
        waiting = [one for one in grants if one.state == GrantState.PROPOSED]
        others = [one for one in waiting if one.proposed_by != self.access.ref]
        return ["propose_grant", *(["decide_grant"] if others else [])]

    def handled(self) -> bool:
        found = Handling.objects.filter(case_id=self.case_id, handled_by=self.access.ref)
        return found.exists()


def _capa(capa: Capa | None) -> CapaRow | None:
    if capa is None:
        return None
    owner = org.names_of([capa.owner_id]).get(capa.owner_id, "")
    return CapaRow(
        capa.root_cause,
        capa.correction,
        capa.prevention,
        owner,
        capa.due_date,
        capa.state,
        capa.evidence,
        capa.is_effective,
        capa.by,
        capa.at,
        capa.done_at,
        capa.checked_by,
        capa.checked_at,
    )
