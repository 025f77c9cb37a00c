"""BPMN timers of one instance that fall due at the same moment."""

from collections.abc import Callable
from datetime import datetime

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.processes import actions
from tests.domain.processes.given import (
    HOUR,
    NINE,
    SYSTEM,
    facts,
    open_nodes,
    place,
    publish,
    started,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
BRANCHES = process(
    """f and; a user; b user; a/late boundary timer=PT1H; b/slow boundary timer=PT1H; x user; y user;
    j and; z user""",
    "start f; f a; f b; late x; slow y; a j; b j; x end; y end; j z; z end",
)
ONE_HOST = process(
    "a user; a/late boundary timer=PT1H; a/slow boundary timer=PT1H; x user; y user",
    "start a; a end; late x; slow y; x end; y end",
)


def dispatched(instance_id: int, at: datetime) -> None:
    while clocks.fire_due(at):
        pass


def brought_up(instance_id: int, at: datetime) -> None:
    actions.suspend(instance_id, reason="等", by=SYSTEM, at=at)


@pytest.mark.parametrize("time_passes", [dispatched, brought_up])
@pytest.mark.parametrize("after", [HOUR, 2 * HOUR])
def test_timers_due_together_all_fire(time_passes: Callable[[int, datetime], None], after):
    publish(BRANCHES)
    instance = started(place()["east"])

    time_passes(instance.id, NINE + after)

    assert open_nodes(instance.id) == ["x", "y"]


@pytest.mark.parametrize("time_passes", [dispatched, brought_up])
def test_a_timer_cancelled_by_another_due_with_it_has_not_fired(
    time_passes: Callable[[int, datetime], None],
):
    publish(ONE_HOST)
    instance = started(place()["east"])

    time_passes(instance.id, NINE + HOUR)

    assert open_nodes(instance.id) == ["x"]
    assert [name for name in facts() if name.endswith("fired")] == ["timer.fired"]
