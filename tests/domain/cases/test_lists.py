"""Lists, search and duplicates: only what the asker may see, numbers masked, a page at a time."""

import pytest

from bihuan.domain.cases import queries
from bihuan.domain.cases.models import Standing
from bihuan.domain.cases.queries import CaseFilter, Probe
from bihuan.kit.problems import NotFound
from tests.domain.cases import given

pytestmark = pytest.mark.django_db
ALL = CaseFilter()


@pytest.fixture
def places():
    hq = given.org_unit("HQ", "总部")
    return {
        "hq": hq,
        "east": given.org_unit("EAST", "东区", hq),
        "west": given.org_unit("WEST", "西区", hq),
    }


def numbers(page) -> list[str]:
    return [row.number for row in page.rows]


def test_people_see_the_cases_their_units_were_involved_in(places):
    given.stored_case("1", org_unit_id=places["east"])
    given.stored_case("2", org_unit_id=places["west"])
    given.stored_case(
        "3", org_unit_id=places["west"], involved_unit_ids=[places["west"], places["east"]]
    )
    kim = given.person("kim", places["east"], "case.view")
    lee = given.person("lee", places["hq"], "case.view")
    max_ = given.person("max", places["hq"], "case.open")

    assert numbers(queries.case_list(kim, ALL)) == ["3", "1"]
    assert numbers(queries.case_list(lee, ALL)) == ["3", "2", "1"]
    assert numbers(queries.case_list(max_, ALL)) == []
    with pytest.raises(NotFound):
        queries.case_view(kim, "2")


def test_a_list_is_paged_without_counting(places, django_assert_max_num_queries):
    lee = given.person("lee", places["hq"], "case.view")
    for minute in range(7):
        given.stored_case(str(minute), opened_at=given.later(minute / 60))

    with django_assert_max_num_queries(3):
        first = queries.case_list(lee, ALL, size=3)
    second = queries.case_list(lee, ALL, size=3, after=first.next_cursor)
    back = queries.case_list(lee, ALL, size=3, before=second.prev_cursor)

    assert numbers(first) == numbers(back) == ["6", "5", "4"]
    assert numbers(second) == ["3", "2", "1"]


def test_a_list_is_narrowed(places):
    lee = given.person("lee", places["hq"], "case.view")
    cls = given.classes()["complaint.service"]
    given.stored_case("1", cls=cls, channel="WEB")
    given.stored_case("2", state="RESOLVED", resolved_at=given.later(1))
    due = given.stored_case("3", grade="MAJOR")
    Standing.objects.filter(case=due).update(next_due_at=given.later(2))

    def narrowed(**values):
        return numbers(queries.case_list(lee, CaseFilter(**values)))

    assert narrowed(class_code="complaint.service") == ["1"]
    assert narrowed(class_code="complaint") == ["3", "2", "1"]
    assert narrowed(channel="WEB") == ["1"]
    assert narrowed(states=("RESOLVED",)) == ["2"]
    assert narrowed(grade="MAJOR") == ["3"]
    assert narrowed(overdue_at=given.later(3)) == ["3"]
    assert narrowed(order="due") == ["3"]


def test_phones_are_masked_unless_the_asker_may_see_them(places):
    given.stored_case(
        "1",
        title="请回电13812342046",
        description="固话0571-88886666",
        contact_phone="13812342046",
        contact_digits="13812342046",
    )
    kim = given.person("kim", places["hq"], "case.view")
    lee = given.person("lee", places["hq"], "case.view", "customer.see_phone")
    given.stored_case("2", org_unit_id=places["hq"])
    case = given.stored_case("3", org_unit_id=places["hq"], contact_phone="13812342046")

    masked = queries.case_view(kim, case.number)
    whole = queries.case_view(lee, case.number)

    assert masked.row.contact_phone == "138****2046"
    assert whole.row.contact_phone == "138****2046"
    assert (masked.sees_phones, whole.sees_phones) == (False, True)


def test_search_finds_by_number_phone_and_name(places):
    lee = given.person("lee", places["hq"], "case.view")
    phone = {"contact_phone": "138 1234 2046", "contact_digits": "13812342046"}
    given.stored_case("260302-0001", org_unit_id=places["hq"], contact_name="张建国", **phone)
    given.stored_case("260302-0002", org_unit_id=places["hq"], title="小区路灯长期不亮")

    def found(text):
        return [row.number for row in queries.search(lee, text)]

    assert found("260302-0002") == ["260302-0002"]
    assert found("260302") == ["260302-0002", "260302-0001"]
    assert found("13812342046") == ["260302-0001"]
    assert found("138****2046") == ["260302-0001"]
    assert found("2046") == ["260302-0001"]
    assert found("张建") == ["260302-0001"]
    assert found("路灯长期") == ["260302-0002"]
    assert found("没有的事") == []


def test_duplicates_are_the_same_customers_or_alike(places):
    lee = given.person("lee", places["hq"], "case.view")
    cls = given.classes()["complaint"]
    ada = given.customer("Ada", places["hq"])
    own = given.stored_case("1", org_unit_id=places["hq"], customer_id=ada, title="电表不走字")
    alike = given.stored_case("2", org_unit_id=places["hq"], title="幸福小区路灯不亮没人修")
    given.stored_case("3", org_unit_id=places["hq"], title="咨询电费")
    probe = Probe("demo", "幸福小区路灯不亮", class_id=cls.pk, customer_id=ada)

    found = queries.find_duplicates(lee, probe, at=given.later(1))

    assert [(one.row.id, one.why) for one in found] == [
        (alike.pk, "同一分类、内容相近"),
        (own.pk, "同一客户、同一分类"),
    ]
