"""The dispatcher: everything due, once, in order, whoever else is at it."""

from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from bihuan.domain.clocks import actions, queries, rules
from bihuan.domain.clocks.actions import dispatch
from bihuan.domain.clocks.models import Clock
from bihuan.domain.clocks.ports import LOCKS, MOMENTS, Locked
from tests.domain.clocks.given import BY, at, facts, fire_all, made_office, started

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office():
    made_office()


@contextmanager
def handling(kind, handler, lock=None):
    MOMENTS.register(kind, handler)
    if lock:
        LOCKS.register(kind, lock)
    try:
        yield
    finally:
        MOMENTS._entries.pop(kind)
        LOCKS._entries.pop(kind, None)


def test_nothing_fires_before_its_time():
    started()
    assert fire_all("06 10:29") == 0


def test_a_late_dispatcher_fires_each_moment_at_its_own_time():
    started()
    assert fire_all("06 16:00") == 3
    assert facts() == [
        ("clock.warned", at("06 10:30")),
        ("clock.warned", at("06 10:36")),
        ("clock.overdue", at("06 11:00")),
    ]
    assert fire_all("20 16:00") == 0


def test_late_or_in_time_the_facts_are_the_same():
    for root, times in (("case:1", ["06 10:30", "06 10:40", "06 11:00"]), ("case:2", ["06 18:00"])):
        started(f"desk:{root[-1]}", root=root)
        for time in times:
            fire_all(time)
    assert facts("case:1") == facts("case:2")


def test_the_owner_is_told_after_the_clock_was_written():
    seen = []
    row = started("tale:1")
    with handling("tale", lambda moment: seen.append((moment, queries.live_clock("tale:1")))):
        fire_all("06 10:30")
    ((moment, clock),) = seen
    assert (moment.clock_id, moment.root, moment.warn, moment.level) == (row.id, "case:1", "30m", 1)
    assert clock.next_moment_at == at("06 10:36")


def test_what_an_owner_does_at_a_moment_may_take_away_the_next():
    """A timer interrupts the unit before its limit passes, however late the dispatcher comes."""
    started("desk:1", limit="2h", warn="")
    started("tale:1", limit="PT1H", warn="", calendar="", kind=rules.TIMER)

    def interrupt(moment):
        actions.stop_clock("desk:1", by=BY, at=moment.at)

    with handling("tale", interrupt):
        fire_all("06 18:00")
    assert facts() == [("timer.fired", at("06 10:00"))]


def test_a_timer_is_done_when_it_has_fired():
    started("egg:1", limit="PT1H", warn="", calendar="", kind=rules.TIMER)
    fire_all("06 11:00")
    (row,) = queries.clocks_of("case:1")
    assert (row.state, row.stopped_at) == (rules.STOPPED, at("06 10:00"))


def test_a_failing_owner_keeps_nobody_else_from_firing_and_is_tried_again():
    started("tale:1", root="case:1", warn="")
    started("tale:2", root="case:2", warn="")
    broken = True

    def handler(moment):
        if broken and moment.owner == "tale:1":
            raise RuntimeError("the owner is broken")

    with handling("tale", handler):
        assert fire_all("06 11:00") == 1
        assert (facts("case:1"), facts("case:2")) == ([], [("clock.overdue", at("06 11:00"))])
        clock = Clock.objects.get(owner="tale:1")
        assert (clock.failures, clock.retry_at) == (1, at("06 11:00") + timedelta(seconds=5))
        assert fire_all("06 11:00") == 0
        broken = False
        assert fire_all("06 11:01") == 1
    assert facts("case:1") == [("clock.overdue", at("06 11:00"))]
    assert Clock.objects.get(owner="tale:1").failures == 0


def test_clocks_of_busy_owners_wait_for_the_next_sweep():
    started("tale:1", root="case:1", warn="")
    started("tale:2", root="case:2", warn="")
    busy = {"tale:1"}
    with handling("tale", lambda _: None, lambda owners: Locked(frozenset(owners) - busy)):
        assert fire_all("06 11:00") == 1
        busy.clear()
        assert fire_all("06 11:00") == 1


def test_a_sweep_reads_what_is_due_and_not_what_is_open():
    row = started()
    columns = ", ".join(column for column in rules.COLUMNS if column not in {"id", "owner"})
    many = (
        f"insert into clocks_clock (owner, {columns}) select 'many:' || n, {columns}"  # noqa: S608
        " from clocks_clock, generate_series(1, 5000) as n where id = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(many, [row.id])
        cursor.execute("analyze clocks_clock")
        cursor.execute("explain " + dispatch._DUE, {"at": at("06 10:00"), "limit": 500})
        plan = "".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using clock_next_moment" in plan
    assert "Sort" not in plan


def test_clocks_of_a_changed_calendar_are_counted_anew():
    row = started(limit="2wd", warn="", when="05 10:00")
    actions.edit_days(
        "office", [actions.DayEdit(at("06 09:00").date(), ())], by=BY, at=at("05 11:00")
    )
    assert actions.recompute_stale() == 1
    assert actions.recompute_stale() == 0
    clock = queries.live_clock("desk:7")
    assert (row.due_at, clock.due_at) == (at("09 10:00"), at("10 10:00"))
    assert facts(names=["clock.recomputed"]) == [("clock.recomputed", at("05 11:00"))]


def test_a_change_that_moves_nothing_leaves_no_fact_on_the_clock():
    started()
    actions.edit_days(
        "office", [actions.DayEdit(at("30 09:00").date(), ())], by=BY, at=at("06 09:30")
    )
    assert actions.recompute_stale() == 1
    assert facts(names=["clock.recomputed"]) == []


def test_a_moment_that_a_holiday_took_away_never_fires_even_before_the_recount():
    started(limit="2h", warn="")
    actions.edit_days(
        "office", [actions.DayEdit(at("06 09:00").date(), ())], by=BY, at=at("06 09:30")
    )
    assert fire_all("06 16:00") == 0
    assert queries.live_clock("desk:7").due_at == at("09 10:30")


def test_a_moment_before_the_change_still_fires():
    started(limit="2h", warn="")
    actions.edit_days(
        "office", [actions.DayEdit(at("06 09:00").date(), ())], by=BY, at=at("06 15:00")
    )
    assert actions.recompute_stale() == 1
    assert facts() == [("clock.overdue", at("06 11:00"))]


def test_limits_before_the_enforcement_date_cause_no_storm():
    started()
    actions.enforce_from("office", at("09 00:00"), by=BY, at=at("06 09:30"))
    started("desk:8", root="case:2", when="09 09:00")
    assert fire_all("10 09:00") == 3
    assert (facts("case:1"), len(facts("case:2"))) == ([], 3)


@pytest.fixture
def _no_leftovers(transactional_db):
    """Facts cannot be removed, and stay under roots of their own; what would be relayed can."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("delete from ledger_outbox")


@pytest.mark.usefixtures("_no_leftovers")
@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_never_fire_the_same_moment_and_a_dead_one_has_done_nothing():
    roots = [f"sweep:{uuid4()}" for _ in range(20)]
    for number, root in enumerate(roots):
        started(f"desk:{number}", root=root, warn="")
    params = connection.get_connection_params()
    params = {key: params[key] for key in ("dbname", "user", "host", "port") if params.get(key)}
    with psycopg.connect(**params) as other:
        other.execute("select id from clocks_clock order by next_moment_at, id limit 8 for update")
        assert fire_all("06 11:00") == 12
        other.rollback()
    assert fire_all("06 11:00") == 8
    assert [facts(root) for root in roots] == [[("clock.overdue", at("06 11:00"))]] * 20
