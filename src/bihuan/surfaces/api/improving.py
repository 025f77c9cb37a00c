"""`/api/v1/cases/…/improvement` and its verbs, `/studies`, `/grants`: what is learned and made good."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.choices import Attribution, GrantKind, ReviewResult, Ruling
from bihuan.domain.org.queries import unit_by_code
from bihuan.kit import clock
from bihuan.kit.money import Money
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

of_case = Router()
studies = Router()
grants = Router()


class CauseIn(Schema):
    """Whose fault it was, and why it came to this."""

    attribution: Attribution
    cause: str = Field(min_length=1, max_length=120)
    note: str = Field("", max_length=1000)


class ReviewIn(Schema):
    """Whether the result may go to the customer, and by which rule."""

    result: ReviewResult
    basis: str = Field("", max_length=1000)
    note: str = Field("", max_length=1000)


class QuestionIn(Schema):
    """What the inspection unit is asked to rule on."""

    question: str = Field(min_length=1, max_length=2000)


class RulingIn(Schema):
    """The ruling and its grounds."""

    ruling: Ruling
    grounds: str = Field(min_length=1, max_length=2000)


class MeasuresIn(Schema):
    """Corrective and preventive measures."""

    root_cause: str = Field(min_length=1, max_length=4000)
    correction: str = Field(min_length=1, max_length=4000)
    prevention: str = Field(min_length=1, max_length=4000)
    owner_id: int
    due_date: date


class EvidenceIn(Schema):
    """How the measures were taken."""

    evidence: str = Field(min_length=1, max_length=4000)


class CheckIn(Schema):
    """Whether the measures worked."""

    is_effective: bool


class StudyIn(Schema):
    """Problem, cause and solution; `region` is the code of an org unit."""

    problem: str = Field(min_length=1, max_length=4000)
    cause: str = Field(min_length=1, max_length=4000)
    solution: str = Field(min_length=1, max_length=8000)
    region: str = ""


class GrantIn(Schema):
    """What is given, how much, why."""

    purpose: GrantKind
    amount: Decimal = Field(gt=0, max_digits=14, decimal_places=2)
    currency: str = Field("CNY", pattern="[A-Z]{3}")
    reason: str = Field(min_length=1, max_length=1000)


class DecisionIn(Schema):
    """Whether it is approved; a note is needed when it is not."""

    is_approved: bool
    note: str = Field("", max_length=1000)


class Done(Schema):
    """The id of what was made or changed; 0 where there is none."""

    id: int = 0


class CapaOut(Schema):
    """Measures as they stand."""

    root_cause: str
    correction: str
    prevention: str
    owner: str
    due_date: date
    state: str
    evidence: str
    is_effective: bool | None


class ImprovementOut(Schema):
    """Everything learned from a case; `operations` are the codes of what may be done now."""

    causes: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    arbitrations: list[dict[str, Any]]
    grants: list[dict[str, Any]]
    capa: CapaOut | None
    operations: list[str]


class StudyOut(Schema):
    """A study of the case base."""

    id: int
    class_code: str
    problem: str
    cause: str
    solution: str
    at: datetime
    score: float


def _id(request: HttpRequest, number: str) -> int:
    return queries.case_view(access_of(request, "case.view"), number).row.id


@of_case.get("/{number}/improvement", response=ImprovementOut)
def show(request: HttpRequest, number: str) -> ImprovementOut:
    """Return what was learned from a case."""
    access = access_of(request, "case.view")
    view = queries.case_view(access, number)
    units = (view.org_unit_id, view.responsible_unit_id)
    found = queries.improvement(access, view.row.id, *units)
    return ImprovementOut.model_validate(found, from_attributes=True)


@of_case.post("/{number}/causes", response=Done)
def code(request: HttpRequest, number: str, body: CauseIn) -> HttpResponse:
    """Code the cause (归因)."""

    def work() -> Done:
        by, one = actor_of(request, "case.study"), _id(request, number)
        return Done(id=actions.code_cause(case_id=one, **body.dict(), by=by, at=clock.now()))

    return carry_out(request, work)


@of_case.post("/{number}/result-reviews", response=Done)
def review(request: HttpRequest, number: str, body: ReviewIn) -> HttpResponse:
    """Review a result for compliance."""

    def work() -> Done:
        by, one = actor_of(request, "case.study"), _id(request, number)
        return Done(id=actions.review_result(case_id=one, **body.dict(), by=by, at=clock.now()))

    return carry_out(request, work)


@of_case.post("/{number}/arbitrations", response=Done)
def ask(request: HttpRequest, number: str, body: QuestionIn) -> HttpResponse:
    """Ask the inspection unit for a ruling (提请裁定)."""

    def work() -> Done:
        by, one = actor_of(request, "unit.work"), _id(request, number)
        return Done(id=actions.ask_arbitration(case_id=one, **body.dict(), by=by, at=clock.now()))

    return carry_out(request, work)


@of_case.post("/{number}/ruling", response=Done)
def rule(request: HttpRequest, number: str, body: RulingIn) -> HttpResponse:
    """Rule on the question under way."""

    def work() -> Done:
        by, one = actor_of(request, "case.arbitrate"), _id(request, number)
        actions.rule(case_id=one, **body.dict(), by=by, at=clock.now())
        return Done()

    return carry_out(request, work)


@of_case.put("/{number}/capa", response=Done)
def plan(request: HttpRequest, number: str, body: MeasuresIn) -> HttpResponse:
    """Plan corrective and preventive measures (纠正预防措施)."""

    def work() -> Done:
        by, one = actor_of(request, "case.study"), _id(request, number)
        measures = actions.Measures(**body.dict())
        made = actions.plan_capa(case_id=one, measures=measures, by=by, at=clock.now())
        return Done(id=made)

    return carry_out(request, work)


@of_case.post("/{number}/capa/evidence", response=Done)
def finish(request: HttpRequest, number: str, body: EvidenceIn) -> HttpResponse:
    """Say that the measures are taken."""

    def work() -> Done:
        by, one = actor_of(request, "case.view"), _id(request, number)
        actions.finish_capa(case_id=one, **body.dict(), by=by, at=clock.now())
        return Done()

    return carry_out(request, work)


@of_case.post("/{number}/capa/check", response=Done)
def check(request: HttpRequest, number: str, body: CheckIn) -> HttpResponse:
    """Say whether the measures worked."""

    def work() -> Done:
        by, one = actor_of(request, "case.study"), _id(request, number)
        actions.check_capa(case_id=one, **body.dict(), by=by, at=clock.now())
        return Done()

    return carry_out(request, work)


@of_case.post("/{number}/studies", response=Done)
def write(request: HttpRequest, number: str, body: StudyIn) -> HttpResponse:
    """Write a case down for the case base (案例库)."""

    def work() -> Done:
        by, one = actor_of(request, "case.study"), _id(request, number)
        said = body.dict()
        region = said.pop("region")
        study = actions.Study(**said, region_id=unit_by_code(region).id if region else None)
        return Done(id=actions.write_study(case_id=one, study=study, by=by, at=clock.now()))

    return carry_out(request, work)


@of_case.post("/{number}/grants", response=Done)
def propose(request: HttpRequest, number: str, body: GrantIn) -> HttpResponse:
    """Propose compensation or a reward."""

    def work() -> Done:
        by, one = actor_of(request, "case.compensate"), _id(request, number)
        said = body.dict()
        money = Money(said.pop("amount"), said.pop("currency"))
        said["kind"] = said.pop("purpose")
        made = actions.propose_grant(case_id=one, money=money, **said, by=by, at=clock.now())
        return Done(id=made)

    return carry_out(request, work)


@studies.get("", response=list[StudyOut])
def search(
    request: HttpRequest, *, text: str = "", pack: str = "", class_code: str = "", size: int = 5
) -> list[StudyOut]:
    """Return the published studies nearest to a problem."""
    access_of(request, "case.view")
    found = queries.search_studies(text, pack=pack, class_code=class_code, size=size)
    return [StudyOut.model_validate(one, from_attributes=True) for one in found]


@studies.post("/{study_id}/publication", response=Done)
def publish(request: HttpRequest, study_id: int) -> HttpResponse:
    """Offer a study to everybody."""

    def work() -> Done:
        by = actor_of(request, "case.study")
        actions.publish_study(study_id=study_id, by=by, at=clock.now())
        return Done(id=study_id)

    return carry_out(request, work)


@grants.post("/{grant_id}/decision", response=Done)
def decide(request: HttpRequest, grant_id: int, body: DecisionIn) -> HttpResponse:
    """Approve or decline what somebody else proposed."""

    def work() -> Done:
        by = actor_of(request, "case.compensate")
        actions.decide_grant(grant_id=grant_id, **body.dict(), by=by, at=clock.now())
        return Done(id=grant_id)

    return carry_out(request, work)
