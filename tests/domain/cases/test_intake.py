"""Every channel at the desk yields a case and a contact; what is refused is kept; petitions know their past."""

from datetime import timedelta
from pathlib import Path

import pytest

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions.intake.many import Sent
from bihuan.domain.cases.actions.intake.refusals import (
    AnswerMissing,
    EntryMissing,
    PersonUnreadable,
    ReferralKnown,
    ReplyDueTooEarly,
    SenderMissing,
    TooFewPeople,
)
from bihuan.domain.cases.events import CaseRequest, Intake, PersonIn, PetitionIn, ReferralIn
from bihuan.domain.cases.models import Case, Participant
from bihuan.domain.interactions.models import Interaction
from bihuan.domain.interactions.queries import RegisterFilter
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org.queries import access_of, unit_by_code
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.given import MORNING, later, person
from tests.packs import standing

pytestmark = pytest.mark.django_db
PACKS = Path(__file__).parents[3] / "packs"
ADA = {"contact_name": "周文静", "contact_phone": "13800002046"}


@pytest.fixture
def desk() -> int:
    standing.install("base", "complaint", at=MORNING)
    return unit_by_code("yh").id


def request(desk: int, **values: object) -> CaseRequest:
    given = {"title": "楼道漏水", "description": "三天前起楼道一直漏水", **ADA, **values}
    return CaseRequest(pack="complaint", org_unit_id=desk, **given)


@pytest.mark.parametrize(
    ("channel", "nature"),
    [("PHONE", "SPOKEN"), ("COUNTER", "SPOKEN"), ("LETTER", "WRITTEN"), ("INTERNAL", "WRITTEN")],
)
def test_every_channel_yields_a_case_and_a_contact(desk, channel, nature):
    opened = actions.accept_request(Intake(request(desk, channel=channel)), by=SYSTEM, at=MORNING)

    case = Case.objects.get(pk=opened.id)
    contact = Interaction.objects.get(root=opened.ref)
    assert (case.channel, case.customer_id is not None) == (channel, True)
    assert (contact.channel, contact.nature, contact.outcome) == (channel, nature, "OPENED")
    assert (contact.customer_id, contact.org_unit_id) == (case.customer_id, desk)


def test_a_referral_names_its_sender_and_shortens_the_promise(desk):
    at = MORNING
    due = at + timedelta(hours=2)
    letter = ReferralIn("市信访局", "信访〔2026〕17 号", due)
    plain = request(desk, channel="GOVERNMENT", class_code="complaint.quality.leak")

    with pytest.raises(SenderMissing):
        actions.accept_request(Intake(plain), by=SYSTEM, at=at)
    late = ReferralIn("市信访局", "1", at)
    with pytest.raises(ReplyDueTooEarly):
        actions.accept_request(Intake(plain, late), by=SYSTEM, at=at)
    opened = actions.accept_request(Intake(plain, letter), by=SYSTEM, at=at)

    assert Case.objects.get(pk=opened.id).promised_at == due
    assert queries.referral_of(opened.id).reference == "信访〔2026〕17 号"
    with pytest.raises(ReferralKnown) as refused:
        actions.accept_request(Intake(plain, letter), by=SYSTEM, at=at)
    assert opened.number in refused.value.message
    assert Case.objects.count() == 1


def test_a_petition_knows_its_people_and_what_they_raised_before(desk):
    before = actions.accept_request(Intake(request(desk)), by=SYSTEM, at=MORNING)
    people = (PersonIn("周文静", "138 0000 2046", is_representative=True), PersonIn("何平"))
    demand = PetitionIn(headcount=30, people=people, raised_before=2, note="情绪激动，要求当面答复")
    crowd = request(desk, title="三期全体业主要求退还维修费", channel="COUNTER")

    with pytest.raises(TooFewPeople):
        actions.accept_request(Intake(crowd, petition=PetitionIn(1)), by=SYSTEM, at=later(1))
    opened = actions.accept_request(Intake(crowd, petition=demand), by=SYSTEM, at=later(1))

    access = person("lee", desk, "case.view")
    view = queries.petition_of(access, opened.id)
    assert (view.headcount, view.raised_before) == (30, 2)
    assert [(one.name, one.phone, one.is_representative) for one in view.people] == [
        ("周文静", "138****2046", True),
        ("何平", "", False),
    ]
    assert [row.number for row in view.history] == [before.number]
    assert Interaction.objects.get(root=opened.ref).headcount == 30
    assert queries.petition_of(access, before.id) is None


