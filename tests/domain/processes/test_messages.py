"""Messages and signals in the database: who waits, who is reached, and what of it is written."""

from datetime import timedelta

import pytest
from django.db import transaction

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import Addressee, refusals
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.kit.problems import NotAllowed
from tests.domain.processes import given
from tests.domain.processes.given import HOUR, MINUTE, NINE, SYSTEM
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
PAID = process(
    "g first; m catch message=paid; t catch timer=P2D; a user post=agent limit=1h; late user post=agent",
    "start g; g m; g t; m a; a end; t late; late end",
)
ROOT = Addressee(root="thing:1")


@pytest.fixture
def unit_id() -> int:
    return given.place()["east"]


def other(unit_id: int, key: str = "test.other") -> int:
    """Start another process of the same root."""
    return actions.start_process(
        definition_key=key, subject="thing:1", root="thing:1", org_unit_id=unit_id,
        variables={}, by=SYSTEM, at=NINE,
    ).id  # fmt: skip


def test_a_message_reaches_who_waits_for_it_in_a_root(unit_id: int):
    given.publish(PAID)
    waiting = given.started(unit_id).id

    change = actions.correlate_message("paid", ROOT, {"fee": 5}, by=SYSTEM, at=NINE + MINUTE)

    assert [unit.node for unit in change.units] == ["a"]
    assert ProcessInstance.objects.get(pk=waiting).variables == {"fee": 5}
    told = Fact.objects.get(name="process.message_received")
    assert told.data == {"name": "paid", "node": "m", "values": {"fee": 5}}
    assert Clock.objects.get(owner__startswith="timer:").state == "STOPPED"
    assert Clock.objects.get(owner__startswith="unit:").state == "RUNNING"


def test_a_message_nobody_waits_for_is_refused(unit_id: int):
    given.publish(PAID)
    one = given.started(unit_id).id

    for name, to in (
        ("lost", ROOT),
        ("paid", Addressee(root="thing:2")),
        ("paid", Addressee(instance_id=one + 99)),
    ):
        with pytest.raises(refusals.MessageNotAwaited):
            actions.correlate_message(name, to, by=SYSTEM, at=NINE)
    actions.correlate_message("paid", Addressee(instance_id=one), by=SYSTEM, at=NINE)
    with pytest.raises(refusals.MessageNotAwaited):
        actions.correlate_message("paid", ROOT, by=SYSTEM, at=NINE)


def test_a_message_that_comes_after_the_timer_is_too_late(unit_id: int):
    given.publish(PAID)
    one = given.started(unit_id).id

    with pytest.raises(refusals.MessageNotAwaited):
        actions.correlate_message("paid", ROOT, by=SYSTEM, at=NINE + timedelta(days=3))
    while clocks.fire_due(NINE + timedelta(days=3)):
        pass

    assert given.open_nodes(one) == ["late"]


def test_a_message_needs_the_right_to_pass_it_on(unit_id: int):
    given.publish(PAID)
    given.started(unit_id)
    agent = given.person("agent", ("agent", unit_id))

    with pytest.raises(NotAllowed):
        actions.correlate_message("paid", ROOT, by=given.staff(agent), at=NINE)


def test_a_message_waits_for_a_suspended_process_to_go_on(unit_id: int):
    given.publish(PAID)
    one = given.started(unit_id).id
    actions.suspend(one, reason="等", by=SYSTEM, at=NINE)

    with pytest.raises(refusals.ProcessNotRunning):
        actions.correlate_message("paid", ROOT, by=SYSTEM, at=NINE + MINUTE)


def test_a_signal_reaches_every_process_of_the_root(unit_id: int):
    given.publish(
        process(
            "t user post=agent; s throw signal=stop; z user post=agent", "start t; t s; s z; z end"
        )
    )
    given.publish(
        process(
            "x user post=agent limit=2h; x/b boundary signal=stop; y user post=agent",
            "start x; x end; b y; y end",
        ),
        "test.other",
    )
    thrower, first, second = given.started(unit_id).id, other(unit_id), other(unit_id)

    given.submit(thrower, "t", at=NINE + HOUR)

    assert [given.open_nodes(one) for one in (thrower, first, second)] == [["z"], ["y"], ["y"]]
    assert given.facts("process.signal") == ["process.signal_thrown"]
    assert set(Clock.objects.values_list("state", flat=True)) == {"STOPPED"}


