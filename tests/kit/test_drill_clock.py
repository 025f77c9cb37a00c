"""A drill's clock is ahead by what its file says; everywhere else time is real."""

from datetime import UTC, datetime, timedelta

import pytest

from bihuan.kit import clock


@pytest.fixture
def drill(tmp_path):
    file = tmp_path / "drill.json"
    clock.write_shift(file, clock.NO_SHIFT)
    clock.follow(file)
    yield file
    clock.follow(None)


def ahead() -> timedelta:
    return clock.now() - datetime.now(UTC)  # noqa: TID251  the time that is real


def test_every_reading_follows_the_file(drill):
    assert abs(ahead()) < timedelta(seconds=5)

    clock.write_shift(drill, timedelta(hours=2))

    assert abs(ahead() - timedelta(hours=2)) < timedelta(seconds=5)
    assert clock.shift() == timedelta(hours=2)


def test_a_drill_never_goes_back(drill):
    clock.write_shift(drill, -timedelta(hours=2))

    assert clock.shift() == clock.NO_SHIFT


def test_without_a_mark_time_is_real():
    assert clock.shift() is None
