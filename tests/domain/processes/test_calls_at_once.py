"""Two at once in one call tree, over real connections: nobody waits in a ring, nothing is done twice."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.kit.problems import Refused
from tests.domain.processes.given import HOUR, NINE, SYSTEM, place, publish, started
from tests.engines.bpmn_given import process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
CALLER = process(
    """f and; a user post=agent; c call calls=test.below times=2; c/late boundary timer=PT5H
    j and; z user post=agent; r user post=agent""",
    "start f; f a; f c; a j; c j; j z; z end; late r; r end",
)
BELOW = process("x user post=agent; t catch timer=PT5H", "start x; x t; t end")
LATER = NINE + timedelta(hours=6)
ROUNDS = 3


def unit(node: str, place: int = 0) -> int:
    found = Token.objects.filter(node=node, kind="USER").order_by("id")
    return int(found[place].pk)


def top() -> int:
    return ProcessInstance.objects.get(depth=0).pk


def submit(node: str, place: int = 0) -> Callable[[], object]:
    unit_id = unit(node, place)
    return lambda: actions.submit(unit_id, {}, by=SYSTEM, at=NINE + HOUR)


def terminate() -> Callable[[], object]:
    caller = top()
    return lambda: actions.terminate(caller, reason="停", by=SYSTEM, at=NINE + HOUR)


def suspend() -> Callable[[], object]:
    caller = top()
    return lambda: actions.suspend(caller, reason="等", by=SYSTEM, at=NINE + HOUR)


def dispatch() -> Callable[[], object]:
    return lambda: [clocks.fire_due(LATER) for _ in range(6)]


def at_once(*deeds: Callable[[], object]) -> list[BaseException | None]:
    out: list[BaseException | None] = [None] * len(deeds)
    begin = threading.Barrier(len(deeds))

    def run(place: int, deed: Callable[[], object]) -> None:
        begin.wait()
        try:
            deed()
        except BaseException as failure:  # noqa: BLE001 -- the test says what came out
            out[place] = failure
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(deeds)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return out


@pytest.mark.parametrize(
    "deeds",
    [
        pytest.param((lambda: submit("x"), lambda: submit("x", 1)), id="both called"),
        pytest.param((lambda: submit("x"), lambda: submit("a")), id="called and caller"),
        pytest.param((lambda: submit("x"), terminate), id="called and its caller's end"),
        pytest.param((lambda: submit("x"), suspend, lambda: submit("a")), id="suspension"),
        pytest.param((lambda: submit("x"), dispatch, dispatch), id="dispatchers"),
        pytest.param((lambda: submit("x"), terminate, dispatch), id="end and dispatcher"),
        pytest.param((lambda: submit("x"), lambda: submit("x")), id="twice the same"),
    ],
)
def test_what_happens_at_once_happens_in_some_order(
    deeds: tuple[Callable[[], Callable[[], object]], ...],
):
    unit_id = place()["east"]
    publish(CALLER)
    publish(BELOW, "test.below")
    for _ in range(ROUNDS):
        started(unit_id)

        out = at_once(*[deed() for deed in deeds])

        assert all(failure is None or isinstance(failure, Refused) for failure in out), out
        whole()
        Token.objects.all().delete()
        ProcessInstance.objects.all().delete()


def whole() -> None:
    """Every live call has one running instance and the other way round; every unit closed once."""
    calls = set(
        Token.objects.filter(kind="CALL", state__in=["OPEN", "CLAIMED", "PARKED"]).values_list(
            "id", flat=True
        )
    )
    running = list(
        ProcessInstance.objects.filter(depth=1, ended_at__isnull=True).values_list(
            "parent_token", flat=True
        )
    )
    assert sorted(calls) == sorted(running)
    states = set(
        ProcessInstance.objects.filter(ended_at__isnull=True).values_list("state", flat=True)
    )
    assert len(states) <= 1
    told = Counter(Fact.objects.filter(name="unit.submitted").values_list("subject", flat=True))
    assert set(told.values()) <= {1}
