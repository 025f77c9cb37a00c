"""Whom customers belong to, what was agreed with them and what they are like is noted, changed and ended, each a fact."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from bihuan.domain.customers.actions import ContactTerms, bonds, contacts, profiling
from bihuan.domain.customers.actions.bonds import NewContract
from bihuan.domain.customers.actions.customers import Contact
from bihuan.domain.customers.actions.insisting import ContactUnwelcome
from bihuan.domain.customers.choices import Consent, ContactKind, LostReason, RelationKind
from bihuan.domain.customers.models import ContactPoint, Contract, Customer, Relation
from bihuan.domain.customers.queries import CustomerUnknown, contacting
from bihuan.domain.customers.queries.bonds import contact_terms
from bihuan.domain.customers.queries.following import follow_up_of
from bihuan.domain.customers.queries.profile import customer_profile
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.engines.contacting import Purpose
from bihuan.kit.problems import NotAllowed
from tests.domain.org.given import NOON
from tests.domain.portfolios import given

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 5)


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def mine(house):
    return given.customer(house, "恒运物流", "13812342046", house.ada)


@pytest.fixture
def foreign(house):
    return given.customer(house, "通达货运", "13612349052", house.bea)


def facts(customer_id):
    return [one.name for one in ledger.facts_of(f"customer:{customer_id}").rows]


def seen(house, customer_id, who=None):
    return customer_profile(given.access(who or house.ada), customer_id)


def relate(one, other, by, kind=RelationKind.CONTACT):
    return bonds.relate(
        customer_id=one, other_id=other, kind=kind, note="调度", by=given.by(by), at=NOON
    )


def test_a_relation_is_seen_from_both_sides_and_taken_away_from_either(house, mine):
    driver = given.customer(house, "王师傅", "13712340000", house.ada)
    made = relate(driver, mine, house.ada, RelationKind.DRIVER)
    assert relate(driver, mine, house.ada, RelationKind.DRIVER).pk == made.pk

    [there], [back] = seen(house, mine).relations, seen(house, driver).relations
    assert (there.title, there.name, there.note) == ("司机", "王师傅", "调度")
    assert (back.title, back.name) == ("所属车队", "恒运物流")

    bonds.unrelate(customer_id=mine, relation_id=made.pk, by=given.by(house.ada), at=NOON)
    assert not Relation.objects.exists()
    for one in (mine, driver):
        assert {"customer.related", "customer.unrelated"} <= set(facts(one))


def test_a_household_holds_both_ways_and_is_noted_once(house, mine):
    wife = given.customer(house, "李梅", "13712340001", house.ada)
    made = relate(mine, wife, house.ada, RelationKind.HOUSEHOLD)
    assert relate(wife, mine, house.ada, RelationKind.HOUSEHOLD).pk == made.pk


def test_nobody_relates_a_file_they_do_not_see(house, mine, foreign):
    with pytest.raises(CustomerUnknown):
        relate(foreign, mine, house.ada)
    relate(foreign, mine, house.boss)
    assert seen(house, mine).relations == ()
    assert len(seen(house, mine, house.boss).relations) == 1


def test_a_contract_is_noted_changed_and_ended_and_its_days_stay_in_facts(house, mine):
    by = given.by(house.ada)
    new = NewContract("HT-1", "运输合同", DAY, DAY + timedelta(365), Decimal("1200.00"))
    made = bonds.add_contract(customer_id=mine, new=new, by=by, at=NOON)
    with pytest.raises(bonds.ContractNumberTaken):
        bonds.add_contract(customer_id=mine, new=new, by=by, at=NOON)
    with pytest.raises(bonds.ContractEndsTooEarly):
        bonds.end_contract(
            contract_id=made.pk, ends_date=DAY - timedelta(1), reason="终止", by=by, at=NOON
        )

    raised = NewContract("HT-1", "masked", DAY, None, Decimal("1500.00"))
    bonds.change_contract(contract_id=made.pk, new=raised, keep=["title"], by=by, at=NOON)
    bonds.end_contract(contract_id=made.pk, ends_date=DAY, reason="停业", by=by, at=NOON)

    kept = Contract.objects.get()
    assert (kept.title, kept.amount, kept.ends_date) == ("运输合同", Decimal("1500.00"), DAY)
    rows = ledger.facts_of(f"customer:{mine}", names=["contract.changed", "contract.ended"]).rows
    told = {one.name: one.data for one in rows}
    assert told["contract.changed"]["changes"]["amount"] == ["1200.00", "1500.00"]
    assert told["contract.ended"]["ends"] == DAY.isoformat()
    with pytest.raises(CustomerUnknown):
        bonds.end_contract(
            contract_id=made.pk, ends_date=DAY, reason="停业", by=given.by(house.bea), at=NOON
        )


def test_what_was_agreed_about_a_contact_is_noted_and_only_changes_are_facts(house, mine):
    phone = ContactPoint.objects.get(customer_id=mine)
    terms = ContactTerms(Consent.GIVEN, time(22), time(8))
    for _ in range(2):
        contacts.settle_contact(contact_id=phone.pk, terms=terms, by=given.by(house.ada), at=NOON)

    agreed = contact_terms(phone.pk)
    assert (agreed.consent, agreed.consent_at) == ("GIVEN", NOON)
    midnight = NOON.replace(hour=16)
    free = [agreed.now(midnight + timedelta(hours=hour)).is_free for hour in (-4, -2, 3, 8)]
    assert free == [True, False, False, True]
    assert facts(mine).count("contact.consent_noted") == 1
    with pytest.raises(CustomerUnknown):
        contacts.settle_contact(contact_id=phone.pk, terms=terms, by=given.by(house.bea), at=NOON)


def test_numbers_and_days_are_read_before_they_are_kept(house, mine):
    by = given.by(house.ada)
    with pytest.raises(profiling.DetailUnreadable) as refused:
        profiling.set_attributes(customer_id=mine, values={"birth_date": "明天"}, by=by, at=NOON)
    assert refused.value.fields == {"birth_date": "应是日期，如 2026-03-01"}

    values = {"birth_date": "1980年3月1日", "interests": "钓鱼"}
    for _ in range(2):
        profiling.set_attributes(customer_id=mine, values=values, by=by, at=NOON)
    kept = Customer.objects.get(pk=mine).attributes
    assert kept == {"birth_date": "1980-03-01", "interests": "钓鱼"}
    assert facts(mine).count("customer.updated") == 1


def test_a_prospect_becomes_a_customer_leaves_and_comes_back(house, mine):
    by = given.by(house.ada)
    profiling.become_prospect(customer_id=mine, reason="只问价", by=by, at=NOON)
    profiling.become_customer(customer_id=mine, by=by, at=NOON)
    profiling.mark_lost(customer_id=mine, reason=LostReason.ATTITUDE, said="换人", by=by, at=NOON)
    with pytest.raises(profiling.AlreadyLost):
        profiling.mark_lost(customer_id=mine, reason=LostReason.OTHER, by=by, at=NOON)
    assert seen(house, mine).lost_title == "业务代表的态度"
    profiling.become_customer(customer_id=mine, by=by, at=NOON)

    assert seen(house, mine).state == "CUSTOMER"
    assert {"customer.prospect", "customer.won", "customer.lost"} <= set(facts(mine))
    with pytest.raises(NotAllowed):
        profiling.become_prospect(customer_id=mine, by=given.by(house.outsider), at=NOON)
    assert follow_up_of(mine, at=NOON) is None  # no tier promises one


NIGHT = NOON + timedelta(hours=11)  # 23:00


def test_a_number_is_shown_in_quiet_hours_or_against_a_refusal_with_a_reason_only(house, mine):
    phone = ContactPoint.objects.get(customer_id=mine)
    look = {"contact_id": phone.pk, "reason": "客户要求回电", "by": SYSTEM}

    with pytest.raises(ContactUnwelcome) as refused:  # the house's hours, 21:00 to 08:00
        contacts.reveal_phone(**look, at=NIGHT)
    assert "despite" in refused.value.fields
    contacts.reveal_phone(**look, at=NOON)
    contacts.reveal_phone(**look, despite="管道爆裂，必须通知", at=NIGHT)
    terms = ContactTerms(Consent.REFUSED, time(6), time(7))
    contacts.settle_contact(contact_id=phone.pk, terms=terms, by=given.by(house.ada), at=NOON)
    with pytest.raises(ContactUnwelcome):
        contacts.reveal_phone(**look, at=NOON)

    [fact] = ledger.facts_of(f"customer:{mine}", names=["contact.insisted"]).rows
    assert (fact.reason, fact.data["why"]) == (
        "管道爆裂，必须通知",
        "本中心 21:00–08:00 不主动联系客户",
    )


def test_calls_are_asked_for_the_easiest_number_and_by_the_clock_where_it_rings(house, mine):
    def may(at, purpose=Purpose.CARE):
        return contacting.may_contact([mine], "PHONE", purpose, at=at)[mine]

    assert (may(NIGHT).is_free, may(NIGHT, Purpose.SERVICE).is_free) == (False, True)
    assert may(NIGHT).until == NIGHT + timedelta(hours=9)
    abroad = Contact(ContactKind.PHONE, "+442071838750")
    contacts.add_contact(customer_id=mine, contact=abroad, by=given.by(house.ada), at=NOON)
    assert may(NIGHT).is_free, "15:00 in London"
    assert not may(NIGHT + timedelta(hours=8)).is_free, "23:00 in London, 07:00 in Shanghai"


def test_an_address_that_several_share_keeps_the_terms_of_all(house, mine):
    wife = given.customer(house, "李梅", "13812342046", house.ada)
    for one, hours in ((mine, (22, 7)), (wife, (7, 9))):
        phone = ContactPoint.objects.get(customer_id=one)
        terms = ContactTerms(Consent.GIVEN, time(hours[0]), time(hours[1]))
        contacts.settle_contact(contact_id=phone.pk, terms=terms, by=given.by(house.ada), at=NOON)

    shared = contacting.Reached("SMS", "+86 138 1234 2046")
    found = contacting.may_reach(shared, Purpose.SERVICE, at=NIGHT)
    assert found.until == NIGHT + timedelta(hours=10), "one's hours follow the other's"
    assert contacting.may_reach(shared, Purpose.ANSWER, at=NIGHT).is_free


def test_a_number_of_two_files_keeps_the_terms_of_both_wherever_it_is_asked_about(house, mine):
    """The address decides, not the file: the other one refused, or it is their quiet hours."""
    wife = given.customer(house, "李梅", "13812342046", house.ada)
    hers = ContactPoint.objects.get(customer_id=wife)
    refused = ContactTerms(Consent.REFUSED)
    contacts.settle_contact(contact_id=hers.pk, terms=refused, by=given.by(house.ada), at=NOON)
    his = ContactPoint.objects.get(customer_id=mine)

    assert contacting.may_use(his.pk, Purpose.CARE, at=NOON).never
    assert contacting.may_contact([mine], "PHONE", Purpose.CARE, at=NOON)[mine].never
    assert contact_terms(his.pk).now(NOON).never
    assert contacting.may_contact([mine], "PHONE", Purpose.SERVICE, at=NOON)[mine].is_free


def test_an_address_that_no_file_knows_has_agreed_to_nothing(house, mine):
    def may(purpose, at=NOON, channel="SMS", address="13900001111"):
        return contacting.may_reach(contacting.Reached(channel, address), purpose, at=at)

    assert may(Purpose.MARKETING).never
    assert may(Purpose.MARKETING, channel="EMAIL", address="ada@nowhere.test").never
    assert may(Purpose.CARE).is_free
    assert may(Purpose.CARE, NIGHT).until == NIGHT + timedelta(hours=9), "the house's hours"
    assert may(Purpose.SERVICE, NIGHT).is_free
    # Somebody struck the number out while a letter waited.
    phone = ContactPoint.objects.get(customer_id=mine)
    contacts.settle_contact(
        contact_id=phone.pk, terms=ContactTerms(Consent.GIVEN), by=given.by(house.ada), at=NOON
    )
    assert may(Purpose.MARKETING, address="13812342046").is_free
    contacts.remove_contact(contact_id=phone.pk, reason="换号", by=given.by(house.ada), at=NOON)
    assert may(Purpose.MARKETING, address="13812342046").never
    assert contacting.may_contact([mine], "PHONE", Purpose.MARKETING, at=NOON)[mine].never


def test_quiet_hours_without_length_are_refused(house, mine):
    phone = ContactPoint.objects.get(customer_id=mine)
    same = ContactTerms(Consent.GIVEN, time(8), time(8))
    with pytest.raises(contacts.QuietHoursEmpty) as refused:
        contacts.settle_contact(contact_id=phone.pk, terms=same, by=given.by(house.ada), at=NOON)
    assert "quiet_until" in refused.value.fields


def test_a_talk_at_the_wrong_time_is_noted_with_a_reason_a_visit_without(house, mine):
    def note(channel, despite=""):
        spoken = interactions.Spoken(mine, channel, "回访用电情况", despite=despite)
        return interactions.note_contact(spoken=spoken, by=given.by(house.ada), at=NIGHT)

    with pytest.raises(ContactUnwelcome):
        note("PHONE")
    assert note("ONSITE")
    assert note("PHONE", "客户约在晚上")
    assert facts(mine).count("contact.insisted") == 1
