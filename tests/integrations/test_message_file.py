"""Messages from a spreadsheet: rows checked with reasons, replies told as handling."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from bihuan.config.intake import home_unit
from bihuan.domain.cases.models import Case
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.queries import facts_of
from bihuan.integrations.message_file import intake
from bihuan.integrations.message_file.sheet import NotAMessageFile, read_sheet
from bihuan.kit import db
from tests.packs import standing

PACKS = Path(__file__).parents[2] / "packs"
REAL = Path(__file__).parents[3] / "shared/data/gov_messages"
ANNOUNCED = "select name, subject from ledger_outbox where root like 'case:%'"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 2, 9, tzinfo=ZONE)
HEADER = [
    "留言编号",
    "留言用户",
    "留言主题",
    "留言时间",
    "留言详情",
    "答复意见",
    "答复时间",
    "一级分类",
]
TEXT = "小区门口的路灯已经坏了三个月，晚上出行很不安全，请尽快维修。"
REPLY = "您好，路灯已于昨日修复，感谢您的监督。A7县城市管理和行政执法局 2019年5月10日"
ROWS = [
    [1, "A0001", "路灯不亮", "2019/4/25 9:32:09", TEXT, REPLY, "2019/5/5 9:32:09", None],
    [2, "A0002", "噪音扰民", "2019-04-26 08:00:00", TEXT, None, None, "城乡建设"],
    [3, "A0003", "没有时间", None, TEXT, None, None, None],
    [4, "A0004", "时间倒着", "2019/5/5 9:00:00", TEXT, REPLY, "2019/5/1 9:00:00", None],
    [1, "A0001", "路灯不亮", "2019/4/25 9:32:09", TEXT, REPLY, "2019/5/5 9:32:09", None],
    [5, "A0005", "只有日期", "2019/4/24 20:00:00", TEXT, REPLY, "2019/4/28", None],
]


def sheet_file(place: Path, rows: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(place)
    return place


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return sheet_file(tmp_path / "messages.xlsx", [HEADER, *ROWS])


def test_rows_that_will_not_do_are_named_with_line_and_reason(file):
    sheet = read_sheet(file, ZONE)

    assert sheet.rows == 6
    assert [(one.line, one.reason) for one in sheet.rejected] == [
        (4, "没有留言时间"),
        (5, "答复时间早于留言时间"),
        (6, "留言编号 1 与第 2 行重复"),
    ]
    assert sheet.messages[2].replied_at == datetime(2019, 4, 28, 23, 59, 59, tzinfo=ZONE)


def test_a_file_without_the_columns_is_refused(tmp_path):
    with pytest.raises(NotAMessageFile):
        read_sheet(sheet_file(tmp_path / "x.xlsx", [["甲", "乙"]]), ZONE)
    (tmp_path / "y.xlsx").write_bytes(b"nothing")
    with pytest.raises(NotAMessageFile):
        read_sheet(tmp_path / "y.xlsx", ZONE)


def test_a_reply_is_signed_by_its_department():
    assert intake.department(REPLY) == "A7县城市管理和行政执法局"
    assert intake.department("感谢您的支持！2019年5月10日") == ""


@pytest.fixture
def pack() -> None:
    standing.install("base", "hotline", at=NOW)


def taken_in(file: Path) -> int:
    sheet = read_sheet(file, ZONE)
    home = home_unit("hotline", "")
    place = intake.prepare(sheet.messages, pack="hotline", unit_id=home, at=NOW)
    return intake.take_in(sheet.messages, place)


@pytest.mark.django_db
def test_messages_become_cases_at_their_own_times_once(file, pack):
    assert (taken_in(file), taken_in(file)) == (3, 0)

    answered, waiting, _ = Case.objects.order_by("source_ref")
    assert (answered.state, answered.standing.current_units) == ("RESOLVED", "回访")
    assert answered.resolved_at == datetime(2019, 5, 5, 9, 32, 9, tzinfo=ZONE)
    assert (waiting.state, waiting.standing.current_units) == ("OPEN", "研判")
    assert (waiting.cls.name, answered.cls.name) == ("城乡建设", "未分类")
    assert waiting.opened_at == datetime(2019, 4, 26, 8, tzinfo=ZONE)
    assert not answered.consents.exists()


@pytest.mark.django_db
def test_the_reply_is_handling_on_behalf_of_its_department(file, pack):
    taken_in(file)

    case = Case.objects.get(source_ref="hotline:message:1")
    handling = case.handlings.get()
    assert "路灯已于昨日修复" in handling.text
    assert handling.on_behalf_of == "department:A7县城市管理和行政执法局"
    names = [fact.name for fact in facts_of(f"case:{case.pk}", size=200).rows]
    assert "clock.overdue" in names
    sheet = read_sheet(file, ZONE)
    assert intake.median_answer_days(sheet.messages, "hotline") == 7.1


@pytest.mark.django_db
def test_what_stays_open_causes_no_storm_of_warnings(file, pack):
    taken_in(file)

    running = Clock.objects.filter(state="RUNNING")
    assert running.exists()
    assert not running.filter(next_moment_at__lt=NOW).exists()
    assert db.rows(ANNOUNCED) == []


@pytest.mark.skipif(not REAL.exists(), reason="the messages are not in ../shared/data")
@pytest.mark.parametrize(("part", "rows"), [("附件3", 4326), ("附件4", 2816)])
def test_the_real_messages_are_accounted_for(part, rows):
    sheet = read_sheet(next(REAL.glob(f"{part}*.xlsx")), ZONE)

    assert (sheet.rows, len(sheet.messages)) == (rows, rows)