def test_people_are_added_to_a_petition_once(desk):
    opened = actions.accept_request(Intake(request(desk)), by=SYSTEM, at=MORNING)
    who = {"by": SYSTEM, "at": later(1)}
    both = [PersonIn("何平", "13900001111"), PersonIn("沈兰")]

    assert actions.add_participants(case_id=opened.id, people=both, **who) == 2
    assert actions.add_participants(case_id=opened.id, people=[*both, PersonIn("丁一")], **who) == 3
    with pytest.raises(PersonUnreadable):
        actions.add_participants(case_id=opened.id, people=[PersonIn(" ")], **who)
    assert Participant.objects.filter(case_id=opened.id).count() == 3


def test_a_visit_answered_on_the_spot_is_written_down_without_a_case(desk):
    with pytest.raises(AnswerMissing):
        actions.answer_at_desk(request(desk, channel="COUNTER"), answer=" ", by=SYSTEM, at=MORNING)
    kept = actions.answer_at_desk(
        request(desk, channel="COUNTER"), answer="已告知办理材料", by=SYSTEM, at=MORNING
    )

    lee = person("lee", desk, "case.view")
    [row] = queries.register(lee, RegisterFilter(outcome="ANSWERED")).rows
    assert (row.id, row.remark, row.party_address) == (kept, "已告知办理材料", "138****2046")
    assert Case.objects.count() == 0
    assert Fact.objects.filter(name="intake.answered", subject=f"interaction:{kept}").count() == 1


def test_what_is_refused_among_many_is_kept_until_somebody_sees_to_it(desk):
    def read(values):
        return Intake(request(desk, title=values["title"], source_ref=values["source_ref"]))

    rows = [
        {"title": "楼道漏水", "source_ref": "bulk:1"},
        {"title": " ", "source_ref": "bulk:2", "contact_phone": "13800002046"},
    ]
    sent = [Sent(row, read) for row in rows]

    first = actions.accept_requests(sent, org_unit_id=desk, by=SYSTEM, at=MORNING)
    again = actions.accept_requests(sent, org_unit_id=desk, by=SYSTEM, at=later(1))

    assert [one.case is not None for one in first] == [True, False]
    assert again[0].case.is_new is False
    assert again[1].entry_id == first[1].entry_id
    kept = Interaction.objects.get(pk=first[1].entry_id)
    assert kept.sent == rows[1]
    assert "主题" in kept.remark
    who = {"by": SYSTEM, "at": later(2)}
    actions.settle_refused(entry_id=kept.pk, reason="重复发送，已作废", **who)
    with pytest.raises(EntryMissing):
        actions.settle_refused(entry_id=kept.pk, reason="再来一次", **who)
    lee = person("lee", desk, "case.view")
    assert queries.register(lee, RegisterFilter(outcome="REFUSED")).rows == []


def test_what_belongs_to_an_open_case_is_added_to_it(desk):
    opened = actions.accept_request(Intake(request(desk)), by=SYSTEM, at=MORNING)
    case = Case.objects.get(pk=opened.id)
    more = request(desk, description="今天漏得更大了", customer_id=case.customer_id)

    kept = actions.add_to_case(case_id=opened.id, request=more, by=SYSTEM, at=later(1))

    assert kept == opened.id
    assert Case.objects.count() == 1
    case.refresh_from_db()
    assert case.urge_count == 1
    outcomes = Interaction.objects.filter(root=opened.ref).order_by("id")
    assert [one.outcome for one in outcomes] == ["OPENED", "ADDED"]
    assert case.notes.get().text == "客户补充：今天漏得更大了"


def test_who_may_not_open_cases_takes_nothing_in(desk):
    outsider = person("max", desk, "case.view")
    max_ = access_of(outsider.staff_id, later(1))
    by = SYSTEM.__class__(max_.ref)

    with pytest.raises(NotAllowed):
        actions.accept_request(Intake(request(desk)), by=by, at=later(1))
    with pytest.raises(NotAllowed):
        actions.accept_requests([], org_unit_id=desk, by=by, at=later(1))
    assert Interaction.objects.count() == 0
