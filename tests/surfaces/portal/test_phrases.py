"""Times in the public's words."""

from datetime import timedelta

import pytest

from bihuan.surfaces.portal import phrases
from tests.domain.cases.portal.given import NINE


@pytest.mark.parametrize(
    ("chip", "said"),
    [
        ("用 47分 / 限 2时", "用 47 分钟，限 2 小时"),
        ("用 0分 / 限 4时", "用不到 1 分钟，限 4 小时"),
        ("用 1时05分 / 限 1 工日 4时", "用 1 小时 5 分钟，限 1 个工作日 4 小时"),
        ("用 10.5 工时 / 限 1 工日", "用 10.5 个工作小时，限 1 个工作日"),
        ("用 3.5 日 / 限 7 日", "用 3.5 天，限 7 天"),
    ],
)
def test_a_clock_is_read_without_terms_of_the_trade(chip, said):
    assert phrases.plain(chip) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "不到 1 分钟"),
        (35, "35 分钟"),
        (220, "3 小时 40 分钟"),
        (60 * 49, "2 天 1 小时"),
        (1440, "1 天"),
    ],
)
def test_a_length_of_time_is_whole_words(minutes, said):
    assert phrases.length(minutes * 60) == said


def test_a_moment_names_its_day():
    assert phrases.moment(NINE, NINE) == "今天 09:00"
    assert phrases.moment(NINE - timedelta(days=1), NINE) == "昨天 09:00"
    assert phrases.moment(NINE - timedelta(days=30), NINE) == "1月31日 09:00"
    assert phrases.promised(NINE + timedelta(days=365), NINE) == "2027年3月2日 09:00 前"
