"""A file that is not one's own opens with a signature, for a time; in an emergency it opens with an alarm (SEC-01)."""

from datetime import timedelta

import pytest

from bihuan.domain.customers import actions as customers, queries
from bihuan.domain.customers.actions import merging
from bihuan.domain.customers.actions.opening import open_file
from bihuan.domain.customers.models import Customer, FileGrant, Tenure
from bihuan.domain.customers.queries import CustomerUnknown, pairs
from bihuan.domain.customers.queries.consolidations import mine_to_collect
from bihuan.domain.customers.queries.reach import Place, places, reach_of
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.notifications.models import Notice
from bihuan.domain.packs import actions as packs
from bihuan.domain.packs.models import Definition
from bihuan.domain.portfolios.actions import opening
from bihuan.domain.portfolios.actions.telling import OwnMatter, ReasonTooShort
from bihuan.domain.portfolios.choices import Purpose, RequestState, Verdict
from bihuan.domain.portfolios.models import FileRequest
from bihuan.domain.portfolios.queries import openings
from bihuan.domain.portfolios.queries.signers import closed_file, closed_files_with
from bihuan.engines.packs.source import read_pack
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given as org_given
from tests.domain.org.given import NOON
from tests.domain.portfolios import given

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
OTHER_PACK = {
    "pack.toml": given.PACK["pack.toml"].replace(b'"vip"', b'"far"'),
    "org/units.yaml": "units: [{code: far, name: 远方}]\n".encode(),
    "customers/files.yaml": "title: 档案\nportfolios: [far]\n".encode(),
}
PHONE = "13812342046"


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def steel(house):
    return given.customer(house, "澄州钢铁集团", PHONE, house.ada)


def ask(house, customer_id, who=None, hours=2):
    wanted = opening.Wanted(customer_id, Purpose.CASE, "核对现场联系人", hours)
    return opening.ask_for_file(wanted=wanted, by=given.by(who or house.bea), at=NOON)


def sees(who, customer_id, at=NOON):
    access = given.access(who, at)
    listed = customer_id in [row.id for row in queries.customer_list(access).rows]
    found = customer_id in [row.id for row in queries.search(access, "澄州")]
    with_phone = customer_id in [row.id for row in queries.with_phone(PHONE, access)]
    place = places([customer_id], at)[customer_id]
    try:
        queries.customer_card(access, customer_id)
        opens = True
    except CustomerUnknown:
        opens = False
    ways = {listed, found, with_phone, opens, reach_of(access).holds(customer_id, place)}
    assert len(ways) == 1, "every way says the same"
    return ways.pop()


def test_a_file_is_its_owners_and_its_managers(house, steel):
    seen = {who: sees(who, steel) for who in (house.ada, house.boss)}
    closed = {who: sees(who, steel) for who in (house.bea, house.agent, house.clerk)}

    assert set(seen.values()) == {True}
    assert set(closed.values()) == {False}
    assert sees(house.outsider, steel) is False


def test_a_file_without_an_owner_is_its_managers_only(house):
    lost = given.customer(house, "澄州水厂", PHONE, None)

    assert sees(house.boss, lost)
    assert not sees(house.bea, lost)


def test_where_portfolios_do_not_bind_the_subtree_decides(house):
    shop = given.customer(house, "澄州小店", PHONE, house.ada, unit="east")

    assert sees(house.agent, shop)
    assert sees(house.outsider, shop)
    assert not sees(house.bea, shop), "bea works elsewhere"


def test_who_stands_in_sees_the_portfolio_while_the_leave_lasts(house, steel):
    org_given.away(house.ada, NOON, NOON + HOUR, house.bea)

    assert sees(house.bea, steel)
    assert not sees(house.bea, steel, NOON + HOUR)


def test_a_signature_opens_one_file_to_one_person_until_it_is_over(house, steel):
    request = ask(house, steel)
    assert not sees(house.bea, steel)

    opening.sign_request(request_id=request.pk, by=given.by(house.boss), at=NOON)

    assert sees(house.bea, steel)
    assert not sees(house.agent, steel)
    assert not sees(house.bea, steel, NOON + 2 * HOUR), "it ends by itself"
    names = [fact.name for fact in ledger.facts_of(f"customer:{steel}").rows][:3]
    assert names == [
        "customer.file_request_signed",
        "customer.opened_to",
        "customer.file_asked_for",
    ]
    told = {(one.staff_id, one.title[:8]) for one in Notice.objects.all()}
    assert {staff for staff, _ in told} == {house.boss, house.bea}


def test_a_refusal_says_why_and_leaves_the_file_closed(house, steel):
    request = ask(house, steel)

    with pytest.raises(ReasonTooShort):
        opening.refuse_request(request_id=request.pk, reason="不", by=given.by(house.boss), at=NOON)
    opening.refuse_request(
        request_id=request.pk, reason="请联系客户经理", by=given.by(house.boss), at=NOON
    )

    assert not sees(house.bea, steel)
    with pytest.raises(opening.RequestDecided):
        opening.sign_request(request_id=request.pk, by=given.by(house.boss), at=NOON)


