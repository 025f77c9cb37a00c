"""Shifts, the run log, daily sheets and contingency plans (MON-12, MON-14, ORG-07, OUT-05, OUT-07)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.notifications import queries as notices
from bihuan.domain.org.actions import duty, plans
from bihuan.domain.org.actions.duty import HandedToOneself, ItemsUnread, SheetUnread, ShiftStillOn
from bihuan.domain.org.actions.plans import PlanUnderWay, StepAlreadyDone, StepsOpen, WhyMissing
from bihuan.domain.org.ports import OPEN_MATTERS, OpenMatter
from bihuan.domain.org.queries import (
    access_of,
    actor_for,
    duty as asked,
    plans as known,
    staff_by_login,
    unit_by_code,
)
from bihuan.kit.problems import NotAllowed
from tests.packs import standing

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 where we are
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def hotline() -> None:
    standing.install("base", "hotline", at=MORNING - timedelta(days=90), logins=True)


@pytest.fixture
def centre() -> int:
    return unit_by_code("csc").id


@pytest.fixture
def gao() -> Actor:
    """He leads the day shift."""
    return actor_for(staff_by_login("gaoyuan").pk, MORNING)


@pytest.fixture
def ye() -> Actor:
    """She leads the night shift."""
    return actor_for(staff_by_login("yeqing").pk, MORNING)


def later(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


def view(who: Actor, unit_id: int, at: datetime) -> asked.DutyView:
    return asked.duty_of(access_of(who.staff_id or 0, at), unit_id, at)


def told(unit_id: int) -> list[str]:
    return [one.name for one in reversed(facts_of(f"duty:{unit_id}", size=100).rows)]


def test_a_shift_hands_over_what_is_open_and_the_next_acknowledges_each(centre, gao, ye):
    duty.take_over(centre, name="白班", by=gao, at=MORNING)
    noted = duty.note_item(centre, text="今晚 19:00 前必须回电", by=gao, at=later(2))
    done = duty.note_item(centre, text="东门检修", by=gao, at=later(3))
    duty.settle_item(done, by=gao, at=later(4))

    with pytest.raises(ShiftStillOn):
        duty.take_over(centre, name="夜班", acknowledged=[noted], by=ye, at=later(8))
    assert duty.hand_over(centre, note="注意东门", by=gao, at=later(9)) == 1
    with pytest.raises(ItemsUnread):
        duty.take_over(centre, name="夜班", by=ye, at=later(9))
    with pytest.raises(HandedToOneself):
        duty.take_over(centre, name="夜班", acknowledged=[noted], by=gao, at=later(9))
    assert view(ye, centre, later(9)).shift.handed_by == "高远"

    duty.take_over(centre, name="夜班", acknowledged=[noted], by=ye, at=later(9))

    now = view(ye, centre, later(9))
    assert (now.shift.name, now.shift.leader) == ("夜班", "叶青")
    assert [one.text for one in now.items] == ["今晚 19:00 前必须回电"]
    assert [one.text for one in now.settled] == ["东门检修"]
    assert told(centre) == [
        "duty.shift_begun",
        "duty.item_noted",
        "duty.item_noted",
        "duty.item_settled",
        "duty.handed_over",
        "duty.taken_over",
    ]


def test_what_other_apps_find_open_is_listed_at_the_handover_and_leaves_with_it(
    centre, gao, ye, monkeypatch
):
    open_now = [OpenMatter("case:1", "260302-0001", "路灯不亮", "超期")]
    monkeypatch.setitem(OPEN_MATTERS._entries, "cases", lambda units, at: open_now)
    duty.take_over(centre, name="白班", by=gao, at=MORNING)
    duty.hand_over(centre, by=gao, at=later(8))
    [item] = view(ye, centre, later(8)).items
    duty.take_over(centre, name="夜班", acknowledged=[item.id], by=ye, at=later(8))
    open_now.clear()

    duty.hand_over(centre, by=ye, at=later(16))

    assert (item.number, item.text, item.why) == ("260302-0001", "路灯不亮", "超期")
    assert view(ye, centre, later(16)).items == ()


def test_who_comes_on_duty_reads_the_sheet_of_the_day_before_first(centre, gao, ye):
    yesterday = TODAY - timedelta(days=1)
    sheet = duty.sign_sheet(centre, day=yesterday, remarks="漏接 2 件已回拨", by=ye, at=MORNING)

    with pytest.raises(SheetUnread):
        duty.take_over(centre, name="白班", by=gao, at=MORNING)
    duty.read_sheet(sheet, by=gao, at=MORNING)
    duty.read_sheet(sheet, by=gao, at=later(1))
    duty.take_over(centre, name="白班", by=gao, at=later(1))

    shown = asked.sheet_of(access_of(gao.staff_id, MORNING), centre, yesterday)
    assert (shown.remarks, shown.signed_by, shown.is_read) == ("漏接 2 件已回拨", "叶青", True)
    assert ("受理", 0) in shown.figures
    assert told(centre).count("duty.sheet_read") == 1


def test_a_day_is_signed_once_and_not_before_it_comes(centre, gao):
    duty.sign_sheet(centre, day=TODAY, by=gao, at=MORNING)

    with pytest.raises(duty.AlreadySigned):
        duty.sign_sheet(centre, day=TODAY, by=gao, at=later(1))
    with pytest.raises(duty.DayNotOver):
        duty.sign_sheet(centre, day=TODAY + timedelta(days=1), by=gao, at=later(1))


def test_the_run_log_is_written_by_those_on_duty_and_read_newest_first(centre, gao):
    duty.write_log(centre, text="系统巡检正常", kind="PATROL", by=gao, at=later(1))
    duty.write_log(centre, text="东门来电集中", kind="INCIDENT", by=gao, at=later(2))

    log = asked.log_of(access_of(gao.staff_id, MORNING), centre)
    assert [(one.kind_title, one.text) for one in log.rows] == [
        ("异常", "东门来电集中"),
        ("巡检", "系统巡检正常"),
    ]
    handler = actor_for(staff_by_login("zhouli").pk, MORNING)
    with pytest.raises(NotAllowed):
        duty.write_log(centre, text="我也写", by=handler, at=later(3))
    with pytest.raises(duty.NothingWritten):
        duty.write_log(centre, text=" ", by=gao, at=later(3))


def test_a_plan_is_started_told_worked_off_and_ended(centre, gao, ye):
    run = plans.start_plan(
        "hotline.outage", unit_id=centre, reason="东门线跳闸", by=gao, at=MORNING
    )
    with pytest.raises(PlanUnderWay):
        plans.start_plan("hotline.outage", unit_id=centre, reason="又一次", by=ye, at=later(1))
    plans.tick_step(run, 1, by=gao, at=later(0.1))
    with pytest.raises(StepAlreadyDone):
        plans.tick_step(run, 1, by=ye, at=later(0.2))
    with pytest.raises(WhyMissing):
        plans.tick_step(run, 2, is_skipped=True, by=ye, at=later(0.2))
    with pytest.raises(StepsOpen):
        plans.end_plan(run, outcome="已送电", by=gao, at=later(1))

    [under_way] = known.plan_runs(access_of(gao.staff_id, MORNING), under_way=True)
    assert (under_way.done, len(under_way.steps)) == (1, 9)
    assert under_way.steps[1].due_at == MORNING + timedelta(minutes=10)
    for step in under_way.steps[1:]:
        plans.tick_step(run, step.position, note="演示", is_skipped=True, by=ye, at=later(2))
    plans.end_plan(run, outcome="11:20 全部送电", by=gao, at=later(3))

    titles = [one.title for one in notices.notices_for(access_of(ye.staff_id, MORNING)).rows]
    assert titles == ["大面积停电应急预案已启动：东门线跳闸"]
    [ended] = known.plan_runs(access_of(gao.staff_id, MORNING), under_way=False)
    assert ended.outcome == "11:20 全部送电"
    assert told(centre)[0] == "plan.started"
    assert told(centre)[-1] == "plan.ended"


def test_whom_to_call_comes_with_the_pack():
    [listed] = known.contacts()

    assert listed.title == "紧急联系清单"
    assert (listed.contacts[1].name, listed.contacts[1].phone) == ("消防", "119")
