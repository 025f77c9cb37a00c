"""Running instances move to another version from a page: tried first, refused ones named, taken back."""

import re

import pytest
from django.test import Client

from bihuan.domain.org.models import Staff
from bihuan.domain.packs.models import Definition
from bihuan.kit import clock
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
    """Two versions of a process, and an instance at the unit that only the old one has."""
    units = place()
    publish(process("a user post=agent; b user post=agent", "start a; a b; b end"))
    old = Definition.objects.get(kind="process", key="test.work")
    running = started(units["hq"]).id
    Definition.objects.filter(pk=old.pk).update(status="RETIRED", retired_at=NINE)
    fresh = process("a user post=agent; c user post=agent", "start a; a c; c end")
    new = publish_version(fresh, "test.work", 2, NINE)
    person("lee", ("admin", units["hq"]))
    person("kim", ("agent", units["hq"]))
    return {"from": old.pk, "to": new.pk, "running": running}


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
    text = browser("lee").post("/migrations/", said(two, do="apply")).content.decode()
    assert "不迁 1 单" in text
    assert version_of(two["running"]) == two["from"]
    submit(two["running"], "b", clock.now())
    assert open_nodes(two["running"]) == []


def test_an_instance_is_moved_and_taken_back(two):
    submit(two["running"], "a", clock.now())
    lee = browser("lee")
    text = lee.post("/migrations/", said(two, do="apply", **{"node.b": "c"})).content.decode()
    assert "已迁 1 单" in text
    assert open_nodes(two["running"]) == ["c"]

    address = re.search(r'hx-get="(/migrations/\d+/reversal/)"', text)[1]
    key = re.search(r'name="key" value="(\w+)"', lee.get(address).content.decode())[1]
    reason = {"key": key, "choice": "迁错版本", "reason": "应当迁到下一个版本去"}
    assert lee.post(address, reason).status_code == 204
    assert open_nodes(two["running"]) == ["b"]
    assert version_of(two["running"]) == two["from"]
