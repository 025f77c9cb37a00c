"""A calendar is changed from a page: what it would do to running limits is shown before it is saved."""

from datetime import timedelta

import pytest
from django.test import Client

from bihuan.domain.cases.actions import open_case
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.clocks import queries
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.packs import actions as packs
from bihuan.kit import clock
from tests.packs import shipped

pytestmark = pytest.mark.django_db
BY = Actor("system:test")


@pytest.fixture
def admin() -> Client:
    long_ago = clock.now() - timedelta(days=400)
    for each in ("base", "hotline"):
        packs.install_pack(shipped.pack(each), by=BY, at=long_ago)
    org.open_demo_logins(by=BY, at=long_ago)
    client = Client()
    client.force_login(Staff.objects.get(login_name="guanli"))
    return client


def test_a_day_off_moves_limits_only_once_it_is_saved(admin):
    request = CaseRequest("hotline", "停电", unit_by_code("csc").id, class_code="fault.low.single")
    case = open_case(request, by=BY, at=clock.now())
    running = [one for one in queries.clocks_of(case.ref) if one.calendar]
    code = running[0].calendar
    before = queries.load_calendar(code)
    first = next(
        day
        for ahead in range(9)
        if before.slots_of(day := (clock.now() + timedelta(hours=8, days=ahead)).date())
    )
    said = {
        "part": "day",
        "date": first.isoformat(),
        "slots": "休",
        "note": "停工",
        "reason": "演习",
    }

    page = admin.get(f"/calendars/?code={code}")
    assert page.status_code == 200
    looked = admin.post(f"/calendars/?code={code}", {**said, "do": "try"}).content.decode()
    assert "保存后的影响" in looked
    assert "停工" in looked
    assert queries.load_calendar(code).revision == before.revision

    saved = admin.post(f"/calendars/?code={code}", {**said, "do": "save"})
    assert saved.status_code == 302
    assert queries.load_calendar(code).slots_of(first) == ()

    wrong = admin.post(
        f"/calendars/?code={code}", {"part": "week", "day0": "9点到5点", "do": "try"}
    )
    assert wrong.status_code == 422
    assert "9点到5点" in wrong.content.decode()
    assert "不要重叠" in wrong.content.decode()
    shut = admin.post(f"/calendars/?code={code}", {"part": "week", "do": "try"})
    assert shut.status_code == 422
    outsider = Client()
    outsider.force_login(Staff.objects.get(login_name="zhouli"))
    assert outsider.get("/calendars/").status_code == 403
