"""Calendars in a pack: read, checked with line and remedy, put to work."""

from pathlib import Path

import pytest

from bihuan.domain.clocks import queries
from bihuan.domain.clocks.pack_parts import CalendarPart
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.source import read_pack
from tests.domain.clocks.given import OFFICE, at

MANIFEST = b'key = "demo"\nversion = "1.0.0"\nname = { zh = "x", en = "x" }\n'
GOOD = """\
title: 工时
time_zone: Asia/Shanghai
official: CN
week:
  mon-fri: ["08:30-12:00", "13:30-17:30"]
exceptions:
  - date: 2026-03-07
    slots: ["08:30-12:00", "13:30-17:30"]
    note: 盘点
  - date: 2026-03-09
"""


def read(text):
    pack = read_pack({"pack.toml": MANIFEST, "calendars/office.yaml": text.encode()})
    return pack.files[0], pack


def test_a_calendar_is_read_and_put_to_work(db):
    file, pack = read(GOOD)
    part = CalendarPart()
    assert part.check(file, pack) == []
    compiled = part.compile(file, pack)
    definition = PublishedDefinition(1, "calendar", "demo.office", 1, "demo", "工时", compiled)
    for _ in range(2):
        part.apply(definition, at=at("01 00:00"))
    found = queries.calendar("demo.office")
    assert found.week == (OFFICE,) * 5 + ((), ())
    assert found.slots_of(at("07 09:00").date()) == OFFICE
    assert found.slots_of(at("09 09:00").date()) == ()
    assert found.official == "CN"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('08:30-12:00", "13', '08:30-14:00", "13', 5, "时段写法有误"),
        ("mon-fri", "mon-fry", 5, "不是星期"),
        ("Asia/Shanghai", "Mars/Olympus", 2, "不认识时区"),
        ("official: CN", "official: XX", 3, "不能是“XX”"),
        ("2026-03-07", "2026-02-30", 7, "没有“2026-02-30”这一天"),
        ("note:", "remark:", 9, "不认识“remark”"),
        ("title: 工时\n", "", 1, "缺少“title”"),
        ("  mon-fri: [", "  mon: []\n  mon-fri: [", 6, "写了两次"),
        ('["08:30-12:00", "13:30-17:30"]\nexc', "[]\nexc", 4, "一周都不开门"),
    ],
)
def test_mistakes_name_the_line(old, new, line, message):
    problems = CalendarPart().check(*read(GOOD.replace(old, new, 1)))
    assert any(problem.line == line and message in problem.message for problem in problems), (
        problems
    )


def test_exceptions_may_be_written_short():
    start = GOOD.index("exceptions:")
    file, pack = read(
        GOOD[:start] + 'exceptions: {"2026-12-31": ["08:30-12:00"], "2026-12-30": []}'
    )
    assert CalendarPart().check(file, pack) == []
    assert CalendarPart().compile(file, pack)["exceptions"] == [
        {"date": "2026-12-31", "slots": ["08:30-12:00"], "note": ""},
        {"date": "2026-12-30", "slots": [], "note": ""},
    ]


def test_the_calendars_of_our_own_packs_are_sound():
    files = sorted((Path(__file__).parents[3] / "packs").glob("*/calendars/*.yaml"))
    assert files
    for path in files:
        assert CalendarPart().check(*read(path.read_text("utf-8"))) == []
