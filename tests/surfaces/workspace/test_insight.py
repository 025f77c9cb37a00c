"""The page of process insight: figures, ways, the diagram, files."""

import re

import pytest
from django.test import Client

from bihuan.domain.org.models import Staff
from bihuan.engines.bpmn.model import Process
from bihuan.engines.insight.picture import picture
from tests.domain.processes.given import HOUR, NINE, person, place, publish, started, submit
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
WAYS = process(
    "a user post=agent; x xor default=xb; b user post=agent; c user post=agent",
    "start a; a x; x b as xb; x c if quick == 1 as xc; b end; c end",
)


@pytest.fixture
def units():
    publish(WAYS)
    return place()


def browser(login: str) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(login_name=login))
    return client


def ended(unit_id, quick, at=NINE):
    instance = started(unit_id, at)
    submit(instance.id, "a", at + HOUR, quick=quick)
    submit(instance.id, "c" if quick else "b", at + 3 * HOUR)


def page(login, query=""):
    answer = browser(login).get(f"/insight/?process=test.work{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_tells_ways_figures_and_draws_them(units):
    person("lee", ("admin", units["hq"]))
    for quick in (0, 0, 1):
        ended(units["hq"], quick)
    text = page("lee")

    assert "66.7%" in text
    assert "2 种" in text
    assert re.search(r"平均全程</span><b>3时", text)
    assert "走过 2 次" in text
    assert "走过 3 次" in text
    assert "与图一致" in text
    assert "100.0%" in text


def test_one_way_alone_is_drawn_on_request(units):
    person("lee", ("admin", units["hq"]))
    for quick in (0, 0, 1):
        ended(units["hq"], quick)
    text = page("lee", "&way=2")

    assert "第 2 种走法" in text
    assert "没有走过" in text
    assert "走过 3 次" not in text


def test_before_and_after_a_day_are_compared(units):
    person("lee", ("admin", units["hq"]))
    ended(units["hq"], 0, NINE)
    ended(units["hq"], 0, NINE + 24 * HOUR)
    text = page("lee", "&split=2026-11-19")

    assert "2026-11-19 之前" in text
    assert re.search(r'<span class="t3 was">3时</span>.*?3时</b>', text)
    assert "持平" in text


def test_a_process_without_ended_cases_has_an_empty_page(units):
    person("lee", ("admin", units["hq"]))
    assert "还没有走完的工单" in page("lee")
    assert "没有符合条件的已结工单" in page("lee", "&since=2026-01-01")


def test_who_may_not_see_reports_is_refused(units):
    person("kim", ("agent", units["hq"]))
    assert browser("kim").get("/insight/").status_code == 403


@pytest.mark.parametrize(
    "query", ["&version=99", "&unit=x", "&way=99", "&since=gestern", "&than=7"]
)
def test_an_odd_address_is_no_error(units, query):
    person("lee", ("admin", units["hq"]))
    ended(units["hq"], 0)
    assert "测试" in page("lee", query)


def test_both_tables_are_files(units):
    person("lee", ("admin", units["hq"]))
    ended(units["hq"], 1)
    client = browser("lee")
    ways = client.get("/insight/export/ways/?process=test.work").content.decode("utf-8-sig")
    lines = client.get("/insight/export/units/?process=test.work").content.decode("utf-8-sig")

    assert ways.splitlines()[1] == "1,a → c,1,100.00%,180.0,180.0"
    assert lines.splitlines()[1].startswith("c,1,0,120.0")
    assert client.get("/insight/export/else/?process=test.work").status_code == 404


# ------------------------------------------------------------------ the diagram
def test_a_process_that_draws_nothing_is_laid_out_without_overlaps():
    drawn = picture(b"", WAYS)

    assert drawn.boxes.keys() == WAYS.nodes.keys()
    assert drawn.ways.keys() == WAYS.flows.keys()
    boxes = list(drawn.boxes.values())
    for one in boxes:
        for other in boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart


def test_a_drawing_with_impossible_numbers_is_not_used():
    di = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"'
        ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
        ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">'
        '<bpmndi:BPMNShape bpmnElement="a"><dc:Bounds x="nan" y="1e999" width="9" height="9"/>'
        "</bpmndi:BPMNShape></definitions>"
    )
    one: Process = process("a user", "start a; a end")
    assert picture(di.encode(), one) == picture(b"", one)
