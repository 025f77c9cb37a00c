"""Running instances move to another version from a page: tried first, refused ones named, taken back."""

import re
from typing import Any

import pytest
from django.test import Client

from bihuan.domain.org.models import Staff
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes.models import Migration
from bihuan.kit import clock
from bihuan.surfaces.workspace.views import migrations
from tests.domain.processes.given import (
    NINE,
    open_nodes,
    person,
    place,
    publish,
    publish_version,
    started,
    submit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
WHY = "新版本改正了环节名称"


@pytest.fixture
def two() -> dict[str, int]:
    """Two versions of a process, and an instance at the unit that both have."""
    return versions()


def versions(more: int = 0) -> dict[str, Any]:
    units = place()
    publish(process("a user post=agent; b user post=agent", "start a; a b; b end"))
    old = Definition.objects.get(kind="process", key="test.work")
    running, *others = (started(units["hq"]).id for _ in range(more + 1))
    Definition.objects.filter(pk=old.pk).update(status="RETIRED", retired_at=NINE)
    fresh = process("a user post=agent; c user post=agent", "start a; a c; c end")
    new = publish_version(fresh, "test.work", 2, NINE)
    person("lee", ("admin", units["hq"]))
    person("kim", ("agent", units["hq"]))
    return {"from": old.pk, "to": new.pk, "running": running, "more": others}


def browser(login: str, **headers: str) -> Client:
    client = Client(headers=headers)
    client.force_login(Staff.objects.get(login_name=login))
    return client


def version_of(instance_id: int) -> int:
    from bihuan.domain.processes.queries import instance  # noqa: PLC0415

    return instance(instance_id).definition_id


def said(two: dict[str, int], **more: str) -> dict[str, object]:
    return {"key": "test.work", "from": two["from"], "to": two["to"], "reason": WHY, **more}


def test_only_who_may_migrate_sees_the_page(two):
    assert browser("kim").get("/migrations/").status_code == 403


def test_the_page_asks_what_becomes_of_units_the_new_version_lacks(two):
    asked = {name: two[name] for name in ("from", "to")} | {"key": "test.work"}
    text = browser("lee").get("/migrations/", asked).content.decode()
    assert 'name="node.b"' in text
    assert 'name="node.a"' not in text
    assert "在办 1" in text


def test_a_trial_moves_nothing(two):
    text = browser("lee").post("/migrations/", said(two, do="try")).content.decode()
    assert "可迁 1 单" in text
    assert version_of(two["running"]) == two["from"]


def test_without_a_reason_nothing_moves_and_the_mapping_stays(two):
    answer = browser("lee").post(
        "/migrations/", said(two, do="apply", **{"node.b": "c"}) | {"reason": ""}
    )
    assert answer.status_code == 422
    assert '<option value="c" selected>' in answer.content.decode()
    assert version_of(two["running"]) == two["from"]


def test_an_instance_without_a_place_stays_under_its_own_version_and_ends_there(two):
    submit(two["running"], "a", clock.now())
    answer = browser("lee").post("/migrations/", said(two, do="apply"), follow=True)
    assert "不迁 1" in answer.content.decode()
    assert version_of(two["running"]) == two["from"]
    submit(two["running"], "b", clock.now())
    assert open_nodes(two["running"]) == []


def test_an_instance_is_moved_and_taken_back(two):
    submit(two["running"], "a", clock.now())
    lee = browser("lee")
    answer = lee.post("/migrations/", said(two, do="apply", **{"node.b": "c"}), follow=True)
    text = answer.content.decode()
    assert "已迁 1 单，不迁 0 单" in text
    assert open_nodes(two["running"]) == ["c"]

    address = re.search(r'hx-get="(/migrations/\d+/reversal/)"', text)[1]
    key = re.search(r'name="key" value="(\w+)"', lee.get(address).content.decode())[1]
    reason = {"key": key, "choice": "迁错版本", "reason": "应当迁到下一个版本去"}
    back = lee.post(address, reason)
    assert back.status_code == 204
    assert open_nodes(two["running"]) == ["b"]
    assert version_of(two["running"]) == two["from"]
    again = lee.post(address, reason)
    assert again.headers["HX-Redirect"] == back.headers["HX-Redirect"]
    assert "撤销 " in lee.get(back.headers["HX-Redirect"]).content.decode()


def test_pressed_twice_it_is_one_batch(two):
    wanted = said(two, do="apply", request_key="one-press")
    lee = browser("lee")
    first, second = (lee.post("/migrations/", wanted) for _ in range(2))
    assert first.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert Migration.objects.count() == 1


def test_a_large_batch_goes_on_in_portions_and_shows_how_far_it_is(monkeypatch):
    monkeypatch.setattr(migrations, "AT_ONCE", 2)
    two = versions(4)
    more = two["more"]
    lee = browser("lee")
    tried = lee.post("/migrations/", said(two, do="try")).content.decode()
    assert "可迁 2 单，不迁 0 单，还在试" in tried
    after = int(re.search(r'"after": (\d+)', tried)[1])
    rest = lee.post("/migrations/trial/", said(two, after=after, moved=2, refused=0))
    assert "可迁 4 单" in rest.content.decode()

    where = lee.post("/migrations/", said(two, do="apply")).headers["Location"]
    assert "2 / 5" in lee.get(where).content.decode()
    assert [version_of(one) for one in more[2:]] == [two["from"]] * 2
    for _ in range(2):
        answer = lee.post(f"{where}portion/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Refresh"] == "true"
    assert {version_of(one) for one in (two["running"], *more)} == {two["to"]}
    text = lee.get(f"{where}?view=moved").content.decode()
    assert "已办完" in text
    assert text.count(">已迁</span>") == 2
    assert lee.get(f"{where}?view=refused").content.decode().count(">不迁</span>") == 0