def test_asked_twice_is_one_request_and_signed_twice_is_refused(house, steel):
    first, second = ask(house, steel), ask(house, steel)

    assert first.pk == second.pk
    opening.sign_request(request_id=first.pk, by=given.by(house.boss), at=NOON)
    with pytest.raises(opening.RequestDecided):
        opening.sign_request(request_id=first.pk, by=given.by(house.boss), at=NOON)
    with pytest.raises(opening.FileOpenAlready):
        ask(house, steel)
    assert FileGrant.objects.count() == 1


def test_only_managers_sign_and_nobody_for_themselves(house, steel):
    request = ask(house, steel)

    with pytest.raises(NotAllowed):
        opening.sign_request(request_id=request.pk, by=given.by(house.ada), at=NOON)
    FileRequest.objects.filter(pk=request.pk).update(staff_id=house.boss)
    with pytest.raises(OwnMatter):
        opening.sign_request(request_id=request.pk, by=given.by(house.boss), at=NOON)


def test_a_grant_is_taken_back_before_its_time(house, steel):
    request = ask(house, steel)
    opening.sign_request(request_id=request.pk, by=given.by(house.boss), at=NOON)

    with pytest.raises(NotAllowed):
        opening.end_grant(
            request_id=request.pk, reason="不需要了", by=given.by(house.agent), at=NOON
        )
    ended = opening.end_grant(
        request_id=request.pk, reason="不需要了", by=given.by(house.boss), at=NOON
    )

    assert ended
    assert not sees(house.bea, steel)
    again = opening.end_grant(
        request_id=request.pk, reason="不需要了", by=given.by(house.boss), at=NOON
    )
    assert again is False


def test_broken_glass_opens_at_once_rings_and_is_reviewed(house, steel):
    with pytest.raises(ReasonTooShort):
        opening.break_glass(customer_id=steel, reason="急", by=given.by(house.agent), at=NOON)
    glass = opening.break_glass(
        customer_id=steel,
        reason="客户现场起火，要立刻联系负责人",
        by=given.by(house.agent),
        at=NOON,
    )

    assert sees(house.agent, steel)
    assert not sees(house.agent, steel, NOON + HOUR)
    alarm = Notice.objects.get(staff_id=house.boss)
    assert alarm.urgent
    assert "紧急调阅" in alarm.title
    with pytest.raises(ReasonTooShort):
        opening.review_glass(
            glass_id=glass.pk, is_justified=False, said="", by=given.by(house.boss), at=NOON
        )
    opening.review_glass(
        glass_id=glass.pk, is_justified=False, said="并非紧急", by=given.by(house.boss), at=NOON
    )
    assert not sees(house.agent, steel), "what was no emergency is closed at once"
    glass.refresh_from_db()
    assert glass.verdict == Verdict.UNJUSTIFIED
    assert Notice.objects.filter(staff_id=house.ada).exists(), "the owner is told"


def test_whose_a_closed_file_is_may_be_said_inside_the_house_only(house, steel):
    stranger_unit = org_given.actions.create_unit(
        code="other", name="另一家", parent_id=None, by=SYSTEM, at=org_given.START
    )
    stranger = org_given.person("sam", ("seller", stranger_unit.id))

    known = closed_files_with(given.access(house.agent), PHONE)
    assert [(one.customer_id, one.unit, one.owner) for one in known] == [(steel, "大客户部", "Ada")]
    assert closed_files_with(given.access(stranger), PHONE) == []
    assert closed_file(given.access(stranger), steel) is None
    assert closed_file(given.access(house.ada), steel) is None, "it is open to her"
    assert closed_files_with(given.access(house.agent), "2046") == []
    with pytest.raises(CustomerUnknown):
        ask(house, steel, stranger)


def test_what_is_not_seen_is_neither_changed_nor_revealed_nor_merged(house, steel):
    other = given.customer(house, "澄州钢铁", "13912342046", house.ada)
    point = Customer.objects.get(pk=steel).contacts.get()
    calls = [
        lambda by: customers.update_customer(
            customer_id=steel, changes=customers.Changes(note="x"), by=by, at=NOON
        ),
        lambda by: customers.reveal_phone(contact_id=point.pk, reason="回拨客户", by=by, at=NOON),
        lambda by: open_file(access=given.access(by.staff_id), customer_id=steel, by=by, at=NOON),
    ]
    for call in calls:
        with pytest.raises(CustomerUnknown):
            call(given.by(house.bea))
        call(given.by(house.ada))
    admin = org_given.person("root", ("admin", house.ids["vip"]))
    assert pairs.pair_queue(given.access(house.bea)).rows == []
    with pytest.raises((CustomerUnknown, NotAllowed)):
        merging.merge_customers(
            survivor_id=steel,
            absorbed_id=other,
            grounds=merging.Grounds(),
            by=given.by(house.bea),
            at=NOON,
        )
    assert merging.merge_customers(
        survivor_id=steel,
        absorbed_id=other,
        grounds=merging.Grounds(),
        by=given.by(admin),
        at=NOON,
    )


