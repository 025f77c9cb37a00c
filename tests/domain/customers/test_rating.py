"""Customers are rated by the written rule; somebody else approves; nothing changes before, everything at once then."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, transaction
from hypothesis import Phase, given as whatever, settings as tried, strategies as st
from procrastinate.jobs import Job

from bihuan.domain.customers import jobs
from bihuan.domain.customers.actions import rating, rating_schedule
from bihuan.domain.customers.actions.rating import Wanted
from bihuan.domain.customers.choices import RatingState
from bihuan.domain.customers.models import Customer, HeldTier, RatedCustomer, Rating
from bihuan.domain.customers.queries import ratings
from bihuan.domain.customers.queries.schemes import scheme_in_force
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import queries as org
from bihuan.domain.processes.models import ProcessInstance
from bihuan.engines.tiers import rate
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed
from tests.domain.cases.given import stored_case
from tests.domain.customers import tiers_given
from tests.domain.org import given
from tests.domain.org.given import DAY, NOON
from tests.domain.processes.given import publish, started, unit
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db

numbers = st.one_of(
    st.integers(-5, 80_000).map(str),
    st.sampled_from(["", "0", "1,000", "1000.5", "10", "很多", "1e3", "999.9999"]),
)
files = st.fixed_dictionaries(
    {"kwh": numbers, "fee": numbers, "late": st.sampled_from(["", "0", "1", "5"]),
     "sector": st.sampled_from(["", "医院", "政府", "商铺"])}
)  # fmt: skip


@pytest.fixture
def maker(ids):
    return given.actor(given.person("fang", ("admin", ids["hq"])))


@pytest.fixture
def manager(ids):
    return given.actor(given.person("gao", ("admin", ids["hq"])))


@pytest.fixture
def ten(ids):
    tiers_given.installed(value=tiers_given.QUOTA)
    return [
        tiers_given.customer(
            ids["east"], f"客户{n}", kwh=str(n * 1000), fee="0", late="0", sector="商铺"
        )
        for n in range(1, 11)
    ]


def drawn(maker, ids, scheme="value", unit="hq", at=NOON, key=""):
    wanted = Wanted(scheme, ids[unit], key)
    rating_id = rating.propose(wanted, in_background=False, by=maker, at=at)
    rating.draw_up(rating_id, at=at)
    return rating_id


def in_force(rating_id, manager, at=NOON):
    rating.approve(rating_id, in_background=False, by=manager, at=at)
    rating.apply(rating_id, at=at)


def tiers_of(customers):
    held = dict(
        HeldTier.objects.filter(customer_id__in=customers).values_list("customer_id", "tier")
    )
    return "".join(held.get(one, "-") for one in customers)


@tried(max_examples=10, phases=[Phase.explicit, Phase.generate])
@whatever(st.lists(files, min_size=1, max_size=25))
def test_the_database_rates_exactly_as_the_written_rule(found):
    ids = (
        given.organisation()
        if not org.tree().units
        else {u.code: u.id for u in org.tree().units.values()}
    )
    before = transaction.savepoint()
    tiers_given.installed()
    made = [tiers_given.customer(ids["east"], f"客户{n}", **one) for n, one in enumerate(found)]
    for code in tiers_given.SCHEMES:
        drawn(SYSTEM, ids, code)
        assert stored(code) == expected(code, made, found), code
    transaction.savepoint_rollback(before)


def stored(code):
    sql = """select customer_id, after, score, other, rank, same, place, ahead from customers_ratedcustomer l
        join customers_rating r on r.id = l.rating_id where r.scheme = %s"""
    return {row[0]: tuple(row[1:]) for row in db.rows(sql, (code,))}


def expected(code, made, found):
    known = [
        (one, {f"field.{key}": value or None for key, value in values.items()})
        for one, values in zip(made, found, strict=True)
    ]
    placed = rate(scheme_in_force(code).scheme, known)
    return {
        one: (p.tier, p.score, p.other, p.rank, p.same, p.place, p.ahead)
        for one, p in placed.items()
    }


def test_nothing_changes_before_somebody_else_approves(ten, ids, maker, manager):
    rating_id = drawn(maker, ids)

    assert tiers_of(ten) == "-" * 10
    with pytest.raises(rating.OwnProposal):
        rating.approve(rating_id, by=maker, at=NOON)
    in_force(rating_id, manager)
    assert tiers_of(ten) == "CBBBBBAAAS"
    assert "".join(Customer.objects.get(pk=one).tier[0] for one in ten) == "NNNNNNIIIV"
    priorities = [Customer.objects.get(pk=one).priority for one in ten]
    assert priorities == [0] * 6 + [60] * 3 + [80]


def test_the_report_counts_who_moves_from_where_to_where(ten, ids, maker, manager):
    in_force(drawn(maker, ids), manager)
    tiers_given.profiling.set_attributes(
        customer_id=ten[0], values={"kwh": "90000"}, by=SYSTEM, at=NOON
    )

    row = ratings.rating_figures(drawn(maker, ids, at=NOON + DAY))

    assert (row.count, row.moved) == (10, 4)
    moved = [move for move in row.moves if move[0] != move[1]]
    assert moved == [("A", "B", 1), ("B", "C", 1), ("C", "S", 1), ("S", "A", 1)]
    who = ratings.rated(org.access_of(maker.staff_id, NOON), row.id, ratings.Move("C", "S"))
    assert [one.customer_id for one in who.rows] == [ten[0]]


def test_a_change_leaves_one_fact_and_a_line_of_history_each(ten, ids, maker, manager):
    in_force(drawn(maker, ids), manager)

    facts = [
        fact
        for fact in ledger.facts_of(f"customer:{ten[9]}").rows
        if fact.name == "customer.tier_changed"
    ]
    assert [(fact.actor, fact.data["before"], fact.data["after"]) for fact in facts] == [
        (manager.ref, "", "S")
    ]
    assert [(one.before, one.after, one.by) for one in ratings.changes(ten[9])] == [
        ("未评级", "特级客户", manager.ref)
    ]


def test_a_customer_is_told_why_in_words_and_numbers(ten, ids, maker, manager):
    in_force(drawn(maker, ids), manager)

    (standing,) = ratings.standings(ten[9])

    # 0.3 × 60 for the electricity, 0.2 × 10 for the bill, 0.3 × 100 for paying in time, 0.2 × 20 for a shop.
    assert (standing.title, standing.since_at) == ("特级客户", NOON)
    assert standing.why.sentences == (
        "得分 54 分，在 10 位客户中排第 1 位。",
        "特级客户占 10%，为第 1 到第 1 位。",
    )
    assert sum(Decimal(part.adds) for part in standing.why.parts) == 54


def test_tiers_entitle_to_service_priority_and_follow_ups(ten, ids, maker, manager):
    in_force(drawn(maker, ids), manager)

    (found,) = ratings.entitlements(ten[9])

    assert (found.service, found.priority, found.follow_up) == ("VIP", 80, (2, "month"))
    assert found.rights == ("零距离服务专员", "后停先送（申请后实施）")


def test_open_cases_move_in_the_queues_with_their_customers_tier(ten, ids, maker, manager):
    publish(
        process(
            "a user post=agent; b user post=agent priority=10",
            "start a; start b; a end; b end",
        )
    )
    case = stored_case(customer_id=ten[9], org_unit_id=ids["east"])
    running = started(ids["east"], NOON)
    ProcessInstance.objects.filter(pk=running.id).update(root=f"case:{case.pk}")

    in_force(drawn(maker, ids), manager)

    assert ProcessInstance.objects.get().priority == 80
    assert unit(running.id, "b").priority == 10, "its diagram says so"
    here = unit(running.id, "a")
    assert (here.priority, here.turn_at) == (80, here.rank_at - timedelta(minutes=144))


def test_refusing_needs_a_reason_and_leaves_everybody_as_they_are(ten, ids, maker, manager):
    rating_id = drawn(maker, ids)

    with pytest.raises(rating.RatingReasonMissing):
        rating.refuse(rating_id, reason="不", by=manager, at=NOON)
    rating.refuse(rating_id, reason="权重要再商量", by=manager, at=NOON)

    with pytest.raises(rating.RatingDecided):
        rating.approve(rating_id, by=manager, at=NOON)
    rating.apply(rating_id, at=NOON)
    assert tiers_of(ten) == "-" * 10
    assert set(Customer.objects.values_list("tier", flat=True)) == {"NORMAL"}


def test_doing_it_again_does_nothing(ten, ids, maker, manager):
    rating_id = drawn(maker, ids, key="2026-11")

    assert drawn(maker, ids, key="2026-11") == rating_id
    assert RatedCustomer.objects.count() == 10
    with pytest.raises(rating.RatingUnderWay):
        drawn(maker, ids, key="2026-12")
    in_force(rating_id, manager)
    facts = ledger.facts_of(f"customer:{ten[0]}").rows
    rating.apply(rating_id, at=NOON + DAY)
    assert ledger.facts_of(f"customer:{ten[0]}").rows == facts


def test_who_is_lost_or_merged_away_loses_or_keeps_the_tier(ten, ids, maker, manager):
    in_force(drawn(maker, ids), manager)
    Customer.objects.filter(pk=ten[9]).update(state="LOST", lost_reason="MOVED", lost_at=NOON)

    row = ratings.rating_figures(drawn(maker, ids, at=NOON + DAY))
    in_force(row.id, manager, at=NOON + DAY)

    assert row.count == 9
    assert tiers_of(ten)[9] == "-"
    assert Customer.objects.get(pk=ten[9]).tier == "NORMAL"
    (standing,) = ratings.standings(ten[9])
    assert (standing.tier, standing.why) == ("", None)


def test_a_rating_of_a_region_leaves_the_others_alone(ten, ids, maker, manager):
    other = tiers_given.customer(ids["west"], "西区客户", kwh="99999", fee="0")

    in_force(drawn(maker, ids, unit="east"), manager)

    assert tiers_of([*ten, other]) == "CBBBBBAAAS-"


def test_a_scheme_that_says_how_often_proposes_itself_once_in_a_period(ten, ids, manager):
    first = rating_schedule.propose_due(at=NOON)

    assert rating_schedule.propose_due(at=NOON + DAY) == first
    assert Rating.objects.get().key == "2026-11"
    rating.draw_up(first[0], at=NOON)
    in_force(first[0], manager)
    (second,) = rating_schedule.propose_due(at=NOON + 20 * DAY)
    assert Rating.objects.get(pk=second).key == "2026-12"


def test_only_the_right_people_propose_decide_and_see(ten, ids, maker):
    clerk = given.actor(given.person("li", ("agent", ids["east"])))
    rating_id = drawn(maker, ids)

    for forbidden in (
        lambda: drawn(clerk, ids),
        lambda: rating.approve(rating_id, by=clerk, at=NOON),
        lambda: rating.refuse(rating_id, reason="不给批的", by=clerk, at=NOON),
        lambda: rating.record_export(rating_id, by=clerk, at=NOON),
    ):
        with pytest.raises(NotAllowed):
            forbidden()
    with pytest.raises(ratings.RatingUnknown):
        ratings.rating(org.access_of(clerk.staff_id, NOON), rating_id)
    assert Rating.objects.get().state == RatingState.PROPOSED


def test_lines_nobody_needs_are_forgotten_and_changes_kept(ten, ids, maker, manager):
    for days in range(2):
        in_force(drawn(maker, ids, at=NOON + days * DAY), manager, at=NOON + days * DAY)
    in_force(drawn(maker, ids, at=NOON + 2 * DAY), manager, at=NOON + 2 * DAY)

    assert rating.forget_lines(at=NOON + 3 * DAY) == 10
    assert RatedCustomer.objects.count() == 20
    assert len(ratings.changes(ten[0])) == 1
    assert ratings.standings(ten[0])[0].tier == "C"


def test_what_was_known_is_kept_with_the_line(ten, ids, maker):
    drawn(maker, ids)

    (known,) = db.one(
        "select known::text from customers_ratedcustomer where customer_id = %s", (ten[4],)
    )
    assert json.loads(known) == [5000, 0, 0, "商铺"]


@pytest.mark.parametrize("task", [jobs.apply_rating, jobs.draw_up_rating, jobs.consolidate])
def test_work_of_the_night_that_the_database_broke_off_is_done_again(task):
    """A rating whose tiers were being written stayed approved, and was never in force."""
    job = Job(id=1, queue="imports", lock=None, queueing_lock=None, task_name=task.name)

    assert task.get_retry_exception(OperationalError(), job) is not None
    assert task.get_retry_exception(LookupError(), job) is None
