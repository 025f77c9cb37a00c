"""Customers chosen by a condition: the database counts exactly those who fit, and only whom the asker sees."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given as whatever, settings as tried, strategies as st

from bihuan.domain.customers.actions import rating, segments
from bihuan.domain.customers.actions.rating import Wanted
from bihuan.domain.customers.actions.segments import SegmentDraft
from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.models import Segment
from bihuan.domain.customers.queries import segments as queries
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import queries as org
from bihuan.engines.segments import holds
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.given import stored_case
from tests.domain.customers import tiers_given
from tests.domain.org import given
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db

FILES = [
    {"kwh": kwh, "fee": fee, "sector": sector, "birth_date": birth}
    for kwh, fee, sector, birth in (
        ("1000", "50", "医院", "1980-02-29"),
        ("2,000", "", "政府", "1995-12-31"),
        ("很多", "0", "", "2001-1-1"),
        ("", "99.5", "商铺 100%_", "2010-07-15"),
        ("5000", "50", "医院", ""),
        ("-3", "1e3", "连锁医院", "1980-03-01"),
    )
]
TESTS = [
    {"is": "field.kwh", "op": "ge", "value": "1000"},
    {"is": "field.kwh", "op": "le", "value": "0"},
    {"is": "field.fee", "op": "eq", "value": "50"},
    {"is": "field.fee", "op": "known"},
    {"is": "field.fee", "op": "unknown"},
    {"is": "field.sector", "op": "has", "value": "医院"},
    {"is": "field.sector", "op": "starts", "value": "商铺 100%_"},
    {"is": "field.sector", "op": "eq", "value": "政府"},
    {"is": "field.birth_date", "op": "since", "value": "1990-01-01"},
    {"is": "field.birth_date", "op": "older", "value": "14600"},
    {"is": "field.birth_date", "op": "unknown"},
    {"is": "kind", "op": "ne", "value": "PERSON"},
]
trees = st.recursive(
    st.sampled_from(TESTS),
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        part.map(lambda one: {"not": one}),
    ),
    max_leaves=5,
)


@pytest.fixture
def access(ids):
    return org.access_of(given.person("fang", ("admin", ids["hq"])), NOON)


@pytest.fixture
def made(ids):
    tiers_given.installed()
    kinds = [CustomerKind.PERSON, CustomerKind.ORGANISATION] * 3
    return [
        tiers_given.customer(ids["east"], f"客户{n}", kind=kind, **file)
        for n, (kind, file) in enumerate(zip(kinds, FILES, strict=True))
    ]


def count(access, condition):
    return queries.count(access, condition, at=NOON)


@tried(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@whatever(trees)
def test_the_database_finds_exactly_those_whom_the_condition_fits(access, made, tree):
    try:
        condition = queries.understood(tree)
    except queries.SegmentWrong:
        return  # nested too deep
    known = [
        {
            "field.kwh": number(file["kwh"]),
            "field.fee": number(file["fee"]),
            "field.sector": file["sector"],
            "field.birth_date": file["birth_date"],
            "kind": "ORGANISATION" if n % 2 else "PERSON",
        }
        for n, file in enumerate(FILES)
    ]
    fitting = [
        one
        for one, values in zip(made, known, strict=True)
        if holds(condition, values, NOON.date())
    ]

    assert [one.id for one in queries.members(access, tree, at=NOON).rows] == fitting
    assert count(access, tree) == len(fitting)


def number(text):
    bare = text.replace(",", "")
    return Decimal(bare) if bare.lstrip("-").replace(".", "").isdigit() else None


def test_behaviour_and_tiers_are_fields_too(access, ids, made):
    for n in range(3):
        stored_case(f"260302-000{n}", customer_id=made[0], opened_at=NOON - timedelta(days=n))
    rating_id = rating.propose(
        Wanted("deposit", ids["hq"]), in_background=False, by=SYSTEM, at=NOON
    )
    rating.draw_up(rating_id, at=NOON)
    manager = given.actor(given.person("gao", ("admin", ids["hq"])))
    rating.approve(rating_id, in_background=False, by=manager, at=NOON)
    rating.apply(rating_id, at=NOON)

    assert count(access, {"is": "cases_12m", "op": "ge", "value": "3"}) == 1
    assert count(access, {"is": "cases_12m", "op": "le", "value": "0"}) == 5
    assert count(access, {"is": "days_since_case", "op": "unknown"}) == 5
    assert count(access, {"is": "tier.deposit", "op": "eq", "value": "GOOD"}) == 2
    assert count(access, {"is": "tier.deposit", "op": "eq", "value": ""}) == 4


def test_nobody_counts_beyond_what_they_see(ids, made):
    west = org.access_of(given.person("wu", ("admin", ids["west"])), NOON)
    everybody = {"any": [{"is": "kind", "op": "eq", "value": kind} for kind in CustomerKind.values]}

    assert count(west, everybody) == 0
    assert queries.members(west, everybody, at=NOON).rows == []


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ({"is": "nobody", "op": "eq", "value": "1"}, "请选择一项资料"),
        ({"is": "field.kwh", "op": "has", "value": "1"}, "“年用电量”不能这样比较"),
        ({"is": "field.kwh", "op": "ge", "value": "1; drop table"}, "“年用电量”要填数字"),
        ({"is": "kind", "op": "eq", "value": "ROBOT"}, "“类别”要从列出的里面选"),
        (
            {"is": "created", "op": "since", "value": "2026-02-30"},
            "“建档日期”要填日期，如 2026-03-01",
        ),
        ({"all": []}, "至少要有一个条件"),
        ({"all": [TESTS[0]] * 21}, "最多 20 个条件"),
    ],
)
def test_what_nobody_can_mean_is_refused(access, made, condition, message):
    with pytest.raises(queries.SegmentWrong) as wrong:
        count(access, condition)

    assert wrong.value.message == message


def test_every_field_can_be_counted_by(access, made):
    for key, field in queries.fields().items():
        op = "known" if field.type != "CHOICE" else "ne"
        value = field.choices[0][0] if field.choices else ""
        assert count(access, {"is": key, "op": op, "value": value}) >= 0, key


def keep(access, title="老客户", *, shared=False, segment_id=None, by=None):
    draft = SegmentDraft(title, {"is": "field.kwh", "op": "ge", "value": "1000"}, shared)
    actor = by or given.actor(access.staff_id)
    return segments.save_segment(
        access=access, draft=draft, segment_id=segment_id, by=actor, at=NOON
    )


def test_a_segment_is_kept_with_its_count_and_told_in_words(access, made):
    row = queries.segment(access, keep(access))

    assert (row.count, row.told) == (3, "年用电量不小于 1000 千瓦时")
    fact = ledger.facts_of(f"segment:{row.id}").rows[0]
    assert (fact.name, fact.data["count"]) == ("segment.made", 3)


def test_one_sees_ones_own_and_the_shared_and_changes_ones_own(access, ids, made):
    other = org.access_of(given.person("gao", ("admin", ids["hq"])), NOON)
    own, shared = keep(access), keep(access, "共享的", shared=True)

    assert [row.id for row in queries.segment_list(other).rows] == [shared]
    with pytest.raises(queries.SegmentUnknown):
        queries.segment(other, own)
    with pytest.raises(queries.SegmentUnknown):
        keep(other, segment_id=own)
    with pytest.raises(NotAllowed):
        keep(other, segment_id=shared)
    with pytest.raises(segments.SegmentTitleTaken):
        keep(access)
    assert Segment.objects.count() == 2


def test_without_the_right_nothing_is_kept_or_taken_away(access, ids, made):
    clerk = org.access_of(given.person("li", ("agent", ids["east"])), NOON)
    shared = keep(access, shared=True)

    with pytest.raises(NotAllowed):
        keep(clerk)
    with pytest.raises(NotAllowed):
        segments.record_export(
            access=clerk, segment_id=shared, by=given.actor(clerk.staff_id), at=NOON
        )


def test_pages_hold_everybody_once(access, made):
    condition = {"is": "field.kwh", "op": "known"}
    pages = [one.id for one in queries.all_members(access, condition, at=NOON, size=2)]

    assert pages == [made[0], made[1], made[4], made[5]]
