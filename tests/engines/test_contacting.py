"""Who may be contacted when: to the minute, over midnight, by the clock where it rings, by several people's terms."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bihuan.engines.contacting import (
    Agreed,
    House,
    Purpose,
    Quiet,
    clearance,
    easiest,
    strictest,
)

SHANGHAI = "Asia/Shanghai"
NIGHT = Quiet(time(22), time(8))
CARE, SERVICE, MARKETING = Purpose.CARE, Purpose.SERVICE, Purpose.MARKETING


def local(hour, minute=0, second=0, day=2):
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (local(21, 59, 59), None),
        (local(22), local(8, day=3)),
        (local(0, day=3), local(8, day=3)),
        (local(7, 59, 59), local(8)),
        (local(8), None),
    ],
)
def test_hours_over_midnight_begin_and_end_to_the_second(at, until):
    assert clearance(SERVICE, Agreed(SHANGHAI, quiet=(NIGHT,)), at).until == until


def test_the_moment_given_is_outside_the_hours_however_finely_they_are_written():
    odd = Quiet(time(2, 36, 47, 8775), time(4, 36, 47, 8775))
    held = clearance(SERVICE, Agreed(SHANGHAI, quiet=(odd,)), local(3))
    assert held.until == local(4, 36, 47) + timedelta(microseconds=8775)


def test_hours_are_counted_in_the_zone_where_it_rings_when_its_clock_is_put_forward_too():
    agreed = Agreed("America/New_York", quiet=(Quiet(time(22), time(2, 30)),))
    before = datetime(
        2026, 3, 8, 6, 30, tzinfo=UTC
    )  # 01:30, half an hour before 02:00 becomes 03:00
    held = clearance(SERVICE, agreed, before)
    assert held.until is not None
    assert held.until > before
    assert clearance(SERVICE, agreed, held.until).is_free


def test_the_houses_hours_are_called_its_own_and_hold_only_for_what_we_begin():
    agreed = Agreed(SHANGHAI, house=House(quiet=(Quiet(time(21), time(8)),)))
    held = clearance(CARE, agreed, local(21, 30))
    assert (held.why, held.until) == ("本中心 21:00–08:00 不主动联系客户", local(8, day=3))
    assert clearance(SERVICE, agreed, local(21, 30)).is_free
    theirs = Agreed(SHANGHAI, quiet=(NIGHT,), house=agreed.house)
    assert clearance(CARE, theirs, local(22)).why == "客户免打扰 22:00–08:00"


def test_hours_that_leave_no_minute_of_the_day_are_no_moment_to_wait_for():
    shared = [Agreed(SHANGHAI, quiet=(Quiet(time(8), time(20)),))]
    shared.append(Agreed(SHANGHAI, quiet=(Quiet(time(20), time(8)),)))
    found = strictest(SERVICE, shared, local(12))
    assert (found.never, found.until) == (True, None)
    many = [Agreed(SHANGHAI, quiet=(Quiet(time(h), time(h + 1)),)) for h in range(4, 20)]
    assert strictest(SERVICE, many, local(4)).until == local(20), "however many follow each other"


def test_a_service_centre_may_ask_consent_for_care_too():
    asked = Agreed(SHANGHAI, house=House(care_needs_consent=True))
    assert clearance(CARE, asked, local(12)).never
    assert clearance(SERVICE, asked, local(12)).is_free
    given = Agreed(SHANGHAI, consent="GIVEN", house=asked.house)
    assert clearance(CARE, given, local(12)).is_free
    assert clearance(CARE, Agreed(SHANGHAI), local(12)).is_free


def test_of_several_numbers_the_easiest_of_one_number_the_strictest_counts():
    free, held = Agreed(SHANGHAI), Agreed(SHANGHAI, quiet=(NIGHT,))
    refused = Agreed(SHANGHAI, consent="REFUSED")
    at = local(23)
    each = [clearance(CARE, one, at) for one in (refused, held, free)]
    assert easiest(each).is_free
    assert easiest(each[:2]).until == local(8, day=3)
    assert strictest(CARE, [free, held], at).until == local(8, day=3)
    assert strictest(CARE, [free, held, refused], at).never
    assert strictest(MARKETING, [], at).is_free, "nobody's terms: the caller says what holds then"
