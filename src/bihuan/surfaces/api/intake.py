"""`/api/v1/intake`: one way in for every channel at the desk; duplicates and suggestions before; the register."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field, ValidationError

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions.intake.many import Sent
from bihuan.domain.cases.choices import Channel
from bihuan.domain.cases.events import CaseRequest, Intake, PersonIn, PetitionIn, ReferralIn
from bihuan.domain.interactions.queries import RegisterFilter
from bihuan.domain.org.queries import unit_by_code
from bihuan.kit import clock
from bihuan.kit.problems import Invalid
from bihuan.surfaces.api import schemas
from bihuan.surfaces.api.calls import access_of, actor_of, carry_out

intake = Router()
register = Router()
of_case = Router()
consultations = Router()
MOST_AT_ONCE = 500


class ReferralSchema(Schema):
    """Who hands the request on, their number, and by when they want an answer (CHN-07, CHN-08)."""

    sender: str = Field(max_length=120)
    reference: str = Field("", max_length=80)
    reply_due_at: datetime | None = None


class PersonSchema(Schema):
    """One of the people behind a petition."""

    name: str = Field(max_length=80)
    phone: str = Field("", max_length=40)
    is_representative: bool = False


class PetitionSchema(Schema):
    """Many people with one demand (CHN-20)."""

    headcount: int = Field(ge=2, le=1_000_000)
    people: list[PersonSchema] = Field(default_factory=list, max_length=2000)
    raised_before: int = Field(0, ge=0)
    first_raised_on: date | None = None
    note: str = Field("", max_length=2000)


class IntakeIn(schemas.CaseIn):
    """A request on any channel, with its letter and its people."""

    address: str = Field("", max_length=200)
    referral: ReferralSchema | None = None
    petition: PetitionSchema | None = None
    remark: str = Field("", max_length=2000)


class ManyIn(Schema):
    """Requests as they come, each shaped like one `IntakeIn` without `unit`."""

    unit: str
    items: list[dict[str, Any]] = Field(max_length=MOST_AT_ONCE)


class TakenOut(Schema):
    """What became of one of many: its case, or why not and the line of the register that keeps it."""

    number: str = ""
    is_new: bool = False
    refusal: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    entry_id: int | None = None


class ManyOut(Schema):
    """What became of each, in order; `accepted` and `refused` add up to what was sent."""

    accepted: int
    refused: int
    items: list[TakenOut]


class AnsweredIn(schemas.CaseIn):
    """A visit or call that was answered on the spot."""

    answer: str = Field(max_length=2000)


class EntryOut(Schema):
    """A line of the register."""

    id: int


class ProbeIn(Schema):
    """What is known of a request that may have come in before."""

    pack: str
    title: str = Field(max_length=300)
    description: str = Field("", max_length=20_000)
    address: str = Field("", max_length=200)
    contact_phone: str = Field("", max_length=40)
    customer_id: int | None = None


class DuplicateOut(Schema):
    """A case that may be the same request, how likely (0 to 1) and why."""

    case: schemas.CaseRow
    likeness: float
    why: str
    is_own: bool


class SuggestionOut(Schema):
    """A class or org unit with the model's confidence; applied by nobody but a person."""

    code: str
    name: str
    confidence: float
    accuracy: float | None


class ForesightOut(Schema):
    """What intake would show before saving."""

    duplicates: list[DuplicateOut]
    classes: list[SuggestionOut]
    units: list[SuggestionOut]


class RegisterRow(Schema):
    """One visit, call or letter and what became of it; numbers are masked."""

    id: int
    at: datetime
    channel: str
    outcome: str
    root: str
    party_name: str
    party_address: str
    subject: str
    remark: str
    headcount: int
    settled_at: datetime | None


class PeopleIn(Schema):
    """People to add to a case."""

    people: list[PersonSchema] = Field(min_length=1, max_length=2000)


class PetitionOut(Schema):
    """A petition with its people and what they raised before."""

    headcount: int
    raised_before: int
    first_raised_on: date | None
    note: str
    people: list[PersonSchema]
    history: list[schemas.CaseRow]


