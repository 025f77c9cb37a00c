"""All stored files looked through: the model's sure pairs join, doubts wait, and a run that is killed goes on."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import consolidating, linking, merging
from bihuan.domain.customers.models import (
    Consolidation,
    ContactPoint,
    Customer,
    Finding,
    Merge,
    Pair,
    SourceRow,
)
from bihuan.domain.ledger.events import SYSTEM
from bihuan.kit import db
from tests.domain.customers.test_merging import arrive, picture  # noqa: F401
from tests.domain.killing import kill, killed
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db
_WAITING = (
    "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)
NAMES = ("张晓岚", "王建国", "李秀英", "陈志强", "赵敏芝")


@pytest.fixture
def doubles(arrive):  # noqa: F811
    """Return pairs of customers who are the same: they shared nothing when they came, and share a phone now."""
    found = []
    for nth, name in enumerate(NAMES):
        first = arrive("营销", key=f"A{nth}", name=name, phone=f"1381234204{nth}")
        second = arrive("客服", key=f"S{nth}", name=name, phone=f"1361234905{nth}", industry="餐饮")
        ContactPoint.objects.create(
            customer_id=second,
            kind="PHONE",
            value=f"1381234204{nth}",
            value_norm=f"1381234204{nth}",
            last4=f"204{nth}",
            created_at=NOON,
        )
        found.append((first, second))
    return found


def in_own_connection(work):
    try:
        work()
    finally:
        connection.close()


def begin(clerk):
    return consolidating.start(unit_id=clerk.unit_id, in_background=False, by=clerk, at=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_goes_on_and_merges_nothing_twice(
    doubles,
    clerk,
    monkeypatch,
    settings,
    tmp_path,
):
    settings.HOME = tmp_path
    monkeypatch.setattr(consolidating, "PORTION", 2)
    before = [picture(one) for pair in doubles for one in pair]
    rows = SourceRow.objects.count()
    run_id = begin(clerk)

    killed(f"""
from bihuan.domain.customers.actions import consolidating, linking
linking._grouped = kill
consolidating.run({run_id}, now=lambda: NOON)
""")
    killed(f"""
from bihuan.domain.customers.actions import consolidating
consolidating.PORTION = 2
consolidating._decided = in_call(2, consolidating._decided)
consolidating.run({run_id}, now=lambda: NOON)
""")
    assert (Consolidation.objects.get().done, Merge.objects.count()) == (2, 2)
    assert begin(clerk) == run_id

    with monkeypatch.context() as last:
        last.setattr(linking, "find", kill)  # what was found is not looked for again
        consolidating.run(run_id, now=lambda: NOON)

    done = Consolidation.objects.get()
    assert (done.state, done.customers, done.found, done.merged) == ("DONE", 10, 5, 5)
    assert [queries.survivor_of(second) for _, second in doubles] == [one for one, _ in doubles]
    assert (Finding.objects.count(), SourceRow.objects.count()) == (0, rows)
    assert sum(line["records"] for line in done.report) == 10
    for merge in Merge.objects.order_by("-id"):
        merging.undo_merge(merge_id=merge.pk, reason="不是同一个人", by=clerk, at=NOON)
    assert [picture(one) for pair in doubles for one in pair] == before


@pytest.mark.django_db(transaction=True)
def test_a_portion_waits_for_whoever_is_merging_and_goes_on_from_there(
    doubles,
    clerk,
    settings,
    tmp_path,
):
    settings.HOME = tmp_path
    (_, right), (other, _) = doubles[:2]
    run_id = begin(clerk)
    with ThreadPoolExecutor(1) as beside:
        with transaction.atomic():
            merging.merge_customers(
                survivor_id=other, absorbed_id=right, grounds=merging.Grounds(), by=clerk, at=NOON
            )
            waiting = beside.submit(
                in_own_connection, lambda: consolidating.run(run_id, now=lambda: NOON)
            )
            while not (waiting.done() or db.rows(_WAITING)):
                time.sleep(0.02)
        waiting.result()

    assert Merge.objects.values("absorbed_id").distinct().count() == Merge.objects.count() == 6
    assert Customer.objects.get(pk=right).merged_into_id == other


def test_what_somebody_refused_no_run_joins(doubles, clerk):
    left, right = doubles[0]
    Pair.objects.create(
        left_id=left, right_id=right, score=0.9, state="REFUSED", found_at=NOON, decided_at=NOON
    )

    assert consolidating.consolidate(unit_id=clerk.unit_id, by=clerk, at=NOON)["merged"] == 4
    assert queries.survivor_of(right) == right


def test_who_was_erased_since_the_pairs_were_found_is_joined_to_nobody(doubles, clerk):
    run = begin(clerk)
    consolidating._keep(run, linking.Found(10, [(*pair, 20.0) for pair in doubles], (), ()))
    Customer.objects.filter(pk=doubles[0][0]).update(erased_at=NOON)

    consolidating.run(run, now=lambda: NOON)

    joined = {one.absorbed_id for one in Merge.objects.all()}
    assert joined == {other for _, other in doubles[1:]}


def test_a_run_begins_by_itself_only_where_files_came(doubles):
    assert consolidating.start_where_new(by=SYSTEM, at=NOON) == 1
    Consolidation.objects.update(state="DONE", finished_at=NOON)
    assert consolidating.start_where_new(by=SYSTEM, at=NOON) == 0


def test_files_of_one_portion_that_share_a_contact_are_joined_one_by_one(arrive, clerk):  # noqa: F811
    same = [arrive(f"来源{n}", key="K", name="王建国", phone=f"1361234905{n}") for n in range(3)]
    for one in same:
        ContactPoint.objects.create(
            customer_id=one,
            kind="EMAIL",
            value="wang@bihuan.cn",
            value_norm="wang@bihuan.cn",
            created_at=NOON,
        )

    assert consolidating.consolidate(unit_id=clerk.unit_id, by=clerk, at=NOON)["merged"] == 2
    kept = Customer.objects.get(pk=same[0])
    assert kept.contacts.filter(kind="EMAIL").count() == 1
    assert kept.contacts.filter(kind="PHONE", is_primary=True).count() == 1
    assert kept.source_rows.count() == 3
