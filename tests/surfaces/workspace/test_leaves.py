"""People note their own leave, who stands in, and that they are back early (TKT-11)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from bihuan.domain.org import queries as org
from bihuan.domain.org.models import Staff
from bihuan.kit import clock
from tests.domain.processes.given import person, place

pytestmark = pytest.mark.django_db


def local(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M}"


@pytest.fixture
def kim() -> tuple[int, Client]:
    units = place()
    found = person("kim", ("agent", units["hq"]))
    person("lee", ("agent", units["hq"]))
    client = Client()
    client.force_login(Staff.objects.get(pk=found))
    return found, client


def typed(days: int, **more: str) -> dict[str, str]:
    now = clock.now()
    return {
        "since": local(now - timedelta(minutes=2)),
        "until": local(now + timedelta(days=days)),
        "cover": "lee",
        "why": "年假",
        **more,
    }


def test_a_leave_is_noted_shown_and_ended_early(kim):
    staff_id, client = kim

    assert client.post("/leaves/", typed(3)).status_code == 302

    text = client.get("/leaves/").content.decode()
    assert "休假中" in text
    assert "代办 · 年假" in text
    leave = org.leave_of(staff_id, clock.now())
    assert leave is not None
    assert client.post(f"/leaves/{leave.id}/end/").status_code == 302
    assert org.leave_of(staff_id, clock.now()) is None


def test_what_was_typed_stays_and_what_is_wrong_stands_beside_it(kim):
    client = kim[1]

    answer = client.post("/leaves/", typed(3, since="", cover="没有此人"))

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "请填写时间" in text
    assert 'value="没有此人"' in text

    backwards = client.post("/leaves/", typed(-3)).content.decode()
    assert "结束时间要晚于开始时间" in backwards
    assert ">年假</textarea>" in backwards


def test_nobody_ends_the_leave_of_somebody_else(kim):
    staff_id, client = kim
    client.post("/leaves/", typed(3))
    leave = org.leave_of(staff_id, clock.now())
    lee = Client()
    lee.force_login(Staff.objects.get(login_name="lee"))

    assert lee.post(f"/leaves/{leave.id}/end/").status_code in {403, 404}
    assert org.leave_of(staff_id, clock.now()) == leave
