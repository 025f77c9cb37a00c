"""A unit sent back for correction comes straight back: to whom, with what, and what the clocks do."""

import pytest

from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import refusals
from bihuan.engines.bpmn.model import LimitGroup
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
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


@pytest.fixture
def units():
    return place()


@pytest.fixture
def agents(units):
    return [person(f"agent{n}", ("agent", units["east"])) for n in range(3)]


def test_a_unit_sent_back_for_correction_returns_to_who_sent_it(units, agents):
    one, _, three = agents
    publish(LINE)
    done = started(units["east"])
    submit(done.id, "a", by=staff(one), note="初稿")
    submit(done.id, "b", by=SYSTEM)
    last = unit(done.id, "c").pk
    actions.save_draft(last, {"seen": True}, by=staff(three), at=NINE)

    actions.return_unit(
        last, "initiator", reason="补号码", then="straight_back", by=staff(three), at=NINE + HOUR
    )
    correcting = unit(done.id, "a")
    submit(done.id, "a", NINE + 2 * HOUR, by=staff(one), note="补好")

    assert (correcting.assignee_id, correcting.draft) == (one, {"note": "初稿"})
    again = unit(done.id, "c")
    assert (again.assignee_id, again.state, again.draft) == (three, "CLAIMED", {"seen": True})
    assert again.origin == "STRAIGHT_BACK"
    assert open_nodes(done.id) == ["c"]
    fact = Fact.objects.get(name="unit.returned")
    assert (fact.reason, fact.data["then"]) == ("补号码", "straight_back")


def test_the_clock_of_a_unit_that_comes_straight_back_begins_anew(units, agents):
    publish(LINE)
    done = started(units["east"])
    submit(done.id, "a", by=staff(agents[0]))
    waiting = unit(done.id, "b").pk

    actions.return_unit(
        waiting, reason="补", then="straight_back", by=staff(agents[1]), at=NINE + HOUR
    )
    stopped = Clock.objects.get(owner=f"unit:{waiting}")
    submit(done.id, "a", NINE + 90 * MINUTE, by=staff(agents[0]))

    assert (stopped.state, stopped.used_us) == ("STOPPED", 3_600_000_000)
    assert unit(done.id, "b").due_at == NINE + 5 * HOUR  # 90 minutes, lunch until 13:30, 30 more
    whole = Clock.objects.get(owner=f"group:{done.id}:whole")
    assert whole.state == "RUNNING"


def test_a_second_correction_shows_what_was_written_in_the_first(units, agents):
    one, two, _ = agents
    publish(LINE)
    done = started(units["east"])
    submit(done.id, "a", by=staff(one), note="一")
    for text in ("二", "三"):
        actions.return_unit(
            unit(done.id, "b").pk, reason="再改", then="straight_back", by=staff(two), at=NINE
        )
        submit(done.id, "a", by=staff(one), note=text)

    actions.return_unit(unit(done.id, "b").pk, reason="重走", by=staff(two), at=NINE)

    assert unit(done.id, "a").draft == {"note": "三"}


def test_a_return_says_how_it_goes_on(units, agents):
    publish(LINE)
    done = started(units["east"])
    submit(done.id, "a")

    with pytest.raises(refusals.ThenUnknown):
        actions.return_unit(unit(done.id, "b").pk, reason="x", then="?", by=SYSTEM, at=NINE)


def test_straight_back_keeps_to_where_the_diagram_allows(units, agents):
    publish(
        process(
            "a user post=agent; b user post=agent; c user post=agent returnTo=b",
            "start a; a b; b c; c end",
        )
    )
    done = started(units["east"])
    submit(done.id, "a", by=staff(agents[0]))
    submit(done.id, "b", by=staff(agents[0]))

    with pytest.raises(refusals.ReturnNotPossible):
        actions.return_unit(
            unit(done.id, "c").pk, "a", reason="x", then="straight_back",
            by=staff(agents[0]), at=NINE,
        )  # fmt: skip
