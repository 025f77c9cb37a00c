"""Co-handlers and countersigns: who signs, who is waited for, whose signature counts."""

import pytest
from django.db import transaction

from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org.models import Staff
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import Token
from bihuan.engines.bpmn.model import LimitGroup
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
    facts,
    open_nodes,
    person,
    place,
    publish,
    staff,
    started,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process(
    "a user post=agent limit=2h; b user post=agent limit=2h; c user post=agent limit=2h",
    "start a; a b; b c; c end",
    LimitGroup("whole", "整单", "5h", ("a", "b", "c")),
)
SIGNED = process(
    "m user post=agent assignee=${member} each=members item=member limit=1h; z user post=agent",
    "start m; m z; z end",
)


@pytest.fixture
def units():
    return place()


@pytest.fixture
def agents(units):
    return [person(f"agent{n}", ("agent", units["east"])) for n in range(3)]


def in_hand(instance_id: int, node: str) -> list[int | None]:
    """Return who has the open units of a node, oldest first."""
    found = Token.objects.filter(
        instance_id=instance_id, node=node, kind="USER", state__in=["OPEN", "CLAIMED"]
    )
    return list(found.order_by("id").values_list("assignee_id", flat=True))


# ---------------------------------------------------------------- co-handlers
def test_a_co_handler_signs_beside_the_worker(units, agents):
    one, two, _ = agents
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)

    actions.add_co_handler(first, staff_id=two, reason="请把关", by=staff(one), at=NINE + HOUR)
    added = unit(done.id, "a")
    actions.submit(first, {}, by=staff(one), at=NINE + HOUR)
    waiting = open_nodes(done.id)
    actions.submit(added.pk, {}, by=staff(two), at=NINE + 90 * MINUTE)

    assert in_hand(done.id, "b") == [None]
    assert (added.assignee_id, added.origin, waiting) == (two, "ADDED", ["a"])
    fact = Fact.objects.get(name="unit.co_handler_added")
    assert (fact.actor, fact.reason) == (f"staff:{one}", "请把关")
    assert (fact.data["to"], fact.data["to_name"]) == (
        f"staff:{two}", Staff.objects.get(pk=two).name,
    )  # fmt: skip
    assert Clock.objects.get(owner=f"unit:{added.pk}").used_us == 1_800_000_000


def test_only_the_worker_or_who_assigns_adds_a_co_handler_and_nobody_twice(units, agents):
    one, two, three = agents
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)

    with pytest.raises(refusals.NotYourUnit):
        actions.add_co_handler(first, staff_id=three, by=staff(two), at=NINE)
    with pytest.raises(refusals.AlreadyCoHandler):
        actions.add_co_handler(first, staff_id=one, by=staff(one), at=NINE)
    actions.add_co_handler(first, staff_id=two, by=staff(one), at=NINE)
    with pytest.raises(refusals.AlreadyCoHandler):
        actions.add_co_handler(first, staff_id=two, by=staff(one), at=NINE)


def test_an_expert_of_another_post_may_be_added(units, agents):
    expert = person("expert", ("admin", units["hq"]))
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk

    actions.add_co_handler(first, staff_id=expert, by=staff(agents[0]), at=NINE)

    added = unit(done.id, "a")
    assert (added.assignee_id, added.post, added.unit_id) == (expert, "admin", units["hq"])
    actions.submit(added.pk, {}, by=staff(expert), at=NINE)
    assert in_hand(done.id, "a") == [None]


def test_a_co_handler_is_removed_by_who_added_them(units, agents):
    one, two, three = agents
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.add_co_handler(first, staff_id=two, by=staff(one), at=NINE)
    added = unit(done.id, "a").pk
    actions.submit(first, {}, by=staff(one), at=NINE)

    with pytest.raises(refusals.NotAllowed):
        actions.remove_co_handler(added, by=staff(three), at=NINE)
    actions.remove_co_handler(added, reason="出差", by=staff(one), at=NINE + HOUR)

    assert open_nodes(done.id) == ["b"]
    fact = Fact.objects.get(name="unit.co_handler_removed")
    assert (fact.subject, fact.data["to"], fact.reason) == (f"unit:{added}", f"staff:{two}", "出差")
    assert "unit.cancelled" not in facts()
    assert Clock.objects.get(owner=f"unit:{added}").state == "STOPPED"


def test_who_began_the_unit_is_not_removed(units, agents):
    publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.add_co_handler(first, staff_id=agents[1], by=SYSTEM, at=NINE)

    with pytest.raises(refusals.CoHandlerNotPossible):
        actions.remove_co_handler(first, by=SYSTEM, at=NINE)


# ---------------------------------------------------------------- countersign
def test_each_of_a_list_of_people_gets_their_own_signature(units, agents):
    publish(SIGNED)
    done = started(units["east"], members=["agent0", f"staff:{agents[1]}"])

    assert in_hand(done.id, "m") == agents[:2]
    given = Fact.objects.filter(name="unit.assigned").order_by("id")
    assert [fact.data["to"] for fact in given] == [f"staff:{one}" for one in agents[:2]]
    with pytest.raises(refusals.UnitAlreadyTaken):
        submit(done.id, "m", by=staff(agents[2]))
    for one in agents[:2]:
        submit(done.id, "m", by=staff(one))
    assert open_nodes(done.id) == ["z"]


def test_a_list_may_hold_posts_and_org_units(units, agents):
    publish(
        process("m user post=agent assignee=${member} each=members item=member", "start m; m end")
    )
    done = started(units["east"], members=["post:admin", "west"])

    found = Token.objects.filter(instance_id=done.id, kind="USER").order_by("id")
    assert [(t.post, t.unit_id, t.state) for t in found] == [
        ("admin", units["east"], "OPEN"),
        ("agent", units["west"], "OPEN"),
    ]


def test_a_name_nobody_has_or_somebody_off_the_post_is_refused(units, agents):
    person("clerk", ("admin", units["hq"]))
    publish(SIGNED)

    with pytest.raises(refusals.AssigneeUnknown, match="无名氏"), transaction.atomic():
        started(units["east"], members=["无名氏"])
    with pytest.raises(refusals.AssigneeNotAtWork):
        started(units["east"], members=["clerk"])


def test_a_signature_is_added_to_and_removed_from_a_running_countersign(units, agents):
    publish(SIGNED)
    chief = person("chief", ("admin", units["hq"]))
    done = started(units["east"], members=["agent0", "agent1"])

    actions.add_co_handler(unit(done.id, "m").pk, staff_id=agents[2], by=staff(chief), at=NINE)
    added = in_hand(done.id, "m")
    submit(done.id, "m", by=staff(agents[0]))
    body = Token.objects.get(kind="MULTI")
    actions.remove_co_handler(Token.objects.get(assignee_id=agents[1]).pk, by=staff(chief), at=NINE)
    submit(done.id, "m", by=staff(agents[2]))

    assert added == agents
    assert len(body.local["items"]) == 3
    assert open_nodes(done.id) == ["z"]


def test_a_signer_takes_the_signature_back_while_others_sign(units, agents):
    publish(SIGNED)
    done = started(units["east"], members=["agent0", "agent1"])
    first = Token.objects.get(assignee_id=agents[0]).pk
    actions.submit(first, {"note": "同意"}, by=staff(agents[0]), at=NINE)

    actions.withdraw(first, by=staff(agents[0]), at=NINE)
    again = unit(done.id, "m")
    submit(done.id, "m", by=staff(agents[1]))

    assert (again.assignee_id, again.draft) == (agents[0], {"note": "同意"})
    assert open_nodes(done.id) == ["m"]