def test_a_thrown_message_reaches_one_of_another_root_never(unit_id: int):
    given.publish(
        process(
            "t user post=agent; s send message=go; z user post=agent", "start t; t s; s z; z end"
        )
    )
    given.publish(
        process("w catch message=go; y user post=agent", "start w; w y; y end"), "test.other"
    )
    thrower, first, second = given.started(unit_id).id, other(unit_id), other(unit_id)
    ProcessInstance.objects.filter(pk=first).update(root="thing:2")

    given.submit(thrower, "t", at=NINE + HOUR)

    assert [given.open_nodes(one) for one in (first, second)] == [[], ["y"]]


def test_signals_that_answer_each_other_come_to_rest(unit_id: int):
    given.publish(process("t user post=agent; s throw signal=ping; w catch signal=pong; z user post=agent",
                          "start t; t s; s w; w z; z end"))  # fmt: skip
    given.publish(process("w catch signal=ping; x user post=agent; s throw signal=pong",
                          "start w; w x; x s; s end"), "test.other")  # fmt: skip
    thrower, answer = given.started(unit_id).id, other(unit_id)

    given.submit(thrower, "t")
    given.submit(answer, "x")

    assert given.open_nodes(thrower) == ["z"]
    assert given.state(answer) == "DONE"


def test_signals_without_rest_are_refused_and_nothing_is_kept(unit_id: int):
    ping = process(
        "t user post=agent; s throw signal=a; w catch signal=b; x xor",
        "start t; t x; x s; s w; w x",
    )
    given.publish(ping)
    given.publish(
        process("w catch signal=a; s throw signal=b; x xor", "start x; x w; w s; s x"), "test.other"
    )
    thrower, _ = given.started(unit_id).id, other(unit_id)

    with pytest.raises(refusals.NeverRests):
        given.submit(thrower, "t")
    assert given.open_nodes(thrower) == ["t"]


def test_a_refusal_in_another_process_keeps_nothing_of_the_signal(unit_id: int):
    given.publish(process("t user post=agent; s throw signal=go", "start t; t s; s end"))
    given.publish(process("w catch signal=go; x xor; y user post=agent", "start w; w x; x y if ok == 1; y end"),
                  "test.other")  # fmt: skip
    thrower, _ = given.started(unit_id).id, other(unit_id)
    ProcessInstance.objects.exclude(pk=thrower).update(variables={"ok": 2})

    with pytest.raises(refusals.NoFlowTaken):
        given.submit(thrower, "t")
    assert given.open_nodes(thrower) == ["t"]


def test_a_message_to_a_caller_reaches_what_it_called(unit_id: int):
    given.publish(process("c call calls=test.below", "start c; c end"))
    given.publish(
        process("w catch message=go; y user post=agent", "start w; w y; y end"), "test.below"
    )
    caller = given.started(unit_id).id

    actions.correlate_message("go", Addressee(instance_id=caller), by=SYSTEM, at=NINE)

    assert list(Token.objects.filter(kind="USER").values_list("node", flat=True)) == ["y"]


def test_a_batch_passes_signals_on(unit_id: int):
    given.publish(
        process(
            "t user post=agent; s throw signal=go; z user post=agent", "start t; t s; s z; z end"
        )
    )
    given.publish(
        process("w catch signal=go; y user post=agent", "start w; w y; y end"), "test.other"
    )
    before = other(unit_id)

    with transaction.atomic(), actions.batch() as work:
        thrower = given.started(unit_id).id
        after = other(unit_id)
        unit = work.units(thrower)[0]
        work.submit(unit.id, {}, by=SYSTEM, at=NINE + MINUTE)

    assert [given.open_nodes(one) for one in (thrower, before, after)] == [["z"], ["y"], ["y"]]
