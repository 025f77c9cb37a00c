"""The pages of duty: handing over and taking over, the day's sheet, plans and whom to call."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bihuan.domain.org.models import PlanRun, Shift, Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.kit import clock
from tests.packs import standing

pytestmark = pytest.mark.django_db
BEFORE = clock.now() - timedelta(days=1)


@pytest.fixture
def centre() -> int:
    standing.install("base", "hotline", at=BEFORE, logins=True)
    return unit_by_code("csc").id


def browser(login: str) -> Client:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(Staff.objects.get(login_name=login))
    return client


def page(client: Client, path: str, **said: str) -> str:
    answer = client.post(path, said) if said else client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def test_a_shift_goes_from_one_to_the_next_on_the_page(centre):
    gao, ye = browser("gaoyuan"), browser("yeqing")
    address = f"/command/shift/{centre}"
    assert "没有在岗班次" in page(gao, "/command/shift/")
    page(gao, f"{address}/takeover/", name="白班", key="a", unit=str(centre))
    noted = page(gao, f"{address}/items/", text="今晚必须回电", key="b", unit=str(centre))
    assert "今晚必须回电" in noted
    page(gao, f"{address}/log/", text="巡检正常", kind="PATROL", key="c", unit=str(centre))
    page(gao, f"{address}/handover/", note="注意东门", key="d", unit=str(centre))

    refused = ye.post(f"{address}/takeover/", {"name": "夜班", "key": "e", "unit": centre})
    assert (refused.status_code, "逐条看过再接班" in refused.content.decode()) == (422, True)
    item = re.search(r'name="item" value="(\d+)"', page(ye, "/command/shift/"))[1]
    taken = page(ye, f"{address}/takeover/", name="夜班", item=item, key="f", unit=str(centre))

    assert "夜班" in taken
    assert Shift.objects.filter(ended_at=None).count() == 1
    assert "今晚必须回电" in page(ye, "/command/shift/card/")


def test_a_plan_is_started_from_the_page_once_and_its_lines_are_ticked(centre):
    gao = browser("gaoyuan")
    said = {"plan": "hotline.outage", "unit": str(centre), "text": "东门线跳闸", "key": "a"}
    started = page(gao, "/command/plans/start/", **said)
    page(gao, "/command/plans/start/", **said)

    assert "执行中" in started
    run = PlanRun.objects.get()
    ticked = page(gao, f"/command/plans/{run.pk}/steps/1/", text="", key="b")
    assert "1 / 9" in ticked
    early = gao.post(f"/command/plans/{run.pk}/end/", {"text": "已送电", "key": "c"})
    assert early.status_code == 422
    assert "还有步骤没有完成" in early.content.decode()
    assert "0555-010-2233" in page(gao, "/command/plans/")


def test_a_day_is_signed_on_its_sheet(centre):
    gao = browser("gaoyuan")
    shown = page(gao, "/command/shift/sheet/")
    day = re.search(r'name="day" value="([\d-]+)"', shown)[1]

    answer = gao.post(
        f"/command/shift/{centre}/sheets/",
        {"sheet": "1", "day": day, "remarks": "漏接 2 件", "key": "a", "unit": centre},
    )

    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
    assert "漏接 2 件" in page(gao, f"/command/shift/sheet/?day={day}")


def test_who_keeps_no_duty_does_not_come_in(centre):
    assert browser("zhouli").get("/command/shift/").status_code == 403
