"""A clock runs, warns, pauses and ends: the plans, without a database."""

from bihuan.domain.clocks import rules
from bihuan.domain.clocks.choices import MomentKind
from tests.domain.clocks.given import at, limit, office, warn

HOUR = 3_600_000_000


def started(limit_text="2h", warns="80%,30m", when="06 09:00", calendar=None, kind=rules.LIMIT):
    row = rules.plan_start(
        calendar or office(), limit(limit_text), warn(warns), at(when), kind=kind
    )
    return row._replace(id=7, owner="desk:7", root="case:1")


def fired(row, when):
    return [(m.kind, m.at, m.warn or None) for m in rules.moments_due(row, at(when))]


def test_a_new_clock_knows_its_moments_in_order():
    row = started()
    assert row.due_at == at("06 11:00")
    assert row.warn_at == (at("06 10:30"), at("06 10:36"))
    assert row.warn_texts == ("30m", "80%")
    assert row.next_moment_at == at("06 10:30")


def test_moments_fire_in_order_each_at_its_own_time():
    assert fired(started(), "06 10:29") == []
    assert fired(started(), "06 16:00") == [
        (MomentKind.WARNED, at("06 10:30"), "30m"),
        (MomentKind.WARNED, at("06 10:36"), "80%"),
        (MomentKind.OVERDUE, at("06 11:00"), None),
    ]


def test_a_moment_marked_as_fired_does_not_fire_again():
    row = rules.plan_fired(started(), at("06 10:33"))
    assert (row.level, row.next_moment_at) == (1, at("06 10:36"))
    assert fired(row, "06 10:40") == [(MomentKind.WARNED, at("06 10:36"), "80%")]
    row = rules.plan_fired(row, at("06 12:00"))
    assert (row.level, row.overdue_at, row.next_moment_at) == (2, at("06 11:00"), None)
    assert fired(row, "20 12:00") == []


def test_a_warning_above_the_limit_comes_after_the_limit():
    assert [kind for kind, _, _ in fired(started(warns="80%,120%"), "06 16:00")] == [
        MomentKind.WARNED,
        MomentKind.OVERDUE,
        MomentKind.WARNED,
    ]


def test_a_pause_stops_the_time_and_resuming_gives_back_what_was_left():
    paused = rules.plan_pause(started(), office(), at("06 09:30"))
    assert (paused.state, paused.used_us, paused.due_at) == (rules.PAUSED, HOUR // 2, None)
    resumed = rules.plan_resume(paused, office(), at("09 14:00"))
    assert resumed.due_at == at("09 15:30")
    assert resumed.warn_at == (at("09 15:00"), at("09 15:06"))
    assert rules.used_micros(resumed, office(), at("09 15:00")) == HOUR * 3 // 2


def test_a_pause_first_passes_the_moments_before_it():
    paused = rules.plan_pause(started(), office(), at("06 10:40"))
    assert paused.level == 2
    assert rules.plan_resume(paused, office(), at("09 09:00")).next_moment_at == at("09 09:20")


def test_pausing_and_resuming_at_once_changes_nothing():
    row = started("1wd4h")
    paused = rules.plan_pause(row, office(), at("06 15:00"))
    resumed = rules.plan_resume(paused, office(), at("06 15:00"))
    assert (resumed.due_at, resumed.warn_at) == (row.due_at, row.warn_at)


def test_plans_that_do_not_apply_change_nothing():
    row = started()
    paused = rules.plan_pause(row, office(), at("06 09:30"))
    stopped = rules.plan_stop(row, office(), at("06 09:30"))
    assert rules.plan_resume(row, office(), at("06 09:30")) is row
    assert rules.plan_pause(paused, office(), at("06 09:40")) is paused
    assert rules.plan_stop(stopped, office(), at("06 09:40")) is stopped


def test_a_stopped_clock_keeps_its_used_time_and_can_be_taken_up_again():
    stopped = rules.plan_stop(started(), office(), at("06 10:00"))
    assert (stopped.used_us, stopped.stopped_at) == (HOUR, at("06 10:00"))
    again = rules.plan_resume(stopped, office(), at("06 14:00"))
    assert (again.due_at, again.stopped_at) == (at("06 15:00"), None)


def test_an_overdue_clock_keeps_counting_through_a_pause():
    paused = rules.plan_pause(started(), office(), at("06 14:30"))
    assert (paused.overdue_at, paused.used_us) == (at("06 11:00"), 4 * HOUR)
    resumed = rules.plan_resume(paused, office(), at("09 10:00"))
    assert resumed.due_at < at("09 08:30")
    assert fired(resumed, "10 10:00") == []


def test_a_timer_fires_once_and_is_done():
    row = started("PT1H", "", kind=rules.TIMER)
    assert fired(row, "06 10:00") == [(MomentKind.FIRED, at("06 10:00"), None)]
    done = rules.plan_fired(row, at("06 12:00"))
    assert (done.state, done.stopped_at, done.used_us) == (rules.STOPPED, at("06 10:00"), HOUR)


def test_a_holiday_entered_later_moves_the_due_moment():
    row = started("2wd", when="05 10:00")
    changed = rules.plan_recompute(row, office(closed=[6], revision=2), at("05 16:00"))
    assert (row.due_at, changed.due_at) == (at("09 10:00"), at("10 10:00"))
    assert changed.calendar_revision == 2


def test_a_change_that_makes_a_clock_overdue_fires_at_the_change_not_before_it():
    row = started("1wd", "90%", when="05 10:00", calendar=office(closed=[6]))
    changed = rules.plan_recompute(row, office(revision=2), at("06 16:00"))
    assert changed.due_at == at("06 10:00")
    assert [moment[1] for moment in fired(changed, "06 17:00")] == [at("06 16:00")] * 2


def test_a_longer_limit_counts_the_time_used_and_warns_again():
    row = rules.plan_fired(started(warns="80%"), at("06 10:50"))
    longer = rules.plan_limit(row, office(), limit("4h"), warn("80%"), at("06 10:50"))
    assert longer.due_at == at("06 14:30")
    assert (longer.level, longer.next_moment_at) == (0, at("06 13:42"))


def test_moments_before_the_enforcement_date_are_silent():
    calendar = office(enforce_from=at("06 10:45"))
    assert [kind for kind, _, _ in fired(started(calendar=calendar), "06 16:00")] == [
        MomentKind.OVERDUE
    ]
    calendar = office(enforce_from=at("06 11:01"))
    row = started(calendar=calendar)
    assert row.next_moment_at is None
    assert not rules.chip(row, calendar, at("06 16:00")).late


def test_rows_survive_the_trip_through_the_database_columns():
    row = started()
    values = [getattr(row, column) for column in rules.COLUMNS]
    values = [list(value) if isinstance(value, tuple) else value for value in values]
    assert rules.row_from(values) == row
