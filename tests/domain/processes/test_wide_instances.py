"""A step on one unit of a wide instance reads that unit; the others only when it needs them (decision 0104)."""

from typing import Any

import pytest

from bihuan.domain.clocks.models import Clock
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import reading, refusals
from bihuan.domain.processes.models import Token
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db
from tests.domain.processes.given import (
    HOUR,
    NINE,
    SYSTEM,
    open_nodes,
    place,
    publish,
    started,
    state,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
WIDE = 60
ALL = process("m user post=agent limit=2h times=size; z user post=agent", "start m; m z; z end")
HALF = process(
    "m user post=agent limit=2h times=size until=nrOfCompletedInstances>=2~and~nrOfActiveInstances>3;"
    " z user post=agent",
    "start m; m z; z end",
)
LATE = process(
    "m user post=agent times=size; m/late boundary timer=PT3H; z user post=agent",
    "start m; m end; late z; z end",
)


@pytest.fixture
def units():
    return place()


class Sent(list[str]):
    """The named statements that were sent."""

    def __call__(self, text: str, _params: Any) -> None:
        self.extend(name for name in ("live", "live_narrowly", "rest") if SQL[name] == text)


def test_a_signature_of_many_does_not_read_the_others(units):
    publish(ALL)
    instance = started(units["east"], size=WIDE).id

    with db.watched(sent := Sent()):
        submit(instance, "m", NINE + HOUR)

    assert sent == ["live_narrowly"]
    assert len(open_nodes(instance)) == WIDE - 1
    assert Clock.objects.filter(state="RUNNING").count() == WIDE - 1


def test_a_narrow_instance_is_read_whole(units):
    publish(ALL)
    instance = started(units["east"], size=3).id

    with db.watched(sent := Sent()):
        submit(instance, "m", NINE + HOUR)

    assert sent == ["live"]


@pytest.mark.parametrize("size", [3, WIDE])
def test_a_wrong_guess_of_how_an_instance_is_read_is_made_good(units, size: int):
    definition = publish(ALL)
    instance = started(units["east"], size=size).id
    wrong = reading._Asked(definition.pk, narrowly=size == 3)
    reading._LAST_ASKED[instance] = wrong

    with db.watched(sent := Sent()):
        submit(instance, "m", NINE + HOUR)

    assert sent == (["live_narrowly", "live"] if size == 3 else ["live", "live_narrowly"])
    assert reading._LAST_ASKED[instance] != wrong
    assert len(open_nodes(instance)) == size - 1


def test_the_last_signature_leads_on(units):
    publish(ALL)
    instance = started(units["east"], size=WIDE).id

    for _ in range(WIDE):
        submit(instance, "m", NINE + HOUR)

    assert open_nodes(instance) == ["z"]
    assert not Clock.objects.filter(owner__startswith="unit:", state="RUNNING").exists()
    submit(instance, "z", NINE + HOUR)
    assert state(instance) == "DONE"


def test_a_condition_met_cancels_those_that_were_not_read(units):
    publish(HALF)
    instance = started(units["east"], size=WIDE).id
    submit(instance, "m", NINE + HOUR)

    with db.watched(sent := Sent()):
        change = submit(instance, "m", NINE + HOUR)

    assert sent == ["live_narrowly", "rest"]
    assert [found.node for found in change.units] == ["z"]
    assert open_nodes(instance) == ["z"]
    cancelled = Token.objects.filter(instance_id=instance, node="m", state="CANCELLED")
    assert cancelled.count() == WIDE - 2
    assert not Clock.objects.filter(owner__startswith="unit:", state="RUNNING").exists()


def test_a_timer_that_fell_due_meanwhile_cancels_all(units):
    publish(LATE)
    instance = started(units["east"], size=WIDE).id
    first = unit(instance, "m").pk

    with pytest.raises(refusals.UnitNotOpen):
        actions.claim(first, by=SYSTEM, at=NINE + 4 * HOUR)
    assert len(open_nodes(instance)) == WIDE  # refused: nothing was kept


def test_who_asks_is_told_of_all_open_units(units):
    publish(ALL)
    instance = started(units["east"], size=WIDE).id

    change = submit(instance, "m", NINE + HOUR)

    assert len(change.units) == WIDE - 1
    assert change.due_at == Clock.objects.filter(state="RUNNING").order_by("due_at")[0].due_at


def test_the_subject_of_a_wide_instance_is_told_the_same(units, monkeypatch):
    publish(ALL)
    whole = started(units["east"], size=WIDE).id
    narrow = started(units["east"], size=WIDE).id

    of_narrow = submit(narrow, "m", NINE + HOUR)
    monkeypatch.setattr(reading, "NARROW_FROM", 10_000)
    of_whole = submit(whole, "m", NINE + HOUR)

    assert [one.node for one in of_narrow.units] == [one.node for one in of_whole.units]
    assert of_narrow.due_at == of_whole.due_at
