"""Two at once over real connections, on files that are joined and parted: they follow one another, none is broken off."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction

from bihuan.domain.customers import actions, queries
from bihuan.domain.customers.actions import erasing, merging
from bihuan.domain.customers.models import Customer, Merge, Pair
from bihuan.domain.customers.queries.pairs import PairUnknown
from bihuan.domain.portfolios.actions import corrections
from bihuan.domain.portfolios.models import Correction
from bihuan.kit import db
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
WHY = "不是同一个人"


@pytest.fixture
def files(ids, clerk):
    """Three files, as their ids."""

    def made(name, phone):
        contacts = [actions.Contact("PHONE", phone)]
        new = actions.NewCustomer(name=name, unit_id=ids["east"], contacts=contacts)
        return actions.create_customer(new=new, by=clerk, at=NOON).pk

    return [
        made("张晓岚", "13812342046"),
        made("张小岚", "13612349052"),
        made("张晓兰", "13712348080"),
    ]


def at_once(file, *deeds):
    """Let all begin while somebody has a file, each waiting before the next begins; return what each came to."""
    came_to = [None] * len(deeds)

    def run(nth):
        try:
            deeds[nth]()
        except Exception as failure:  # noqa: BLE001 -- the test says what came out
            came_to[nth] = type(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(nth,)) for nth in range(len(deeds))]
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=file)
        for nth, thread in enumerate(threads, 1):
            thread.start()
            until_waiting(nth)
    for thread in threads:
        thread.join()
    return came_to


def until_waiting(count):
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    for _ in range(1000):
        db.rows("select pg_stat_clear_snapshot()")
        if db.rows(waiting) == [(count,)]:
            return
        time.sleep(0.01)
    raise AssertionError(f"{count} were to wait")


def joined(survivor, absorbed, clerk):
    return merging.merge_customers(
        survivor_id=survivor, absorbed_id=absorbed, grounds=merging.Grounds(), by=clerk, at=LATER
    )


def undo(merge_id, clerk):
    return lambda: merging.undo_merge(merge_id=merge_id, reason=WHY, by=clerk, at=LATER)


def doubt(left, right):
    return Pair.objects.create(left_id=left, right_id=right, score=0.9, found_at=NOON).pk


def test_a_merge_is_undone_while_somebody_decides_about_a_doubt_that_came_with_it(files, clerk):
    first, second, third = files
    doubt(second, third)
    merge_id = joined(first, second, clerk)
    carried = Pair.objects.get(left_id=first).pk

    def accept():
        merging.accept_pair(pair_id=carried, by=clerk, at=LATER)

    assert at_once(first, undo(merge_id, clerk), accept) == [None, PairUnknown]
    assert {queries.survivor_of(one) for one in files} == set(files)


def test_a_merge_is_undone_from_the_file_and_from_the_queue(files, clerk):
    first, second, _ = files
    pair_id = doubt(first, second)
    merge_id = merging.accept_pair(pair_id=pair_id, by=clerk, at=LATER)

    def reopen():
        merging.reopen_pair(pair_id=pair_id, by=clerk, at=LATER)

    assert at_once(first, undo(merge_id, clerk), reopen) == [None, merging.MergeUndone]
    assert Pair.objects.get().state == "OPEN"


def test_a_pair_is_decided_once(files, clerk):
    first, second, _ = files
    pair_id = doubt(first, second)

    def accept():
        merging.accept_pair(pair_id=pair_id, by=clerk, at=LATER)

    def refuse():
        merging.refuse_pair(pair_id=pair_id, by=clerk, at=LATER)

    found = at_once(second, accept, refuse, accept)
    assert found == [None, merging.PairDecided, merging.PairDecided]
    assert Merge.objects.count() == 1


def test_a_file_is_parted_before_the_other_is_made_anonymous(files, clerk):
    first, second, _ = files
    merge_id = joined(second, first, clerk)

    def erase():
        erasing.erase_customer(customer_id=second, reason="本人要求", by=clerk, at=LATER)

    assert at_once(first, undo(merge_id, clerk), erase) == [None, None]
    assert [Customer.objects.get(pk=one).erased_at for one in (first, second)] == [None, LATER]


def test_a_mistake_is_put_right_in_the_file_that_goes_on(files, clerk):
    first, second, _ = files
    wrong = Correction.objects.create(
        customer_id=second, kind="MISTAKE", field="note", said="写错了", state="ASSIGNED",
        reported_by_id=clerk.staff_id, reported_at=NOON, archivist_id=clerk.staff_id,
    )  # fmt: skip

    def correct():
        corrections.correct(correction_id=wrong.pk, value="老客户", by=clerk, at=LATER)

    assert at_once(second, lambda: joined(first, second, clerk), correct) == [None, None]
    assert Customer.objects.get(pk=first).note == "老客户"
