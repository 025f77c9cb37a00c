"""What people do with units on pages: each dialog works once, and keeps what was typed when it is refused."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.choices import Operation
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.kit import clock
from bihuan.kit.htmx import render
from bihuan.surfaces.workspace import operations
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.unit_forms import UnitForm, unit_form
from tests.domain.processes.given import (
    facts,
    open_nodes,
    person,
    place,
    publish,
    staff,
    started,
    state,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
WHY = "客户要求换一位师傅再办一次"


@pytest.fixture
def units():
    publish(
        process(
            "a user post=agent limit=PT4H; b user post=agent limit=PT4H returnTo=*",
            "start a; a b; b end",
        )
    )
    return place()


@pytest.fixture
def kim(units):
    return person("kim", ("agent", units["hq"]))


@pytest.fixture
def ann(units):
    return person("ann", ("agent", units["hq"]))


@pytest.fixture
def lee(units):
    return person("lee", ("admin", units["hq"]))


@pytest.fixture
def running(units, kim, ann, lee) -> int:
    """A process that began an hour ago and is at its first unit."""
    return started(units["hq"], clock.now() - timedelta(hours=1)).id


def browser(login: str) -> Client:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(Staff.objects.get(login_name=login))
    return client


def opened(client: Client, address: str) -> tuple[str, str]:
    """Open a dialog; return its text and the name of its request."""
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == 200, text
    return text, re.search(r'name="key" value="(\w+)"', text)[1]


def send(client: Client, unit_id: int, verb: str, **said):
    address = f"/units/{unit_id}/{verb}/"
    _, key = opened(client, address)
    return client.post(address, {"key": key, **said})


def at_second(running: int) -> int:
    submit(running, "a", clock.now())
    return unit(running, "b").pk


# ------------------------------------------------------------------ the menu
def test_every_operation_the_kernel_offers_has_a_dialog():
    offered = {one.offered_for for one in operations.OPERATIONS}
    assert offered | {"claim", "submit", "save_draft"} == set(map(str, Operation))


def test_every_dialog_that_is_offered_opens(running):
    first = unit(running, "a").pk
    lee = browser("lee")
    for operation in operations.OPERATIONS:
        text, _ = opened(lee, f"/units/{first}/{operation.verb}/")
        assert operation.consequence in text


# ------------------------------------------------------------------ the route
def test_a_unit_is_returned_and_the_page_is_told(running):
    second = at_second(running)
    answer = send(
        browser("lee"),
        second,
        "return",
        to="previous",
        then="forward",
        choice="资料不全",
        reason=WHY,
    )

    assert answer.status_code == 204
    assert '"case-changed"' in answer["HX-Trigger"]
    assert '"dialog-close"' in answer["HX-Trigger"]
    assert open_nodes(running) == ["a"]


def test_a_unit_comes_straight_back(running):
    second = at_second(running)
    send(browser("lee"), second, "return", to="a", then="straight_back", choice="其他", reason=WHY)
    assert open_nodes(running) == ["a"]
    submit(running, "a", clock.now())
    assert open_nodes(running) == ["b"]


def test_a_dialog_sent_twice_works_once(running):
    first = unit(running, "a").pk
    lee, address = browser("lee"), f"/units/{first}/urge/"
    _, key = opened(lee, address)
    said = {"key": key, "reason": "客户来电", "for_customer": "true"}

    assert [lee.post(address, said).status_code for _ in range(2)] == [204, 204]
    assert facts("unit.urged") == ["unit.urged"]


def test_without_a_reason_nothing_moves_and_what_was_typed_stays(running):
    second = at_second(running)
    answer = send(browser("lee"), second, "return", to="a", choice="资料不全", reason="太短")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "写清为什么" in text
    assert ">太短</textarea>" in text
    assert '<option value="a" selected>' in text
    assert open_nodes(running) == ["b"]


def test_a_refusal_of_the_kernel_is_said_in_the_dialog_and_keeps_what_was_typed(running):
    first = unit(running, "a").pk
    lee = browser("lee")
    send(lee, first, "urge", reason="客户来电", for_customer="true")
    answer = send(lee, first, "urge", reason="客户又来电", for_customer="true")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "半小时内已经催办过" in text
    assert "客户又来电" in text
    assert 'value="true" checked' in text


def test_a_submission_is_withdrawn(running):
    kim = browser("kim")
    first = unit(running, "a").pk
    by = staff(Staff.objects.get(login_name="kim").pk)
    actions.submit(first, {}, by=by, at=clock.now())
    assert open_nodes(running) == ["b"]

    assert send(kim, first, "withdraw").status_code == 204
    assert open_nodes(running) == ["a"]


def test_a_jump_shows_where_the_flow_is_and_needs_a_node(running):
    first = unit(running, "a").pk
    lee = browser("lee")
    text, _ = opened(lee, f"/units/{first}/jump/")
    assert "现在在：" in text
    refused = send(lee, first, "jump", choice="走错流程", reason=WHY)
    assert refused.status_code == 422
    assert WHY in refused.content.decode()

    assert (
        send(
            lee, first, "jump", to="b", choice="走错流程", reason=WHY, **{"from": "all"}
        ).status_code
        == 204
    )
    assert open_nodes(running) == ["b"]


def test_a_unit_is_skipped(running):
    assert (
        send(
            browser("lee"), unit(running, "a").pk, "skip", choice="无需办理", reason=WHY
        ).status_code
        == 204
    )
    assert open_nodes(running) == ["b"]


def test_a_process_rests_until_a_moment_goes_on_ends_and_is_reopened(running):
    first, lee = unit(running, "a").pk, browser("lee")
    wrong = send(lee, first, "suspend", choice="恶劣天气", reason=WHY, until="明天")
    assert (wrong.status_code, state(running)) == (422, "RUNNING")
    assert 'value="明天"' in wrong.content.decode()

    send(lee, first, "suspend", choice="恶劣天气", reason=WHY)
    assert state(running) == "SUSPENDED"
    send(lee, first, "resume")
    assert state(running) == "RUNNING"
    send(lee, first, "terminate", choice="客户撤回", reason=WHY)
    assert state(running) == "TERMINATED"
    send(lee, first, "reopen", to="b", choice="误结束", reason=WHY)
    assert (state(running), open_nodes(running)) == ("RUNNING", ["b"])
    assert ProcessInstance.objects.count() == 1


# ------------------------------------------------------------------ colleagues
def test_a_unit_is_delegated_and_taken_back(running, kim, ann):
    first, lee = unit(running, "a").pk, browser("kim")
    send(lee, first, "delegate", to="Ann（ann）", while_away="false", may_submit="false")
    assert Token.objects.get(pk=first).assignee_id == ann

    assert send(lee, first, "give-back").status_code == 204
    assert Token.objects.get(pk=first).assignee_id == kim


def test_who_is_not_known_is_refused_at_the_field(running):
    first = unit(running, "a").pk
    answer = send(browser("kim"), first, "delegate", to="谁也不是", reason="出差")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "没有这名人员" in text
    assert 'value="谁也不是"' in text
    assert Token.objects.get(pk=first).assignee_id is None


def test_a_delegate_gives_back_what_is_done(running, kim, ann):
    first = unit(running, "a").pk
    send(browser("kim"), first, "delegate", to="ann")
    assert send(browser("ann"), first, "complete").status_code == 204
    assert Token.objects.get(pk=first).assignee_id == kim


def test_a_co_handler_is_added_and_removed(running, ann):
    first, lee = unit(running, "a").pk, browser("lee")
    send(lee, first, "add-signer", to="Ann（ann）")
    beside = unit(running, "a").pk
    assert Token.objects.get(pk=beside).assignee_id == ann
    assert send(lee, beside, "remove-signer").status_code == 204
    assert open_nodes(running) == ["a"]


def test_a_unit_is_assigned(running, ann):
    first = unit(running, "a").pk
    lee = browser("lee")
    assert send(lee, first, "assign").status_code == 422
    assert send(lee, first, "assign", staff=str(ann)).status_code == 204
    assert Token.objects.get(pk=first).assignee_id == ann


def test_a_copy_is_listed_unread_and_marked_when_opened(running):
    send(browser("lee"), unit(running, "a").pk, "copy", staff_1="Ann（ann）", reason="请看")
    ann = browser("ann")
    page = ann.get("/copies/").content.decode()
    address = re.search(r'action="(/copies/\d+/)"', page)[1]
    assert "未读" in page
    assert "请看" in page
    assert ann.post(address).status_code == 302
    assert ann.get("/copies/?view=unread").content.decode().count(address) == 0


def test_a_copy_to_nobody_is_refused(running):
    answer = send(browser("lee"), unit(running, "a").pk, "copy", reason="请看")
    assert answer.status_code == 422
    assert "请选择抄送的人员或岗位" in answer.content.decode()


def test_people_are_found_by_name(running):
    assert (
        "Ann（ann）" in browser("kim").get("/people/", {"name": "to", "to": "an"}).content.decode()
    )


# ------------------------------------------------------------------ time
def test_more_time_is_asked_for_listed_and_decided(running):
    first = unit(running, "a").pk
    asked = send(browser("kim"), first, "extend", more="PT2H", choice="等物料", reason=WHY)
    assert asked.status_code == 204
    lee = browser("lee")
    assert WHY in lee.get("/extensions/").content.decode()
    assert send(lee, first, "decide-extension").status_code == 422
    assert send(lee, first, "decide-extension", decision="refuse").status_code == 422
    assert send(lee, first, "decide-extension", decision="approve").status_code == 204
    assert facts("unit.extended") == ["unit.extended"]
    assert WHY not in lee.get("/extensions/").content.decode()


def test_more_time_written_wrongly_is_refused_at_the_field(running):
    answer = send(
        browser("kim"), unit(running, "a").pk, "extend", more="很久", choice="等物料", reason=WHY
    )
    assert answer.status_code == 422
    assert 'value="很久"' in answer.content.decode()
    assert WHY in answer.content.decode()


def test_the_list_of_requests_is_for_those_who_decide(running):
    assert browser("kim").get("/extensions/").status_code == 403


def test_a_person_sets_how_early_they_are_warned(running):
    kim = browser("kim")
    wrong = kim.post("/preferences/", {"lead": "早一点"})
    assert wrong.status_code == 422
    assert 'value="早一点"' in wrong.content.decode()
    assert "已保存" in kim.post("/preferences/", {"lead": "2h"}).content.decode()
    assert 'value="2h"' in kim.get("/preferences/").content.decode()


def test_prices_are_read(running):
    assert "价目表" in browser("kim").get("/prices/").content.decode()


# ------------------------------------------------------------------ many at once
def test_many_units_are_urged_each_done_or_refused(running, units):
    other = started(units["hq"], clock.now() - timedelta(hours=1)).id
    picks = [f"u{unit(one, 'a').pk}·{name}" for one, name in ((running, "甲"), (other, "乙"))]
    lee = browser("lee")
    send(lee, unit(running, "a").pk, "urge")

    text, key = opened(lee, f"/units/batch/urge/?pick={picks[0]}&pick={picks[1]}")
    assert "催办 2 个环节" in text
    said = {"key": key, "pick": picks, "reason": "客户来电"}
    first = lee.post("/units/batch/urge/", said).content.decode()

    assert "办成 1 个，未办 1 个" in first
    assert "半小时内已经催办过" in first
    assert lee.post("/units/batch/urge/", said).content.decode() == first
    assert facts("unit.urged") == ["unit.urged"] * 2


def test_a_batch_without_a_receiver_is_refused_and_keeps_what_was_chosen(running):
    pick = f"u{unit(running, 'a').pk}·甲"
    lee = browser("lee")
    _, key = opened(lee, f"/units/batch/transfer/?pick={pick}")
    answer = lee.post("/units/batch/transfer/", {"key": key, "pick": pick, "reason": WHY})
    assert answer.status_code == 422
    assert pick in answer.content.decode()
    assert WHY in answer.content.decode()


def test_a_batch_of_nothing_is_refused(running):
    assert browser("lee").get("/units/batch/claim/").status_code == 422


# ------------------------------------------------------------------ beside the form
def test_the_dock_says_what_is_going_on_beside_the_work(running):
    first, lee = unit(running, "a").pk, browser("lee")
    send(browser("kim"), first, "delegate", to="ann")
    send(lee, first, "urge")
    send(browser("ann"), first, "extend", more="PT2H", choice="等物料", reason=WHY)
    view = queries.unit(
        access_of(Staff.objects.get(login_name="lee").pk, clock.now()), first, at=clock.now()
    )
    desk = Desk(access_of(Staff.objects.get(login_name="lee").pk, clock.now()), clock.now())

    notes = [text for _, text in unit_form(view, desk).notes]
    assert notes == ["已委派给 Ann", "催办 1 次", "延期待批"]


def test_the_menu_is_drawn_also_when_all_of_it_concerns_the_process(rf):
    whole = {"title": "停表", "sign": "player-pause", "address": "/x/", "place": "whole"}
    form = UnitForm("办理", "本人", mine=False, address="/units/1/", operations=[whole])
    text = render(rf.get("/"), "units/_form.html", {"form": form}).content.decode()
    assert "停表" in text
