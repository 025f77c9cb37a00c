"""Definitions from draft to retired, and messages to those who wait, over HTTP: once, asked of the token."""

import json
from pathlib import Path

import pytest

from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.packs.actions import install_pack
from bihuan.kit import clock
from tests.domain.processes.given import open_nodes, publish, started
from tests.engines.bpmn_given import process
from tests.packs import shipped
from tests.surfaces.api.test_routes import caller_of, units  # noqa: F401 -- fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar() -> str:
    source = shipped.pack("base")
    install_pack(source, by=SYSTEM, at=clock.now())
    found = next(one for one in source.files if one.path.startswith("calendars/"))
    return str(found.path)


def text_of(path: str) -> str:
    return (Path(__file__).parents[3] / "packs" / "base" / path).read_text("utf-8")


def test_a_definition_is_drafted_published_restored_and_retired(caller_of, calendar):  # noqa: F811
    one = caller_of("one")
    old = next(
        d for d in one.get("/definitions", kind="calendar", pack="base")[1] if d["path"] == calendar
    )
    changed = text_of(calendar) + "\n# 改过\n"
    body = {"pack": "base", "path": calendar, "source": changed}

    status, draft = one.post("/definitions", body, key="d1")
    again = one.post("/definitions", body, key="d1")
    assert (status, again[1]["id"], draft["status"]) == (201, draft["id"], "DRAFT")
    stale = one.client.put(
        f"/api/v1/definitions/{draft['id']}",
        json.dumps({"source": f"{changed}# 又改\n", "rev": 9}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {one.key}"},
    )
    assert stale.status_code == 409
    why = {"reason": "补充说明", "over": old["version"]}
    status, published = one.post(f"/definitions/{draft['id']}/publication", why, key="p1")
    assert (status, published["status"]) == (200, "PUBLISHED")
    assert one.get(f"/definitions/{old['id']}")[1]["status"] == "RETIRED"

    back = one.post(f"/definitions/{old['id']}/restoration", {"reason": "原来的对"})[1]
    assert one.get(f"/definitions/{back['id']}")[1]["source"] == text_of(calendar)
    unexplained = one.post(f"/definitions/{back['id']}/retirement", {"reason": " "})
    gone = one.post(f"/definitions/{back['id']}/retirement", {"reason": "不再使用"})
    listed = one.get("/definitions/versions", kind="calendar", key=old["key"])[1]

    assert (unexplained[0], gone[1]["status"]) == (422, "RETIRED")
    assert [d["version"] for d in listed] == sorted((d["version"] for d in listed), reverse=True)
    assert len(listed) == 3


def test_a_message_reaches_who_waits_once_and_is_not_kept(caller_of, units):  # noqa: F811
    publish(process("a user post=admin; m catch message=paid; b user post=admin",
                    "start m; m b; b end"))  # fmt: skip
    one = caller_of("one")
    instance = started(units["hq"], clock.now()).id
    body = {"name": "paid", "instance_id": instance, "values": {"amount": 5}}

    unclear = one.post("/messages", {"name": "paid"})
    first = one.post("/messages", body, key="m1")
    retried = one.post("/messages", body, key="m1")
    late = one.post("/messages", body, key="m2")

    assert unclear[0] == 422
    assert (first[0], first[1]["open_units"], retried) == (200, ["b"], first)
    assert (late[0], open_nodes(instance)) == (409, ["b"])
