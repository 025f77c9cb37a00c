"""Times as the public reads them: whole words, no terms of the trade."""

import re
from datetime import datetime, timedelta

from django.utils import timezone

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_PLAIN = (
    (re.compile(r"0时(\d+)分"), lambda m: f"{int(m[1])} 分钟"),
    (re.compile(r"(\d+)时(\d+)分"), lambda m: f"{m[1]} 小时 {int(m[2])} 分钟"),
    (re.compile(r"(\d)时"), lambda m: f"{m[1]} 小时"),
    (re.compile(r"(\d)分(?!钟)"), lambda m: f"{m[1]} 分钟"),
    (re.compile(r"(\d) 时"), lambda m: f"{m[1]} 小时"),
    (re.compile(r"(\d) 日"), lambda m: f"{m[1]} 天"),
    (re.compile(r"工日"), lambda _: "个工作日"),
    (re.compile(r"工时"), lambda _: "个工作小时"),
    (re.compile(r"^用 0 分钟"), lambda _: "用不到 1 分钟"),
    (re.compile(r" / "), lambda _: "，"),
)


def moment(value: datetime | None, at: datetime) -> str:
    """Write when something happened: 今天 14:26, 昨天 16:02, 11月16日 17:40."""
    if value is None:
        return ""
    local, today = timezone.localtime(value), timezone.localtime(at).date()
    named = {today: "今天", today - timedelta(days=1): "昨天", today + timedelta(days=1): "明天"}
    day = named.get(local.date()) or _day(local, today.year)
    return f"{day} {local:%H:%M}"


def promised(value: datetime, at: datetime) -> str:
    """Write a promise: 11月18日 18:00 前, always with its day."""
    local = timezone.localtime(value)
    return f"{_day(local, timezone.localtime(at).year)} {local:%H:%M} 前"


def length(seconds: float) -> str:
    """Write a length of time: 35 分钟, 3 小时 40 分钟, 2 天 3 小时."""
    whole = int(abs(seconds))
    days, rest = divmod(whole, _DAY)
    hours, minutes = rest // _HOUR, rest % _HOUR // _MINUTE
    if days:
        return f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    if hours:
        return f"{hours} 小时 {minutes} 分钟" if minutes else f"{hours} 小时"
    return f"{minutes} 分钟" if minutes else "不到 1 分钟"


def plain(chip: str) -> str:
    """Write what a clock says as the public would: 用 47分 / 限 2时 becomes 用 47 分钟，限 2 小时."""
    for pattern, words in _PLAIN:
        chip = pattern.sub(words, chip)
    return chip


def _day(local: datetime, year: int) -> str:
    day = f"{local.month}月{local.day}日"
    return day if local.year == year else f"{local.year}年{day}"
