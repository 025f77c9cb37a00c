"""The command desk: what a supervisor sees and does there."""

import json
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from bihuan.domain.cases import queries
from bihuan.domain.cases.models import Case, Standing
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import access_of, staff_by_login
from bihuan.domain.processes import actions as processes
from bihuan.surfaces.command import kept, stream
from tests.domain.escalations.test_ladders import NINE, dispatch, loop, minutes

pytestmark = pytest.mark.django_db
NOW = minutes(130)


@pytest.fixture
def case():
    kept.forget()
    found = loop()
    dispatch(minutes(125))
    with time_machine.travel(NOW, tick=False):
        yield found


def browser(login: str, *, fragment: bool = True) -> Client:
    client = Client(headers={"HX-Request": "true"} if fragment else {})
    client.force_login(Staff.objects.get(login_name=login))
    return client


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def opened(client: Client, case) -> dict[str, str]:
    """Open the drawer; return what its form would send."""
    page = text(client, f"/command/cases/{case.number}/")
    return {
        "seen": re.search(r'name="seen" value="(\d+)"', page)[1],
        "key": re.search(r'name="key" value="(\w+)"', page)[1],
        "addressee": "石墨（yh-shimo）",
        "reason": "今天 17 点前给出施工日期",
        "limit": "PT4H",
    }


def send(client: Client, case, said: dict[str, str]):
    return client.post(f"/command/cases/{case.number}/orders/", said)


def orders(case) -> list[str]:
    access = access_of(staff_by_login("yh-situ").pk, NOW)
    return [one.reason for one in queries.supervision_of_case(access, case.id)]


def test_the_desk_shows_what_is_late_with_figures_load_and_filters(case):
    page = text(browser("yh-situ", fragment=False), "/command/")

    assert f'id="alert-{case.id}"' in page
    assert "漏水" in page
    assert "较大投诉" in page
    assert "东区工程部" in page
    assert 'data-live="board:command' in page


def test_an_empty_desk_says_so(case):
    page = text(browser("yh-situ", fragment=False), "/command/?tier=warn")
    assert "没有符合条件的告警" in page


def test_who_may_not_supervise_does_not_come_in(case):
    assert browser("yh-shimo", fragment=False).get("/command/").status_code == 403


def test_five_hundred_late_cases_are_shown_by_the_hundred(case):
    row = Case.objects.get(pk=case.id)
    made = []
    for number in range(500):
        row.pk, row.number, row.source_ref = None, f"260302-9{number:03d}", ""
        row.save(force_insert=True)
        Standing.objects.create(case=row)
        made.append(row.pk)
    told = Escalation.objects.first()
    for case_id in made:
        told.pk, told.subject, told.needs_answer = None, f"case:{case_id}", True
        told.save(force_insert=True)
    client = browser("yh-situ")

    first = text(client, "/command/board/?fresh=1")
    cursor = re.search(r"after=(\d+)", first)[1]
    second = text(client, f"/command/board/?after={cursor}")

    assert "共 501 单" in first
    shown = [set(re.findall(r'id="alert-(\d+)"', page)) for page in (first, second)]
    assert [len(one) for one in shown] == [100, 100]
    assert not shown[0] & shown[1]


def test_an_order_is_issued_once_however_often_it_is_sent(case):
    client = browser("yh-situ")
    said = opened(client, case)

    answer = send(client, case, said)
    send(client, case, said)

    assert answer.status_code == 200
    assert "今天 17 点前给出施工日期" in answer.content.decode()
    assert orders(case) == ["今天 17 点前给出施工日期"]


def test_what_is_missing_is_said_and_what_was_typed_is_kept(case):
    client = browser("yh-situ")
    answer = send(client, case, {**opened(client, case), "addressee": "某人"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "键入姓名，从列表中选择" in page
    assert "今天 17 点前给出施工日期" in page
    assert orders(case) == []


def test_an_order_until_a_moment_counts_every_hour(case):
    client = browser("yh-situ")
    send(client, case, {**opened(client, case), "until": "2026-03-02 20:00"})
    late = send(client, case, {**opened(client, case), "until": "2026-03-01 20:00"})

    access = access_of(staff_by_login("yh-situ").pk, NOW)
    [order] = queries.supervision_of_case(access, case.id)
    assert order.due_at == NINE + timedelta(hours=11)
    assert (late.status_code, "晚于现在" in late.content.decode()) == (422, True)


def test_a_stale_page_is_refused_with_a_sentence_and_the_fresh_state(case):
    first, second = browser("yh-situ"), browser("yh-shangguan")
    old = opened(second, case)
    send(first, case, opened(first, case))

    answer = send(second, case, {**old, "reason": "请立即上门"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "司徒静 11:10 已发出督办，请看过最新情况再决定。" in page
    assert "请立即上门" in page
    assert "今天 17 点前给出施工日期" in page
    assert orders(case) == ["今天 17 点前给出施工日期"]
    again = {**old, "reason": "请立即上门", "key": "another"}
    again["seen"] = re.search(r'name="seen" value="(\d+)"', page)[1]
    assert send(second, case, again).status_code == 200


def test_an_escalation_is_taken_on_by_one_and_the_other_is_told(case):
    [row] = Escalation.objects.filter(step="manager")
    client = browser("yh-shangguan")
    address = f"/command/cases/{case.number}/escalations/{row.pk}/acknowledgement/"

    taken = client.post(address, {"text": "我来"})
    again = client.post(address, {"text": "我来"})

    assert taken.status_code == 200
    assert again.status_code == 422
    said = json.loads(again.headers["HX-Trigger"])["toast"]
    assert said == {"text": "已有人确认收到这次升级。", "bad": True}


def test_the_stream_draws_each_persons_part_of_the_board(case):
    chief, south = (access_of(staff_by_login(one).pk, NOW) for one in ("yh-situ", "yh-ouyang"))
    audiences = {stream.eyes(one): one for one in (chief, south)}

    drawn = stream.events([case.id], audiences, NOW)
    Escalation.objects.update(needs_answer=False)
    processes.suspend(case.instance_id, reason="等备件", by=SYSTEM, at=NOW)
    over = stream.events([case.id], audiences, NOW)

    said = json.loads(drawn[stream.eyes(chief)].decode().split("data: ")[1])
    assert said["rows"][0][0] == case.id
    assert f'id="alert-{case.id}"' in said["rows"][0][1]
    assert stream.eyes(south) not in drawn
    left = json.loads(over[stream.eyes(chief)].decode().split("data: ")[1])
    assert left == {"rows": [], "gone": [case.id]}
