"""The studio's pages: who may do what, what is checked, and that nothing is lost or half done."""

import pytest
from django.test import Client

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.org import queries as people
from bihuan.domain.packs import queries
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes import queries as processes
from bihuan.kit import clock
from tests.surfaces.studio.given import KEY, QUICK_HASHERS, ask, browser, drafted, hotline, in_force

pytestmark = pytest.mark.django_db
DESIGNS, PUBLISHES, WORKS = "gaoyuan", "yeqing", "zhouli"


@pytest.fixture(autouse=True)
def installed(settings):
    settings.PASSWORD_HASHERS = QUICK_HASHERS
    hotline()


@pytest.fixture
def manager() -> Client:
    return browser(PUBLISHES)


def reason(client: Client, one: Definition, deed: str, why: str = "新的规定", over: str = ""):
    address = f"/studio/{one.pk}/do/{deed}/{over}"
    return client.post(address, {"reason": why}, headers={"HX-Request": "true"})


@pytest.mark.parametrize(
    ("login", "designs", "publishes"),
    [(PUBLISHES, 200, 204), (DESIGNS, 200, 422), (WORKS, 403, 403)],
)
def test_who_may_design_and_who_may_publish(login, designs, publishes):
    client, draft = browser(login), drafted()

    assert client.get("/studio/").status_code == designs
    assert client.get(f"/studio/{draft.pk}/").status_code == designs
    assert ask(client, draft, "check", source=draft.source).status_code == designs
    assert ask(client, draft, "save", source=draft.source, rev=1).status_code == designs
    assert reason(client, draft, "publish").status_code == publishes
    assert in_force().version == (2 if publishes == 204 else 1)


@pytest.mark.parametrize("path", ["", "export/", "compare/", "do/publish/", "do/retire/"])
def test_nothing_of_a_version_is_shown_to_those_who_do_not_design(path):
    answer = browser(WORKS).get(f"/studio/{in_force().pk}/{path}")

    assert answer.status_code == 403


def test_a_problem_names_its_element_in_the_words_of_the_panel(manager):
    draft = drafted()
    source = draft.source.replace('bh:post="judge"', 'bh:post="jugde"')

    (found,) = ask(manager, draft, "check", source=source).json()["problems"]

    assert (found["element"], found["error"]) == ("judge", True)
    assert "岗位“jugde”不存在" in found["message"]
    assert "judge" in found["remedy"]


def test_a_save_on_top_of_another_answers_with_the_other(manager):
    draft = drafted()
    mine = draft.source.replace("客户诉求闭环办理", "甲")
    theirs = draft.source.replace("客户诉求闭环办理", "乙")
    assert ask(browser(DESIGNS), draft, "save", source=theirs, rev=1).json()["rev"] == 2

    refused = ask(manager, draft, "save", source=mine, rev=1)

    assert refused.status_code == 409
    assert refused.json()["saved"]["source"] == theirs
    assert refused.json()["saved"]["who"] == "高远"
    assert Definition.objects.get(pk=draft.pk).title == "乙"
    assert ask(manager, draft, "save", source=mine, rev=2).status_code == 200


def test_a_wrong_draft_is_saved_and_not_published(manager):
    draft = drafted()
    wrong = draft.source.replace('bh:limit="1h"', 'bh:limit="soon"')
    assert ask(manager, draft, "save", source=wrong, rev=1).status_code == 200

    refused = reason(manager, draft, "publish")

    assert refused.status_code == 422
    assert "soon" in refused.content.decode()
    assert in_force().version == 1


def test_a_deed_wants_a_reason(manager):
    answer = reason(manager, drafted(), "publish", why="好")

    assert answer.status_code == 422
    assert "还差 3 字" in answer.content.decode()
    assert in_force().version == 1


def test_publishing_over_a_version_nobody_saw_is_refused(manager):
    draft = drafted()

    answer = reason(manager, draft, "publish", over="?over=7")

    assert "现在生效的是第 1 版" in answer.content.decode()
    assert in_force().version == 1


def test_a_version_is_published_taken_back_and_retired(manager):
    first, draft = in_force(), drafted()
    ask(
        manager, draft, "save", source=draft.source.replace('bh:limit="1h"', 'bh:limit="2h"'), rev=1
    )

    assert reason(manager, draft, "publish").status_code == 204
    assert reason(manager, first, "republish").status_code == 204
    assert [(one.version, one.status) for one in queries.versions("process", KEY)] == [
        (3, "PUBLISHED"),
        (2, "RETIRED"),
        (1, "RETIRED"),
    ]
    assert in_force().source == first.source
    assert reason(manager, in_force(), "retire").status_code == 204
    with pytest.raises(queries.DefinitionMissing):
        in_force()


def test_a_draft_that_was_overtaken_says_so_before_it_is_published(manager):
    draft = drafted()
    reason(manager, in_force(), "republish", why="重新发布")

    dialog = manager.get(f"/studio/{draft.pk}/do/publish/").content.decode()

    assert "这份草稿从 v1 起草，现在生效的是 v3" in dialog


def test_a_running_case_keeps_the_version_it_was_opened_on(manager):
    first = in_force()
    lin = people.actor_for(people.staff_by_login("linxiao").pk, clock.now())
    unit = people.unit_by_code("csc").id
    request = CaseRequest(pack="hotline", title="片区停电", org_unit_id=unit)
    opened = cases.open_case(request, by=lin, at=clock.now())
    draft = drafted()
    wanted = draft.source.replace('bh:limit="1h"', 'bh:limit="2h"')
    ask(manager, draft, "save", source=wanted, rev=1)
    reason(manager, draft, "publish")

    assert opened.id
    assert processes.running_by_definition([first.pk, draft.pk]) == {first.pk: 1}
    assert "收尾" in manager.get(f"/studio/{draft.pk}/").content.decode()


def test_two_versions_are_compared_in_words(manager):
    draft = drafted()
    source = draft.source.replace('bh:limit="1h"', 'bh:limit="1wd4h"')
    ask(manager, draft, "save", source=source, rev=1)

    page = manager.get(f"/studio/{draft.pk}/compare/").content.decode()

    assert "环节「研判」（judge）" in page
    assert "<del>1 工时</del>" in page
    assert "<ins>1 个工作日 4 工时</ins>" in page


def test_an_export_is_the_file_as_it_is(manager):
    one = in_force()

    answer = manager.get(f"/studio/{one.pk}/export/")

    assert answer.content.decode() == one.source
    assert answer.headers["Content-Disposition"].endswith("request.bpmn")


def test_what_is_not_bpmn_is_refused_in_one_sentence(manager):
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>'

    (found,) = ask(manager, drafted(), "check", source=bomb).json()["problems"]

    assert "DOCTYPE" in found["message"]


def test_a_body_that_is_no_json_is_refused(manager):
    address = f"/studio/{drafted().pk}/save/"

    answer = manager.post(address, "{", content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (422, "body_unreadable")


def test_a_code_that_is_used_is_refused_and_what_was_typed_stays(manager):
    said = {"kind": "process", "pack": "hotline", "code": "request", "name": "另一个"}

    answer = manager.post("/studio/create/", said, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert "换一个编码" in answer.content.decode()
    assert 'value="另一个"' in answer.content.decode()