class ConsultIn(Schema):
    """A question to an expert group."""

    group: str
    question: str = Field(min_length=1, max_length=2000)


class OpinionIn(Schema):
    """What the experts judge."""

    opinion: str = Field(min_length=1, max_length=4000)
    class_code: str = ""
    unit: str = ""


class RowUnreadable(Invalid):
    """A request among many does not have the shape the OpenAPI page describes."""

    message = "这一条的内容不符合接口定义。"


@intake.post("", response={201: schemas.CaseOpened})
def create(request: HttpRequest, body: IntakeIn) -> HttpResponse:
    """Take a request in: its case, who handed it on, who stands behind it, and the contact itself."""

    def work() -> schemas.CaseOpened:
        unit = unit_by_code(body.unit)
        by = actor_of(request, "case.open", unit.id)
        opened = actions.accept_request(_intake(body, unit.id), by=by, at=clock.now())
        return schemas.CaseOpened.model_validate(opened, from_attributes=True)

    return carry_out(request, work, status=201)


@intake.post("/many", response=ManyOut)
def create_many(request: HttpRequest, body: ManyIn) -> HttpResponse:
    """Take many requests in, each by itself; what is refused stays in the register."""

    def work() -> ManyOut:
        unit = unit_by_code(body.unit)
        by = actor_of(request, "case.open", unit.id)
        sent = [Sent(one, lambda values: _read(values, body.unit, unit.id)) for one in body.items]
        found = actions.accept_requests(sent, org_unit_id=unit.id, by=by, at=clock.now())
        rows = [
            TakenOut(
                number=one.case.number if one.case else "",
                is_new=bool(one.case and one.case.is_new),
                refusal=one.refusal,
                fields=dict(one.fields or {}),
                entry_id=one.entry_id,
            )
            for one in found
        ]
        refused = sum(bool(row.refusal) for row in rows)
        return ManyOut(accepted=len(rows) - refused, refused=refused, items=rows)

    return carry_out(request, work)


@intake.post("/answered", response=EntryOut)
def answered(request: HttpRequest, body: AnsweredIn) -> HttpResponse:
    """Write down what was answered on the spot, without a case."""

    def work() -> EntryOut:
        unit = unit_by_code(body.unit)
        by = actor_of(request, "case.open", unit.id)
        values = body.dict(exclude={"unit", "answer"})
        asked = CaseRequest(org_unit_id=unit.id, **values)
        return EntryOut(id=actions.answer_at_desk(asked, answer=body.answer, by=by, at=clock.now()))

    return carry_out(request, work)


@intake.post("/foresight", response=ForesightOut)
def foresee(request: HttpRequest, body: ProbeIn) -> ForesightOut:
    """Return likely duplicates and suggestions for a request that is not taken in yet."""
    access = access_of(request, "case.open")
    found = queries.find_duplicates(access, queries.Probe(**body.dict()), at=clock.now())
    texts = (body.pack, body.title, body.description)
    return ForesightOut(
        duplicates=[
            DuplicateOut(
                case=schemas.CaseRow.model_validate(one.row, from_attributes=True),
                likeness=one.likeness,
                why=one.why,
                is_own=one.is_own,
            )
            for one in found
        ],
        classes=[_suggestion(one) for one in queries.suggested_classes(*texts)],
        units=[_suggestion(one) for one in queries.suggested_units(*texts)],
    )


@register.get("", response=schemas.Listing[RegisterRow])
def index(
    request: HttpRequest, outcome: str = "", channel: str = "", after: str = "", size: int = 50
) -> schemas.Listing[RegisterRow]:
    """Return a page of the register of visits, calls and letters, newest first."""
    wanted = RegisterFilter(outcome=outcome, channel=channel)
    page = queries.register(access_of(request, "case.view"), wanted, after=after, size=size)
    rows = [RegisterRow.model_validate(row, from_attributes=True) for row in page.rows]
    return schemas.Listing(items=rows, next=page.next_cursor, prev=page.prev_cursor)


