"""The words on a clock's chip, as the design asks for them."""

import pytest

from bihuan.domain.clocks import rules
from tests.domain.clocks.given import at, limit, office, warn


def chip(limit_text, now, *, warns="80%", start="06 09:00", step=None):
    row = rules.plan_start(office(), limit(limit_text), warn(warns), at(start))
    if step:
        plan, when = step
        row = plan(row, office(), at(when))
    shown = rules.chip(row, office(), at(now), why="等待客户")
    return shown.state, shown.percent, shown.text


@pytest.mark.parametrize(
    ("limit_text", "now", "shown"),
    [
        ("5h", "06 09:55", ("ok", 18, "余 4时05分")),
        ("2h", "06 10:41", ("warn", 84, "余 0时19分")),
        ("2h", "06 11:35", ("over", 129, "超 0时35分")),
        ("22h", "06 09:00", ("ok", 0, "余 22 工时")),
        ("19h", "06 10:06", ("ok", 5, "余 17.9 工时")),
        ("3wd", "06 09:00", ("ok", 0, "余 3 工日")),
        ("5wd", "06 15:00", ("ok", 12, "余 4.4 工日")),
        ("P7D", "07 09:00", ("ok", 14, "余 6 日")),
        ("PT20H", "06 10:00", ("ok", 5, "余 19 时")),
    ],
)
def test_a_running_clock_says_what_is_left(limit_text, now, shown):
    assert chip(limit_text, now) == shown


def test_without_warnings_three_quarters_are_the_warning():
    assert chip("2h", "06 10:29", warns="")[0] == "ok"
    assert chip("2h", "06 10:30", warns="")[0] == "warn"


def test_a_paused_clock_says_why():
    shown = chip("2h", "09 09:00", step=(rules.plan_pause, "06 10:00"))
    assert shown == ("pause", 50, "停表 等待客户")


@pytest.mark.parametrize(
    ("limit_text", "stop", "text"),
    [
        ("2h", "06 09:47", "用 47分 / 限 2时"),
        ("1h30m", "06 11:00", "用 2时 / 限 1时30分"),
        ("1wd4h", "06 09:00", "用 0分 / 限 1 工日 4时"),
        ("P7D", "07 09:00", "用 24 时 / 限 7 日"),
        ("10h", "09 10:00", "用 8.5 工时 / 限 10 工时"),
    ],
)
def test_a_stopped_clock_says_used_and_limit(limit_text, stop, text):
    assert chip(limit_text, "20 09:00", step=(rules.plan_stop, stop))[2] == text
