"""Moments and spans are written as the design guide says (DESIGN.md §4.1, §7)."""

from datetime import UTC, datetime

import pytest

from bihuan.surfaces.workspace import phrases

NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.parametrize(
    ("seconds", "elapsed", "written"),
    [
        (47 * 60, False, "47分"),
        (2 * 3600, False, "2时"),
        (90 * 60, False, "1时30分"),
        (8 * 3600, False, "8 工时"),
        (17.9 * 3600, False, "17.9 工时"),
        (3 * 8 * 3600, False, "3 工日"),
        (30 * 3600, True, "30 小时"),
        (7 * 86400, True, "7 天"),
    ],
)
def test_spans(seconds, elapsed, written):
    assert phrases.span(seconds, elapsed=elapsed) == written


def test_a_countdown_always_shows_hours():
    assert phrases.countdown(19 * 60) == "0时19分"


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 11, 18, 6, 26, tzinfo=UTC), "今天 14:26"),
        (datetime(2026, 11, 17, 8, 2, tzinfo=UTC), "昨天 16:02"),
        (datetime(2026, 11, 19, 0, 0, tzinfo=UTC), "明天 08:00"),
        (datetime(2026, 11, 16, 9, 40, tzinfo=UTC), "11-16 17:40"),
        (datetime(2025, 10, 1, 9, 0, tzinfo=UTC), "2025-10-01"),
        (None, "—"),
    ],
)
def test_moments(moment, written):
    assert phrases.moment(moment, NOON) == written


def test_a_story_says_the_hour_in_every_year():
    assert (
        phrases.moment(datetime(2025, 10, 1, 9, 0, tzinfo=UTC), NOON, timed=True)
        == "2025-10-01 17:00"
    )


def test_a_table_names_the_year_of_what_was_not_this_year():
    new_year = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)  # midnight in Shanghai

    assert phrases.short_moment(new_year, NOON) == "01-01 00:00"
    assert (
        phrases.short_moment(datetime(2017, 2, 16, 6, 17, tzinfo=UTC), NOON) == "2017-02-16 14:17"
    )
    assert phrases.short_moment(None) == "—"


def test_counts_are_parted_by_thin_spaces():
    assert phrases.thousands(5368) == "5\u2009368"