def test_each_opening_is_a_fact_that_says_by_what_right(house, steel):
    request = ask(house, steel)
    opening.sign_request(request_id=request.pk, by=given.by(house.boss), at=NOON)
    for who in (house.ada, house.boss, house.bea):
        open_file(access=given.access(who), customer_id=steel, by=given.by(who), at=NOON)

    facts = ledger.facts_of(f"customer:{steel}", names=["customer.opened"]).rows
    opened = [(one.actor, one.data["right"]) for one in facts if one.name == "customer.opened"]
    assert opened == [
        (f"staff:{house.bea}", "SIGNED"),
        (f"staff:{house.boss}", "UNIT"),
        (f"staff:{house.ada}", "OWNER"),
    ]


def test_who_makes_a_file_where_portfolios_bind_looks_after_it(house):
    new = customers.NewCustomer(name="澄州新厂", unit_id=house.ids["vip"])
    made = customers.create_customer(new=new, by=given.by(house.bea), at=NOON)

    assert sees_card(house.bea, made.pk)
    assert not sees_card(house.ada, made.pk)
    assert Tenure.objects.get(customer=made).staff_id == house.bea


def sees_card(who, customer_id):
    return reach_of(given.access(who)).holds(customer_id, places([customer_id], NOON)[customer_id])


def test_lists_show_each_person_their_part(house, steel):
    ask(house, steel)

    boss = openings.requests(given.access(house.boss), mine=False).rows
    mine = openings.requests(given.access(house.bea), mine=True).rows
    assert [(one.who, one.customer, one.may_sign) for one in boss] == [
        ("Bea", "澄州钢铁集团", True)
    ]
    assert [(one.customer, one.state) for one in mine] == [("", RequestState.ASKED)]
    assert openings.waiting_for(given.access(house.boss)) == 1
    assert openings.requests(given.access(house.outsider), mine=False).rows == []


def test_the_condition_and_the_python_rule_agree(house, steel):
    shop = given.customer(house, "澄州小店", "13912340000", None, unit="east")
    for who in (house.ada, house.bea, house.agent, house.boss, house.outsider):
        reach = reach_of(given.access(who))
        text, values = reach.sql("c")
        sql = f"select id from customers_customer c where {text}"  # noqa: S608
        by_sql = {row.pk for row in Customer.objects.raw(sql, values)}
        by_orm = set(Customer.objects.filter(reach.condition()).values_list("pk", flat=True))
        here = places([steel, shop], NOON)
        by_rule = {key for key, place in here.items() if reach.holds(key, place)}
        assert by_sql == by_orm == by_rule
    assert reach_of(given.access(house.boss)).holds(0, Place(house.ids["vip"]))


def test_where_files_are_bound_is_known_as_soon_as_an_older_draft_is_published(house, steel):
    bound = Definition.objects.get(kind="customer_file")
    draft = packs.draft_from(bound.pk, by=SYSTEM, at=NOON)
    free = draft.source.replace("portfolios: [vip]", "portfolios: []")
    packs.save_draft(draft.pk, source=free, rev=draft.rev, by=SYSTEM, at=NOON)
    packs.install_pack(read_pack(OTHER_PACK), by=SYSTEM, at=NOON)
    before = sees(house.bea, steel)

    packs.publish_definition(draft.pk, by=SYSTEM, at=NOON, reason="不再按人分管")

    assert (before, sees(house.bea, steel)) == (False, True)


def test_a_file_that_was_opened_stays_open_when_it_goes_on_in_another(house, steel):
    opening.sign_request(request_id=ask(house, steel).pk, by=given.by(house.boss), at=NOON)
    other = given.customer(house, "澄州钢铁", "13612349052", house.ada)

    merge = merging.merge_customers(
        survivor_id=other, absorbed_id=steel, grounds=merging.Grounds(), by=SYSTEM, at=NOON
    )
    together = reach_of(given.access(house.bea)).granted
    merging.undo_merge(merge_id=merge, reason="不是同一家", by=SYSTEM, at=NOON)

    assert together == (other,)
    assert reach_of(given.access(house.bea)).granted == (steel,)


def test_numbers_in_names_are_hidden_from_owners_who_see_no_numbers(house):
    given.customer(house, f"陈先生{PHONE}", PHONE, house.clerk)
    Customer.objects.update(missing=["email"])
    access = given.access(house.clerk)

    assert [one.name for one in mine_to_collect(access).rows] == ["陈先生138****2046"]
