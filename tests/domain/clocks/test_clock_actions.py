"""Clocks in the database: started, paused, resumed, stopped, given more time; and what is refused."""

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.clocks import actions, queries, rules
from bihuan.domain.clocks.models import Clock
from tests.domain.clocks.given import BY, at, facts, made_office, started

pytestmark = pytest.mark.django_db
ALL = ("clock.", "timer.")


@pytest.fixture(autouse=True)
def _office():
    made_office()


def test_a_clock_is_started_paused_resumed_and_stopped_with_a_fact_each():
    started()
    actions.pause_clock("desk:7", by=BY, at=at("06 09:30"), reason="等待客户")
    actions.resume_clock("desk:7", by=BY, at=at("09 09:00"))
    row = actions.stop_clock("desk:7", by=BY, at=at("09 09:15"))
    assert row.used_us == 45 * 60_000_000
    assert facts(names=ALL) == [
        ("clock.started", at("06 09:00")),
        ("clock.paused", at("06 09:30")),
        ("clock.resumed", at("09 09:00")),
        ("clock.stopped", at("09 09:15")),
    ]
    assert queries.clocks_of("case:1") == [row]
    assert queries.live_clock("desk:7") is None


def test_an_action_first_fires_the_moments_before_it():
    started()
    actions.pause_clock("desk:7", by=BY, at=at("06 12:00"))
    assert facts(names=ALL)[1:] == [
        ("clock.warned", at("06 10:30")),
        ("clock.warned", at("06 10:36")),
        ("clock.overdue", at("06 11:00")),
        ("clock.paused", at("06 12:00")),
    ]


def test_more_time_counts_what_was_used():
    started()
    row = actions.change_limit("desk:7", "3h", by=BY, at=at("06 10:00"), reason="批准延期")
    assert row.due_at == at("06 12:00")
    assert facts(names=ALL)[-1][0] == "clock.limit_changed"


@pytest.mark.parametrize(
    ("refusal", "ask"),
    [
        (actions.ClockAlreadyRunning, started),
        (actions.LimitRefused, lambda: started("desk:8", limit="2 hours")),
        (actions.LimitRefused, lambda: started("desk:8", warn="soon")),
        (queries.CalendarMissing, lambda: started("desk:8", calendar="nowhere")),
        (actions.ClockNotPaused, lambda: actions.resume_clock("desk:7", by=BY, at=at("06 10:00"))),
        (actions.ClockMissing, lambda: actions.stop_clock("desk:8", by=BY, at=at("06 10:00"))),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(refusal, ask):
    row = started()
    before = facts(names=ALL)
    with pytest.raises(refusal):
        ask()
    assert queries.clocks_of("case:1") == [row]
    assert facts(names=ALL) == before


def test_a_paused_clock_is_not_paused_again():
    started()
    actions.pause_clock("desk:7", by=BY, at=at("06 09:30"))
    with pytest.raises(actions.ClockNotRunning):
        actions.pause_clock("desk:7", by=BY, at=at("06 09:40"))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"kind": "EGG"}, "clock_kind_is_known"),
        ({"state": "PAUSED", "next_moment_at": None}, "clock_runs_since_a_moment_iff_running"),
        ({"due_at": None}, "clock_is_due_while_running"),
        ({"used_us": -1}, "clock_never_uses_less_than_nothing"),
        ({"level": 3}, "clock_level_counts_its_warnings"),
        ({"warn_at": []}, "clock_has_a_moment_for_each_warning"),
        ({"owner": "nobody"}, "clock_owner_is_a_ref"),
        ({"stopped_at": at("06 09:00")}, "clock_stopped_at_a_moment_iff_stopped"),
    ],
)
def test_the_database_refuses_nonsense(change, constraint):
    row = started()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Clock.objects.filter(pk=row.id).update(**change)


def test_a_clock_without_a_calendar_never_closes():
    row = started("timer:9", "07 09:00", limit="PT2H", warn="", calendar="", kind=rules.TIMER)
    assert (row.calendar, row.due_at) == (None, at("07 11:00"))
