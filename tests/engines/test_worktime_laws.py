"""Laws of the working-time arithmetic, tried on random calendars and against a minute-by-minute count."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st

from bihuan.engines.worktime import (
    Calendar,
    Limit,
    Measure,
    add,
    extended,
    parse_limit,
    workdays,
    worktime,
    written,
)

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
MINUTE = timedelta(minutes=1)
SPRING_OR_AUTUMN = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC))


@st.composite
def day_slots(draw, at_least=0):
    bounds = draw(st.lists(st.integers(0, 288), min_size=2 * at_least, max_size=6, unique=True))
    bounds.sort()
    return tuple((a * 5, b * 5) for a, b in zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def calendars(draw):
    week = tuple(draw(day_slots(at_least=int(i == 0))) for i in range(7))
    days = st.dates(date(2026, 3, 1), date(2026, 4, 15)) | st.dates(
        date(2026, 10, 20), date(2026, 11, 5)
    )
    exceptions = draw(st.dictionaries(days, day_slots(), max_size=6))
    return Calendar("any", draw(st.sampled_from(ZONES)), week, exceptions)


moments = st.builds(
    lambda spring, seconds: SPRING_OR_AUTUMN[spring] + timedelta(seconds=seconds),
    st.integers(0, 1),
    st.floats(0, 40 * 86_400),
)
hours = st.integers(1, 6000).map(lambda minutes: parse_limit(f"{minutes}m"))
days = st.integers(1, 9).map(lambda count: parse_limit(f"{count}wd"))
elapsed = st.integers(0, 9000).map(lambda minutes: parse_limit(f"PT{minutes}M"))
mixed = st.builds(lambda d, h: parse_limit(f"{d}wd{h}h"), st.integers(1, 5), st.integers(1, 30))
limits = hours | days | elapsed | mixed
few = settings(max_examples=30, deadline=None)


def open_minutes(calendar, since, until):
    """Count by walking: a slot is open from the first minute the wall clock shows its start or
    later until the wall clock shows less than its end for the last time."""
    zone = ZoneInfo(calendar.time_zone)
    window = [
        since - timedelta(days=2) + MINUTE * i for i in range(int((until - since) / MINUTE) + 5760)
    ]
    walls = [(moment, moment.astimezone(zone).replace(tzinfo=None)) for moment in window]
    opened = set()
    for day in {wall.date() for _, wall in walls[720:-720]}:
        midnight = datetime.combine(day, time())
        for begin, finish in calendar.slots_of(day):
            start, end = midnight + MINUTE * begin, midnight + MINUTE * finish
            first = next((i for i, (_, wall) in enumerate(walls) if wall >= start), len(walls))
            last = max((i for i, (_, wall) in enumerate(walls) if wall < end), default=-1)
            opened.update(range(first, last + 1))
    return sum(1 for i in opened if since <= window[i] < until)


@given(calendars(), moments, st.integers(0, 5 * 1440))
@settings(max_examples=20, deadline=None)
def test_worktime_equals_counting_the_open_minutes(calendar, since, minutes):
    since = since.replace(second=0, microsecond=0)
    until = since + MINUTE * minutes
    assert worktime(calendar, since, until) == MINUTE * open_minutes(calendar, since, until)


@given(calendars(), moments, hours)
@few
def test_adding_then_measuring_gives_the_limit_back(calendar, at, limit):
    due = add(calendar, at, limit)
    assert worktime(calendar, at, due) == timedelta(microseconds=limit.micros)
    assert worktime(calendar, at, due - timedelta(microseconds=1)) < worktime(calendar, at, due)


@given(calendars(), moments, st.integers(1, 9))
@few
def test_adding_working_days_then_counting_them_gives_the_number_back(calendar, at, count):
    assert workdays(calendar, at, add(calendar, at, parse_limit(f"{count}wd"))) == count


@given(calendars(), moments, moments, limits)
@few
def test_a_later_start_is_never_due_earlier(calendar, one, other, limit):
    early, late = sorted((one, other))
    assert add(calendar, early, limit) <= add(calendar, late, limit)


@given(calendars(), st.lists(moments, min_size=3, max_size=3), st.sampled_from(Measure))
@few
def test_splitting_an_interval_adds_up(calendar, three, measure):
    a, b, c = three
    whole = worktime(calendar, a, c, measure)
    assert worktime(calendar, a, b, measure) + worktime(calendar, b, c, measure) == whole


@given(calendars(), moments, moments, limits)
@few
def test_used_time_moves_the_due_moment_as_if_it_had_begun_earlier(calendar, one, other, limit):
    """Measured so far and carried on at once, a limit is due when it was due all along."""
    start, now = sorted((one, other))
    due = add(calendar, start, limit)
    used = worktime(calendar, start, now, limit.measure)
    assert add(calendar, now, limit, used) == due


@given(calendars(), moments, limits)
@few
def test_a_limit_is_due_after_its_start_and_while_open(calendar, at, limit):
    due = add(calendar, at, limit)
    assert due >= at
    if not limit.elapsed and not limit.days:
        assert worktime(calendar, due - timedelta(microseconds=1), due) == timedelta(microseconds=1)


@given(calendars(), moments, limits)
@few
def test_a_calendar_survives_json(calendar, at, limit):
    again = Calendar.from_json(calendar.to_json())
    assert again == calendar
    assert add(again, at, limit) == add(calendar, at, limit)


@given(limit=limits, more=limits, micros=st.integers(1, 10**13))
def test_a_limit_written_is_the_limit_read(limit: Limit, more: Limit, micros: int):
    for measure in Measure:
        found = written(measure, micros)
        assert (found.measure, found.micros, found.days) == (measure, micros, 0)
        assert parse_limit(found.text) == found
    if limit.measure is more.measure:
        longer = extended(limit, more)
        assert (longer.micros, longer.days) == (limit.micros + more.micros, limit.days + more.days)
