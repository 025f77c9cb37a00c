"""Calendars as rows: made, edited, filled with the official days, refused."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.clocks import actions, queries
from bihuan.domain.clocks.models import Calendar, WeekSlot
from bihuan.engines.worktime import add, parse_limit, read_slots
from bihuan.engines.worktime.calendar import Calendar as Compiled
from tests.domain.clocks.given import BY, OFFICE, at, facts, made_office, office

pytestmark = pytest.mark.django_db


def test_a_calendar_read_back_is_the_calendar_put_in():
    made_office(
        days=[actions.DayEdit(date(2026, 3, 6), ()), actions.DayEdit(date(2026, 3, 7), OFFICE)]
    )
    found = queries.calendar("office")
    assert found.week == office().week
    assert found.exceptions == {date(2026, 3, 6): (), date(2026, 3, 7): OFFICE}
    assert Compiled.from_json(found.to_json()) == found


def test_no_code_is_the_calendar_that_never_closes():
    assert queries.calendar("").always_open


def test_chinas_official_days_are_entered_with_the_years_they_cover():
    made_office(official="CN")
    found = queries.calendar("office")
    assert found.slots_of(date(2026, 10, 1)) == ()
    assert found.slots_of(date(2026, 10, 10)) == OFFICE  # a Saturday worked for the holiday
    assert 2010 in found.official_years
    day, slots, note, source = queries.special_days("office", date(2026, 10, 1), date(2026, 10, 1))[
        0
    ]
    assert (day, slots, note, source) == (date(2026, 10, 1), (), "国庆节", "OFFICIAL")


def test_official_days_of_an_unknown_year_are_missing_and_said_so():
    made_office(official="CN")
    done = actions.import_official("office", [2026, 2099], by=BY, at=at("06 09:00"))
    assert (done.years, done.missing_years) == ((2026,), (2099,))
    sentence = queries.calendar_warnings(at("06 09:00").replace(year=2098))[0]
    assert "缺 2098 年、2099 年的法定节假日" in sentence


def test_a_limit_in_a_year_without_official_days_follows_the_week_and_does_not_fail():
    made_office(official="CN")
    start = at("06 09:00").replace(year=2098)
    assert add(queries.calendar("office"), start, parse_limit("3wd")) > start


def test_what_people_entered_stays_when_the_pack_or_the_official_days_come_again():
    made_office(official="CN")
    holiday = date(2026, 10, 1)
    actions.edit_days(
        "office", [actions.DayEdit(holiday, OFFICE, "值班")], by=BY, at=at("06 09:00")
    )
    actions.import_official("office", [2026], by=BY, at=at("06 10:00"))
    made_office(official="CN", days=[actions.DayEdit(holiday, ())])
    assert queries.calendar("office").slots_of(holiday) == OFFICE


def test_a_day_becomes_ordinary_again():
    made_office(days=[actions.DayEdit(date(2026, 3, 6), ())])
    actions.edit_days("office", [actions.DayEdit(date(2026, 3, 6), None)], by=BY, at=at("06 09:00"))
    assert queries.calendar("office").exceptions == {}


def test_each_change_is_a_new_revision_and_a_fact():
    made_office()
    first = queries.calendar("office").revision
    actions.edit_week("office", (OFFICE,) * 7, by=BY, at=at("06 09:00"), reason="抢修")
    assert queries.calendar("office").revision > first
    assert [name for name, _ in facts("calendar:office", ["calendar."])] == [
        "calendar.made",
        "calendar.edited",
    ]


@pytest.mark.parametrize(
    ("refusal", "ask"),
    [
        (
            actions.SlotsRefused,
            lambda: actions.edit_week("office", ((),) * 7, by=BY, at=at("06 09:00")),
        ),
        (
            actions.SlotsRefused,
            lambda: actions.edit_days(
                "office",
                [actions.DayEdit(date(2026, 3, 6), ((0, 60), (30, 90)))],
                by=BY,
                at=at("06 09:00"),
            ),
        ),
        (
            actions.OfficialUnknown,
            lambda: actions.import_official("office", None, by=BY, at=at("06 09:00")),
        ),
        (actions.OfficialUnknown, lambda: made_office(official="XX")),
        (queries.CalendarMissing, lambda: actions.edit_days("none", [], by=BY, at=at("06 09:00"))),
    ],
)
def test_what_makes_no_calendar_is_refused_and_changes_nothing(refusal, ask):
    made_office()
    before = queries.load_calendar("office")
    with pytest.raises(refusal):
        ask()
    assert queries.load_calendar("office") == before


@pytest.mark.parametrize(
    ("slot", "constraint"),
    [
        ({"weekday": 7, "begins": 0, "ends": 60}, "week_slot_is_on_a_weekday"),
        ({"weekday": 5, "begins": 60, "ends": 60}, "week_slot_is_possible"),
        ({"weekday": 5, "begins": 1440, "ends": 1500}, "week_slot_is_possible"),
        ({"weekday": 0, "begins": 600, "ends": 660}, "week_slots_do_not_overlap"),
    ],
)
def test_the_database_refuses_impossible_slots(slot, constraint):
    made_office()
    row = Calendar.objects.get(code="office")
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        WeekSlot.objects.create(calendar=row, **slot)


def test_night_slots_and_whole_days_can_be_stored():
    spec = actions.CalendarSpec(
        "night", "夜班", "Asia/Shanghai", (read_slots(["20:00-08:00"]),) * 6 + (((0, 1440),),)
    )
    actions.put_calendar(spec, by=BY, at=at("06 09:00"))
    assert queries.calendar("night").week == spec.week
