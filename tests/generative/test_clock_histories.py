"""Random lives of a clock: whatever happens, its used time is what its facts say."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given, settings, strategies as st

from bihuan.domain.clocks import actions, queries, rules
from bihuan.domain.ledger import queries as ledger
from bihuan.engines.worktime import Measure, add, parse_limit, worktime
from tests.domain.clocks.given import BY, at, made_office, office

pytestmark = pytest.mark.django_db
BEGIN = at("06 08:00")
LIMITS = st.sampled_from(["30m", "7h", "1wd", "2wd3h", "PT5H"])
WARNS = st.sampled_from(["", "80%", "80%,30m", "50%,120%,1h"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["pause", "resume", "fire", "look"]), st.integers(0, 700)),
    max_size=8,
)
WATCH = ("clock.", "timer.")
TURNS = {"clock.started", "clock.resumed", "clock.paused", "clock.stopped"}


def live(limit, warn, steps, *, dispatcher):
    """Live through a history and return its facts and its end; leaves nothing behind."""
    with transaction.atomic():
        made_office()
        actions.start_clock(
            "desk:1", "life:1", actions.ClockTerms(limit, "office", warn), by=BY, at=BEGIN
        )
        now = BEGIN
        for step, minutes in [*steps, ("stop", 10)]:
            now += timedelta(minutes=minutes)
            _do(step, now, dispatcher=dispatcher)
        found = ledger.facts_of("life:1", names=WATCH, size=200).rows
        facts = [(one.name, one.at, one.data) for one in sorted(found, key=lambda one: one.id)]
        (row,) = queries.clocks_of("life:1")
        transaction.set_rollback(True)
    return facts, row


def _do(step, now, *, dispatcher):
    if dispatcher:
        while actions.fire_due(now):
            pass
    try:
        if step == "pause":
            actions.pause_clock("desk:1", by=BY, at=now)
        elif step == "resume":
            actions.resume_clock("desk:1", by=BY, at=now)
        elif step == "stop":
            actions.stop_clock("desk:1", by=BY, at=now)
    except (actions.ClockNotRunning, actions.ClockNotPaused):
        pass


def used_by_facts(facts, measure):
    """Add up the runs between the facts that let the clock run and those that held it."""
    turns = [fact for fact in facts if fact[0] in TURNS]
    runs = (
        (one[1], next_[1])
        for one, next_ in pairwise(turns)
        if one[0] in {"clock.started", "clock.resumed"}
    )
    return sum((worktime(office(), since, until, measure) for since, until in runs), timedelta(0))


@given(LIMITS, WARNS, STEPS)
@settings(max_examples=25, deadline=None)
def test_used_time_is_what_the_facts_add_up_to(limit, warn, steps):
    facts, row = live(limit, warn, steps, dispatcher=True)
    measure = parse_limit(limit).measure
    assert timedelta(microseconds=row.used_us) == used_by_facts(facts, measure)


@given(LIMITS, WARNS, STEPS)
@settings(max_examples=25, deadline=None)
def test_facts_are_the_same_whether_or_not_a_dispatcher_ran(limit, warn, steps):
    def told(facts):
        return [(name, when, data.get("warn"), data.get("level")) for name, when, data in facts]

    with_one, _ = live(limit, warn, steps, dispatcher=True)
    without, _ = live(limit, warn, steps, dispatcher=False)
    assert told(with_one) == told(without)


@given(LIMITS, WARNS, STEPS)
@settings(max_examples=25, deadline=None)
def test_each_moment_comes_once_in_order_and_overdue_is_who_used_more(limit, warn, steps):
    facts, row = live(limit, warn, steps, dispatcher=True)
    moments = [name for name, _, _ in facts if name in {"clock.warned", "clock.overdue"}]
    assert [when for _, when, _ in facts] == sorted(when for _, when, _ in facts)
    assert moments.count("clock.overdue") == int(row.overdue_at is not None)
    assert moments.count("clock.warned") == row.level <= len(row.warn_texts)
    if row.used_us != row.budget_us:  # a working day may end at closing time and be due at opening
        assert (row.overdue_at is not None) == (row.used_us > row.budget_us)


@given(LIMITS, st.lists(st.integers(1, 600), min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_pauses_outside_working_hours_cost_nothing(limit, minutes):
    """Pausing while shut and resuming before the next opening leaves the due moment where it was."""
    calendar, allowed = office(), parse_limit(limit)
    if allowed.measure is Measure.ELAPSED:
        return
    row = rules.plan_start(calendar, allowed, (), BEGIN)
    evening = at("06 18:00")
    if row.due_at <= evening:
        return
    paused = rules.plan_pause(row, calendar, evening)
    resumed = rules.plan_resume(paused, calendar, evening + timedelta(minutes=sum(minutes) % 700))
    assert resumed.due_at == row.due_at == add(calendar, BEGIN, allowed)
