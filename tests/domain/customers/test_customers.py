"""Customers: written down, found, and seen only as far as the asker may see."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.choices import ContactKind, CustomerKind, Tier
from bihuan.domain.customers.models import Account, ContactPoint, Customer
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import queries as org
from bihuan.kit.notation import NotAPhone
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import NOON, START

pytestmark = pytest.mark.django_db

PHONE = "13812342046"
NOTE = "白天打 13912340000，晚上勿扰"


@pytest.fixture
def agent(ids):
    """Sees customers of the east, but no full numbers."""
    return org.access_of(given.person("kim", ("agent", ids["east"])), NOON)


@pytest.fixture
def lead(ids):
    """Sees customers of the east with their numbers."""
    return org.access_of(given.person("lee", ("supervisor", ids["east"])), NOON)


@pytest.fixture
def ada(ids):
    return create("张晓岚", ids["east1"], PHONE, note=NOTE)


def create(name, unit_id, *phones, accounts=(), kind=CustomerKind.PERSON, note=""):
    new = actions.NewCustomer(
        name=name,
        unit_id=unit_id,
        kind=kind,
        note=note,
        contacts=[actions.Contact(ContactKind.PHONE, phone) for phone in phones],
        accounts=[actions.NewAccount(number, address="青溪路 3 号") for number in accounts],
    )
    return actions.create_customer(new=new, by=SYSTEM, at=NOON).pk


def found(access, text):
    return [row.name for row in queries.search(access, text)]


def test_numbers_are_hidden_from_who_may_not_see_them(ada, agent, lead):
    hidden, shown = queries.customer_card(agent, ada), queries.customer_card(lead, ada)

    assert (hidden.phone, hidden.sees_phone) == ("138****2046", False)
    assert hidden.note == "白天打 139****0000，晚上勿扰"
    assert (shown.phone, shown.sees_phone) == (PHONE, True)
    assert shown.note == NOTE
    assert shown.contacts[0].masked == "138****2046"


def test_no_answer_to_an_agent_holds_a_full_number(ids, agent):
    customer = create(f"李四 {PHONE}", ids["east"], PHONE, "0571-87654321转8012", note=NOTE)
    for kind, value in (
        (ContactKind.EMAIL, f"{PHONE}@qq.com"),
        (ContactKind.WECHAT, PHONE),
        (ContactKind.ADDRESS, f"青溪路 3 号 电话{PHONE}"),
    ):
        contact = actions.Contact(kind, value)
        actions.add_contact(customer_id=customer, contact=contact, by=SYSTEM, at=NOON)

    answers = [
        queries.customer_card(agent, customer),
        queries.customer_list(agent).rows,
        queries.search(agent, "李四"),
        queries.search(agent, PHONE),
        queries.with_phone(PHONE, agent),
    ]

    said = str(answers)
    assert said.count("138****2046") >= 5
    for secret in (PHONE, "12342046", "87654321", "13912340000"):
        assert secret not in said


def test_the_right_to_see_numbers_ends_at_the_border_of_the_subtree(ids, ada):
    both = given.person("sam", ("agent", ids["hq"]), ("supervisor", ids["west"]))

    access = org.access_of(both, NOON)

    assert queries.customer_card(access, ada).phone == "138****2046"


def test_customers_of_other_units_do_not_exist(ids, agent):
    west = create("王五", ids["west"], PHONE, accounts=["3301000042"])

    with pytest.raises(queries.CustomerUnknown):
        queries.customer_card(agent, west)
    assert [found(agent, text) for text in ("王五", PHONE, "2046", "3301000042")] == [[]] * 4
    assert queries.customer_list(agent).rows == []


def test_who_may_not_view_customers_sees_none(ids, ada):
    nobody = org.access_of(given.person("max"), NOON)

    assert queries.customer_list(nobody).rows == []
    assert found(nobody, "张晓岚") == []


@pytest.mark.parametrize(
    "text",
    [
        PHONE,
        "138 1234 2046",
        "+86 13812342046",
        "138****2046",
        "2046",
        "张晓岚",
        "张晓",
        "晓岚",
        "张",
        "３３０１０００４２",
        "330100",
    ],
)
def test_a_customer_is_found_by_every_handle(ids, agent, text):
    create("张晓岚", ids["east"], PHONE, accounts=["330100042"])
    create("李四", ids["east"], "13812342047", accounts=["440100042"])

    assert found(agent, text) == ["张晓岚"]


def test_part_of_an_organisations_name_finds_it(ids, agent):
    create("云江省青溪电力设备有限公司", ids["east"], kind=CustomerKind.ORGANISATION)
    create("云江省桐山水务有限公司", ids["east"], kind=CustomerKind.ORGANISATION)

    assert found(agent, "青溪") == ["云江省青溪电力设备有限公司"]
    assert found(agent, "溪电") == ["云江省青溪电力设备有限公司"]
    assert sorted(found(agent, "有限公司")) == [
        "云江省桐山水务有限公司",
        "云江省青溪电力设备有限公司",
    ]
    assert found(agent, "江溪") == []


def test_search_text_is_no_pattern(ids, agent):
    create("张晓岚", ids["east"])

    assert [found(agent, text) for text in ("%", "_", "张%", "")] == [[], [], [], []]


def test_the_same_number_twice_is_shown_and_not_merged(ids, lead):
    first = create("张晓岚", ids["east"], PHONE)
    second = create("张小兰", ids["east1"], "+86 138-1234-2046")

    assert [row.id for row in queries.with_phone(PHONE, lead)] == [first, second]
    assert [row.id for row in queries.duplicates_of(lead, first)] == [second]
    assert Customer.objects.count() == 2


def test_the_list_is_paged_by_name(ids, agent):
    for name in ("丙", "甲", "乙"):
        create(name, ids["east"])

    first = queries.customer_list(agent, size=2)
    rest = queries.customer_list(agent, after=first.next_cursor, size=2)

    names = [row.name for row in (*first.rows, *rest.rows)]
    assert names == sorted(["甲", "乙", "丙"])
    assert rest.next_cursor == ""


def test_a_list_costs_three_queries_however_long(ids, agent, django_assert_num_queries):
    for number in range(5):
        create(f"客户{number}", ids["east"], f"1381234204{number}", accounts=[f"33010{number}"])

    with django_assert_num_queries(3):
        assert len(queries.customer_list(agent).rows) == 5


def test_creating_needs_the_right_and_leaves_a_fact_without_numbers(ids, ada):
    kim = org.actor_for(given.person("kim", ("agent", ids["east"])), NOON)
    new = actions.NewCustomer(name="李四", unit_id=ids["east"])

    with pytest.raises(NotAllowed):
        actions.create_customer(new=new, by=kim, at=NOON)

    assert Customer.objects.count() == 1
    [fact] = ledger.facts_of(f"customer:{ada}").rows
    assert (fact.name, fact.data) == ("customer.created", {"kind": "PERSON"})


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        ({"name": "  "}, actions.NameMissing),
        ({"contacts": [actions.Contact(ContactKind.PHONE, "12")]}, NotAPhone),
        ({"contacts": [actions.Contact(ContactKind.EMAIL, " ")]}, actions.ContactEmpty),
        ({"accounts": [actions.NewAccount("户")]}, actions.AccountNumberUnusable),
        ({"accounts": [actions.NewAccount("3301")]}, actions.AccountNumberTaken),
    ],
)
def test_a_customer_that_cannot_be_written_down_leaves_nothing(ids, new, refusal):
    create("张晓岚", ids["east"], accounts=["3301"])

    with pytest.raises(refusal):
        actions.create_customer(
            new=actions.NewCustomer(**{"name": "李四", "unit_id": ids["east"], **new}),
            by=SYSTEM,
            at=NOON,
        )

    assert Customer.objects.count() == 1
    assert ContactPoint.objects.count() == 0


def test_a_caller_is_found_or_written_down(ids):
    kim = org.actor_for(given.person("kim", ("agent", ids["east"])), NOON)
    new = actions.NewCustomer(name="张晓岚", unit_id=ids["east"])

    first = actions.find_or_create_by_phone(phone=PHONE, new=new, by=kim, at=NOON)
    again = actions.find_or_create_by_phone(phone=f"+86{PHONE}", new=new, by=kim, at=NOON)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.customer_id == first.customer_id
    point = ContactPoint.objects.get()
    assert (point.value_norm, point.last4, point.is_primary) == (PHONE, "2046", True)


def test_among_several_with_one_number_the_same_name_wins(ids):
    first = create("张晓岚", ids["east"], PHONE)
    second = create("李四", ids["east"], PHONE)

    def ask(name):
        new = actions.NewCustomer(name=name, unit_id=ids["east"])
        return actions.find_or_create_by_phone(phone=PHONE, new=new, by=SYSTEM, at=NOON)

    assert ask("李四") == actions.FoundOrCreated(second, is_new=False, others=(first,))
    assert ask("") == actions.FoundOrCreated(first, is_new=False, others=(second,))


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_one_moment_make_one_customer():
    ids = given.organisation()
    new = actions.NewCustomer(name="张晓岚", unit_id=ids["east"])

    def call(_number):
        try:
            return actions.find_or_create_by_phone(phone=PHONE, new=new, by=SYSTEM, at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(call, range(6)))

    assert Customer.objects.count() == 1
    assert sum(answer.is_new for answer in answers) == 1


def test_changes_are_named_but_not_quoted(ada, agent):
    actions.update_customer(
        customer_id=ada,
        changes=actions.Changes(name="张晓澜", tier=Tier.VIP),
        by=SYSTEM,
        at=NOON,
    )

    card = queries.customer_card(agent, ada)
    assert (card.name, card.tier_title) == ("张晓澜", "贵宾")
    assert found(agent, "张晓澜") == ["张晓澜"]
    fact = ledger.facts_of(f"customer:{ada}").rows[0]
    assert (fact.name, fact.data) == ("customer.updated", {"fields": ["name", "tier"]})


def test_nothing_changed_is_no_fact(ada):
    actions.update_customer(
        customer_id=ada, changes=actions.Changes(name="张晓岚"), by=SYSTEM, at=NOON
    )

    assert [f.name for f in ledger.facts_of(f"customer:{ada}").rows] == ["customer.created"]


def test_a_full_number_is_shown_for_a_reason_to_who_may_see_it(ids, ada, agent, lead):
    point = ContactPoint.objects.get().pk

    def reveal(access, reason):
        actor = org.actor_for(access.staff_id, NOON)
        return actions.reveal_phone(contact_id=point, reason=reason, by=actor, at=NOON)

    with pytest.raises(NotAllowed):
        reveal(agent, "客户要求回电")
    with pytest.raises(actions.ReasonMissing):
        reveal(lead, "看看")
    assert [f.name for f in ledger.facts_of(f"customer:{ada}").rows] == ["customer.created"]

    assert reveal(lead, "客户要求回电") == PHONE

    fact = ledger.facts_of(f"customer:{ada}").rows[0]
    assert (fact.name, fact.actor, fact.reason) == (
        "customer.phone_seen",
        f"staff:{lead.staff_id}",
        "客户要求回电",
    )
    assert PHONE not in str(fact.data)


def test_a_search_is_a_fact_that_holds_no_number(ada, agent):
    kim = org.actor_for(agent.staff_id, NOON)

    rows = actions.look_up(access=agent, text=PHONE, by=kim, at=NOON)

    assert [row.name for row in rows] == ["张晓岚"]
    [fact] = ledger.facts_of(f"staff:{agent.staff_id}", names=["customer."]).rows
    assert (fact.name, fact.data) == (
        "customer.searched",
        {"text": "138****2046", "found": 1},
    )


def test_striking_out_the_primary_number_leaves_another_primary(ids, lead):
    customer = create("张晓岚", ids["east"], PHONE, "13812342047")
    first = ContactPoint.objects.get(value=PHONE).pk

    actions.remove_contact(contact_id=first, reason="停机", by=SYSTEM, at=NOON)

    [row] = queries.customer_card(lead, customer).contacts
    assert (row.value, row.is_primary) == ("13812342047", True)


def test_leave_does_not_lend_the_sight_of_numbers(ids, ada, agent, lead):
    given.away(lead.staff_id, START, NOON + given.DAY, agent.staff_id)

    covering = org.access_of(agent.staff_id, NOON)

    assert covering.delegated_from == (lead.staff_id,)
    assert queries.customer_card(covering, ada).phone == "138****2046"


def test_the_database_refuses_two_primaries_and_phones_without_an_end(ada):
    with (
        pytest.raises(IntegrityError, match="contact_is_primary_once_per_kind"),
        transaction.atomic(),
    ):
        ContactPoint.objects.create(
            customer_id=ada,
            kind="PHONE",
            value="1",
            value_norm="1",
            last4="11",
            is_primary=True,
            created_at=NOON,
        )
    with pytest.raises(IntegrityError, match="contact_last4_iff_phone"), transaction.atomic():
        ContactPoint.objects.update(last4="")
    with pytest.raises(IntegrityError, match="account_number_is_capital"), transaction.atomic():
        Account.objects.create(customer_id=ada, number="a 1", created_at=NOON)
    with pytest.raises(IntegrityError, match="customer_has_a_name"), transaction.atomic():
        Customer.objects.update(name_norm="")


def test_more_customers_than_one_statement_can_hold_are_imported(ids):
    new = [
        actions.NewCustomer(
            name=f"Caller {number}",
            unit_id=ids["east1"],
            kind=CustomerKind.PERSON,
            accounts=[actions.NewAccount(f"C{number}")],
        )
        for number in range(5000)
    ]

    found = actions.import_customers(new=new, by=SYSTEM, at=NOON)

    assert len(set(found.values())) == Customer.objects.count() == 5000
    assert actions.import_customers(new=new, by=SYSTEM, at=NOON) == found
