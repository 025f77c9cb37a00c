"""What the working-time arithmetic promises, by example."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from bihuan.engines.worktime import (
    ALWAYS,
    BeyondCalendar,
    Calendar,
    CalendarInvalid,
    LimitUnreadable,
    Measure,
    add,
    parse_limit,
    parse_slot,
    parse_warn,
    parse_warns,
    read_slots,
    workdays,
    worktime,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = read_slots(["08:30-12:00", "13:30-17:30"])
CLOSED = ()


def office(**exceptions):
    """An office, Monday to Friday; exceptions as d0307=["09:00-12:00"] in 2026."""
    return Calendar(
        code="office",
        time_zone="Asia/Shanghai",
        week=(OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, CLOSED, CLOSED),
        exceptions={
            date(2026, int(key[1:3]), int(key[3:])): read_slots(slots)
            for key, slots in exceptions.items()
        },
    )


def at(text):
    """A moment of March 2026 in Shanghai: `06 17:00` is Friday the 6th."""
    return datetime.strptime(f"2026-03-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("06 17:00", "30m", "06 17:30"),  # ends with the day, not at the next opening
        ("06 17:00", "31m", "09 08:31"),  # goes on after the weekend
        ("06 11:45", "30m", "06 13:45"),  # jumps lunch
        ("07 12:00", "1m", "09 08:31"),  # starts on a Saturday
        ("06 08:30", "7h30m", "06 17:30"),
        ("05 10:00", "1wd", "06 10:00"),
        ("06 10:00", "1wd", "09 10:00"),  # the next working day is Monday
        ("07 15:00", "1wd", "10 08:30"),  # Saturday counts from Monday's opening
        ("06 20:00", "1wd", "10 08:30"),  # after hours counts from Monday's opening
        ("06 12:30", "1wd", "09 13:30"),  # lunch counts from the end of lunch
        ("06 10:00", "3wd", "11 10:00"),
        ("06 10:00", "1wd4h", "09 15:30"),  # the day first, then four hours
        ("06 10:00", "PT2H", "06 12:00"),
        ("06 17:00", "P7D", "13 17:00"),  # elapsed time ignores the calendar
    ],
)
def test_a_limit_is_due_when_that_much_time_has_passed(start, limit, due):
    assert add(office(), at(start), parse_limit(limit)) == at(due)


def test_a_holiday_is_deducted_and_a_make_up_workday_counts():
    calendar = office(d0309=[], d0307=["08:30-12:00", "13:30-17:30"])
    assert add(calendar, at("06 17:00"), parse_limit("31m")) == at("07 08:31")
    assert add(calendar, at("07 17:00"), parse_limit("31m")) == at("10 08:31")
    assert add(calendar, at("06 10:00"), parse_limit("2wd")) == at("10 10:00")


def test_a_working_day_that_is_shut_at_that_time_gives_the_close_before_it():
    calendar = office(d0309=["08:30-12:00"], d0310=["10:00-11:00"])
    assert add(calendar, at("06 15:00"), parse_limit("1wd")) == at("09 12:00")
    assert add(calendar, at("06 09:00"), parse_limit("2wd")) == at("10 10:00")


def test_used_time_brings_the_due_moment_forward_even_into_the_past():
    two_hours = parse_limit("2h")
    assert add(office(), at("06 10:00"), two_hours, timedelta(hours=1)) == at("06 11:00")
    assert add(office(), at("09 08:30"), two_hours, timedelta(hours=3)) == at("06 16:30")
    assert add(office(), at("11 10:00"), parse_limit("1wd"), timedelta(hours=1)) == at("12 09:00")


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [("06 08:30", "09 08:30", 7.5), ("06 11:00", "06 14:00", 1.5), ("07 01:00", "08 23:00", 0)],
)
def test_worktime_counts_only_open_time(since, until, hours):
    assert worktime(office(), at(since), at(until)) == timedelta(hours=hours)


def test_worktime_is_negative_backwards_and_elapsed_time_ignores_the_calendar():
    assert worktime(office(), at("09 08:30"), at("06 08:30")) == -timedelta(hours=7.5)
    assert worktime(office(), at("06 08:30"), at("09 08:30"), Measure.ELAPSED) == timedelta(days=3)


def test_a_night_shift_belongs_to_the_day_it_starts():
    night = read_slots(["20:00-08:00"])
    calendar = Calendar(
        "night", "Asia/Shanghai", (CLOSED, night, night, night, night, CLOSED, CLOSED)
    )
    assert add(calendar, at("05 22:00"), parse_limit("12h")) == at("06 22:00")
    assert add(calendar, at("07 02:00"), parse_limit("1wd")) == at("11 02:00")
    assert add(calendar, at("07 07:00"), parse_limit("2h")) == at("10 21:00")


def test_round_the_clock_is_one_slot_a_day():
    assert ALWAYS.always_open
    assert add(ALWAYS, at("06 17:00"), parse_limit("2wd3h")) == at("08 20:00")
    assert worktime(ALWAYS, at("01 00:00"), at("31 00:00")) == timedelta(days=30)


def test_working_time_is_real_time_where_clocks_change():
    berlin = ZoneInfo("Europe/Berlin")
    whole_day = read_slots(["00:00-24:00"])
    calendar = Calendar("berlin", "Europe/Berlin", (whole_day,) * 7)
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    for day, hours in ((spring, 23), (autumn, 25)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=berlin)
        next_midnight = datetime(day.year, day.month, day.day + 1, tzinfo=berlin)
        assert worktime(calendar, midnight, next_midnight) == timedelta(hours=hours)
        assert add(calendar, midnight, parse_limit(f"{hours}h")) == next_midnight.astimezone(UTC)
        assert add(calendar, midnight, parse_limit("1wd")) == next_midnight


def test_a_slot_that_ends_in_the_skipped_hour_ends_at_the_change():
    slot = read_slots(["01:00-02:30"])
    calendar = Calendar("berlin", "Europe/Berlin", (slot,) * 7)
    day = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Berlin"))
    assert worktime(calendar, day, day.replace(hour=12)) == timedelta(hours=1)


def test_years_far_away_are_reached_and_the_end_of_time_is_refused():
    assert add(office(), datetime(1998, 3, 6, 9, tzinfo=UTC), parse_limit("1h")).year == 1998
    assert add(office(), at("06 09:00"), parse_limit("99999h")).year == 2077
    with pytest.raises(BeyondCalendar, match="calendars reach from"):
        add(office(), at("06 09:00"), parse_limit("99999wd999999h"))


def test_years_without_official_holidays_are_named():
    calendar = Calendar(
        "cn", "Asia/Shanghai", (OFFICE,) * 7, official="CN", official_years=(2025, 2026)
    )
    assert calendar.years_without_official(2026, 2028) == [2027, 2028]
    assert office().years_without_official(2026, 2028) == []


def test_working_days_passed_are_counted():
    assert workdays(office(), at("06 10:00"), at("09 09:59")) == 0
    assert workdays(office(), at("06 10:00"), at("09 10:00")) == 1
    assert workdays(office(), at("06 10:00"), at("20 10:00")) == 10
    assert workdays(office(), at("07 10:00"), at("06 10:00")) == 0


@pytest.mark.parametrize(
    "text", ["", "0m", "5", "2h1wd", "1.5h", "P", "PT", "P1M", "P1Y", "-2h", "P1DT"]
)
def test_what_is_not_a_limit_is_refused(text):
    with pytest.raises(LimitUnreadable, match="is not a time limit"):
        parse_limit(text)


def test_limits_are_read_as_written():
    assert parse_limit("1wd4h30m").days == 1
    assert parse_limit("1wd4h30m").micros == 270 * 60_000_000
    assert parse_limit("P1DT2H3M4.5S").micros == 93_784_500_000
    assert parse_limit("P2W").elapsed
    assert not parse_limit("2h").elapsed


def test_warnings_are_a_share_used_or_a_time_left():
    share, left, late = parse_warns("80%, 30m,120%")
    assert (share.share, left.left, late.share) == (
        Fraction("0.8"),
        parse_limit("30m"),
        Fraction("1.2"),
    )
    for text in ("0%", "80", "soon"):
        with pytest.raises(LimitUnreadable):
            parse_warn(text)


@pytest.mark.parametrize(
    ("text", "slot"),
    [("08:30-12:00", (510, 720)), ("0:00-24:00", (0, 1440)), ("22:00-06:00", (1320, 1800))],
)
def test_slots_are_read(text, slot):
    assert parse_slot(text) == slot


@pytest.mark.parametrize(
    "texts", [["8-12"], ["12:00-12:00"], ["24:00-25:00"], ["08:00-12:00", "11:00-13:00"]]
)
def test_impossible_slots_are_refused(texts):
    with pytest.raises(CalendarInvalid):
        read_slots(texts)


def test_a_calendar_that_never_opens_or_has_an_unknown_zone_is_refused():
    with pytest.raises(CalendarInvalid, match="never opens"):
        Calendar("shut", "Asia/Shanghai", (CLOSED,) * 7)
    with pytest.raises(CalendarInvalid, match="not a time zone"):
        Calendar("odd", "Mars/Olympus", (OFFICE,) * 7)