@register.post("/{entry_id}/settled", response=EntryOut)
def settle(request: HttpRequest, entry_id: int, body: schemas.ReasonIn) -> HttpResponse:
    """Say that a refused request has been seen to."""

    def work() -> EntryOut:
        by = actor_of(request, "case.open")
        actions.settle_refused(entry_id=entry_id, reason=body.reason, by=by, at=clock.now())
        return EntryOut(id=entry_id)

    return carry_out(request, work)


@of_case.get("/{number}/petition", response=PetitionOut)
def petition(request: HttpRequest, number: str) -> PetitionOut:
    """Return the people behind a case; nobody for one that is no petition."""
    access = access_of(request, "case.view")
    found = queries.petition_of(access, queries.case_view(access, number).row.id)
    if found is None:
        return PetitionOut(
            headcount=1, raised_before=0, first_raised_on=None, note="", people=[], history=[]
        )
    return PetitionOut.model_validate(found, from_attributes=True)


@of_case.post("/{number}/people", response=EntryOut)
def add_people(request: HttpRequest, number: str, body: PeopleIn) -> HttpResponse:
    """Add people to a case; answers with how many are known now."""

    def work() -> EntryOut:
        case_id = queries.case_view(access_of(request, "case.view"), number).row.id
        people = [PersonIn(**one.dict()) for one in body.people]
        by = actor_of(request, "case.view")
        known = actions.add_participants(case_id=case_id, people=people, by=by, at=clock.now())
        return EntryOut(id=known)

    return carry_out(request, work)


@of_case.post("/{number}/consultations", response=EntryOut)
def consult(request: HttpRequest, number: str, body: ConsultIn) -> HttpResponse:
    """Ask an expert group about a case."""

    def work() -> EntryOut:
        case_id = queries.case_view(access_of(request, "case.view"), number).row.id
        by = actor_of(request, "case.classify")
        asked = {"group_key": body.group, "question": body.question}
        return EntryOut(id=actions.ask_experts(case_id=case_id, **asked, by=by, at=clock.now()))

    return carry_out(request, work)


@consultations.post("/{consultation_id}/opinion", response=EntryOut)
def judge(request: HttpRequest, consultation_id: int, body: OpinionIn) -> HttpResponse:
    """Give the group's judgement, as one of its members."""

    def work() -> EntryOut:
        by = actor_of(request, "case.view")
        unit_id = unit_by_code(body.unit).id if body.unit else None
        opinion = actions.Opinion(body.opinion, body.class_code, unit_id)
        actions.answer_consultation(
            consultation_id=consultation_id, opinion=opinion, by=by, at=clock.now()
        )
        return EntryOut(id=consultation_id)

    return carry_out(request, work)


def _suggestion(one: queries.Suggestion) -> SuggestionOut:
    return SuggestionOut(
        code=one.code, name=one.name, confidence=round(one.confidence, 3), accuracy=one.accuracy
    )


def _read(values: Mapping[str, Any], unit: str, unit_id: int) -> Intake:
    """Read one of many; what does not have the shape is refused with its places."""
    try:
        body = IntakeIn(**{**values, "unit": unit})
    except ValidationError as error:
        places = {".".join(map(str, one["loc"])): str(one["msg"]) for one in error.errors()}
        raise RowUnreadable(fields=places) from error
    return _intake(body, unit_id)


def _intake(body: IntakeIn, unit_id: int) -> Intake:
    values = body.dict(exclude={"unit", "referral", "petition", "remark"})
    values["channel"] = str(Channel(values["channel"]))
    referral = ReferralIn(**body.referral.dict()) if body.referral else None
    petition = None
    if body.petition:
        people = [PersonIn(**one.dict()) for one in body.petition.people]
        petition = PetitionIn(**{**body.petition.dict(), "people": people})
    return Intake(CaseRequest(org_unit_id=unit_id, **values), referral, petition, body.remark)
