"""What changes the route, over HTTP: each operation once, whatever is retried, and refusals as problems."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.actions import NewToken, issue_token
from bihuan.domain.org.choices import VERBS
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes.models import Token
from bihuan.kit import clock
from tests.domain.processes.given import open_nodes, person, place, publish, started, unit
from tests.domain.processes.test_migrating import next_version
from tests.engines.bpmn_given import process
from tests.surfaces.api.test_api import Caller

pytestmark = pytest.mark.django_db
LINE = process(
    "a user post=admin; b user post=admin; c user post=admin", "start a; a b; b c; c end"
)


@pytest.fixture
def units() -> dict[str, int]:
    return place()


@pytest.fixture
def caller_of(units) -> Callable[[str], Caller]:
    def make(login: str) -> Caller:
        who = person(login, ("admin", units["hq"]))
        new = NewToken(staff_id=who, name="test", scopes=tuple(VERBS))
        return Caller(issue_token(new=new, by=Actor(f"staff:{who}"), at=clock.now())[1], Client())

    return make


@pytest.fixture
def instance(units) -> int:
    publish(LINE)
    return started(units["east"], clock.now()).id


def at_unit(instance: int, node: str) -> str:
    return f"/units/{unit(instance, node).pk}"


def done(answer: tuple[int, Any]) -> list[str]:
    assert answer[0] == 200, answer
    return list(answer[1]["open_units"])


def test_a_unit_comes_straight_back_once_however_often_it_is_asked(caller_of, instance):
    one = caller_of("one")
    for node in ("a", "b"):
        one.post(f"{at_unit(instance, node)}/submission")
    body = {"to": "a", "then": "straight_back", "reason": "补正"}
    path = at_unit(instance, "c")

    first = one.post(f"{path}/return", body, key="k1")
    again = one.post(f"{path}/return", body, key="k1")
    back = one.post(f"{at_unit(instance, 'a')}/submission")

    assert (done(first), first[1], done(back)) == (["a"], again[1], ["c"])


def test_a_withdrawal_and_a_skip(caller_of, instance):
    one = caller_of("one")
    one.post(f"{at_unit(instance, 'a')}/submission")

    taken_back = one.post(f"{at_unit(instance, 'a')}/withdrawal")
    skipped = one.post(f"{at_unit(instance, 'a')}/skip", {"reason": "不需要"})
    status, counted = one.get("/skips")
    refused = one.post(f"{at_unit(instance, 'b')}/skip", {"reason": ""})

    assert (done(taken_back), done(skipped)) == (["a"], ["b"])
    assert (status, [row["how"] for row in counted]) == (200, ["manual"])
    assert refused[0] == 422


def test_co_handlers_come_and_go(caller_of, instance, units):
    one = caller_of("one")
    other = person("other", ("admin", units["hq"]))

    added = one.post(f"{at_unit(instance, 'a')}/co-handlers", {"staff_id": other})
    theirs = Token.objects.get(origin="ADDED").pk
    shown = one.get(f"/units/{theirs}")[1]["operations"]
    removed = one.post(f"/units/{theirs}/removal", {"reason": "出差"})

    assert (done(added), done(removed)) == (["a", "a"], ["a"])
    assert "remove_co_handler" in shown


def test_an_instance_is_jumped_rested_ended_and_opened_again(caller_of, instance):
    one = caller_of("one")
    path = f"/instances/{instance}"

    jumped = one.post(f"{path}/jump", {"to": "c", "reason": "急"})
    rests = one.post(f"{path}/suspension", {"reason": "等"})
    on = one.post(f"{path}/resumption")
    ended = one.post(f"{path}/termination", {"reason": "重复"})
    twice = one.post(f"{path}/termination", {"reason": "重复"})
    again = one.post(f"{path}/reopening", {"to": "b", "reason": "弄错了"})

    assert done(jumped) == ["c"]
    assert [one_of[1]["state"] for one_of in (rests, on, ended)] == [
        "SUSPENDED", "RUNNING", "TERMINATED",
    ]  # fmt: skip
    assert (twice[0], twice[1]["code"]) == (409, "process_not_running")
    assert done(again) == ["b"]


def test_instances_move_to_a_new_version_and_back(caller_of, instance):
    one = caller_of("one")
    old = Definition.objects.get(key="test.work").pk
    new = next_version(process("z user post=admin", "start z; z end")).pk
    body = {"from_definition": old, "to_definition": new, "nodes": {"a": "z"}, "reason": "新版"}

    tried = one.post("/migrations", {**body, "dry_run": True})[1]
    unmoved = open_nodes(instance)
    moved = one.post("/migrations", body)[1]
    there = open_nodes(instance)
    back = one.post(f"/migrations/{moved['batch_id']}/reversal", {"reason": "有误"})[1]

    assert (tried["batch_id"], tried["results"][0]["state"], unmoved) == (None, "MIGRATED", ["a"])
    assert (there, back["results"][0]["state"], open_nodes(instance)) == (["z"], "MIGRATED", ["a"])


def test_who_had_an_overdue_unit_is_counted(caller_of, units):
    one = caller_of("one")
    now = clock.now()
    publish(
        process(
            "a user post=admin limit=PT1M priority=10 skipOnOverdue=yes; b user post=admin",
            "start a; a b; b end",
        )
    )
    done_at = started(units["east"], now).id
    one.post(f"{at_unit(done_at, 'a')}/claim")
    while clocks.fire_due(unit(done_at, "a").due_at):
        pass

    status, counted = one.get("/skips", until="2999-01-01T00:00:00Z", since="2020-01-01T00:00:00Z")

    assert (status, open_nodes(done_at)) == (200, ["b"])
    assert [(row["owner"], row["how"], row["count"]) for row in counted] == [("One", "overdue", 1)]
