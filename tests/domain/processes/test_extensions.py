"""More time is asked for by who works on a unit, granted by somebody else, and counted from the start."""

from datetime import datetime, timedelta

import pytest

from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions, queries
from bihuan.domain.processes.actions import MoreTime, refusals
from bihuan.domain.processes.models import Extension
from bihuan.engines.bpmn.model import LimitGroup
from bihuan.kit.problems import NotAllowed
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
    facts,
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
GROUP = LimitGroup("all", "整单", "1wd", ("a", "b"), calendar="office")
LINE = process(
    "a user post=agent limit=2h warnAt=50%; b user post=agent limit=PT6H; c user post=agent",
    "start a; a b; b c; c end",
    GROUP,
)


@pytest.fixture
def units():
    publish(LINE)
    return place()


@pytest.fixture
def ada(units):
    return person("ada", ("agent", units["east"]))


@pytest.fixture
def lee(units):
    return person("lee", ("admin", units["hq"]))


@pytest.fixture
def first(units) -> int:
    return unit(started(units["east"]).id, "a").pk


def asked(unit_id: int, by: int, more: str = "", *, at=NINE, **wanted) -> int:
    terms = MoreTime(more, **wanted)
    return actions.request_extension(unit_id, wanted=terms, reason="等配件", by=staff(by), at=at)


def due(owner: str) -> datetime | None:
    return Clock.objects.get(owner=owner).due_at


def test_a_grant_counts_from_the_start_and_warns_anew(ada, lee, first):
    request = asked(first, ada, "2h", at=NINE + 90 * MINUTE)

    actions.approve_extension(request, by=staff(lee), at=NINE + 100 * MINUTE)

    assert facts("clock.") == ["clock.warned"]
    # Four working hours from nine: three before noon, one after half past one.
    assert due(f"unit:{first}") == NINE + timedelta(hours=5, minutes=30)
    assert unit(first >> 20, "a").due_at == NINE + timedelta(hours=5, minutes=30)
    told = Fact.objects.get(name="unit.extended")
    assert (told.actor, told.data["asked_by"], told.data["more"]) == (
        f"staff:{lee}",
        f"staff:{ada}",
        "2h",
    )
    submit(first >> 20, "a", NINE + 3 * HOUR, staff(ada))
    assert facts("clock.") == ["clock.warned", "clock.warned"]


def test_until_a_moment_is_due_at_that_very_moment(ada, lee, first):
    late = NINE + timedelta(hours=7, minutes=17, seconds=3)
    request = asked(first, ada, until=late, at=NINE + timedelta(minutes=3, seconds=7))

    actions.approve_extension(request, by=staff(lee), at=NINE + timedelta(minutes=9, seconds=1))

    assert due(f"unit:{first}") == late


def test_the_clock_goes_on_while_nobody_has_decided(ada, lee, first):
    request = asked(first, ada, "2h")
    view = queries.unit(access_of(ada, NINE), first, at=NINE)
    assert view.extension is not None
    assert view.extension.is_pending
    assert "request_extension" not in view.operations
    assert "withdraw_extension" in view.operations
    assert "decide_extension" in queries.unit(access_of(lee, NINE), first, at=NINE).operations
    waiting = queries.pending_extensions(access_of(lee, NINE)).rows
    assert [(row.id, row.reason) for row in waiting] == [(request, "等配件")]

    actions.approve_extension(request, by=staff(lee), at=NINE + 150 * MINUTE)

    # It was overdue at eleven and is not any more; it may be again. Half of four hours lies behind.
    assert facts("clock.") == ["clock.warned", "clock.overdue"]
    submit(first >> 20, "a", NINE + 7 * HOUR, staff(ada))
    assert facts("clock.") == ["clock.warned", "clock.overdue", "clock.overdue"]


def test_a_limit_group_is_extended_for_all_its_units(ada, lee, first):
    owner = f"group:{first >> 20}:all"
    before = due(owner)
    request = asked(first, ada, "1wd", group="all")

    actions.approve_extension(request, by=staff(lee), at=NINE)

    assert (before, due(owner)) == (NINE + timedelta(days=1), NINE + timedelta(days=2))
    with pytest.raises(refusals.NoLimitToExtend):
        asked(first, ada, "1wd", group="others")


def test_elapsed_limits_are_extended_by_elapsed_time(ada, lee, first):
    submit(first >> 20, "a", NINE, staff(ada))
    second = unit(first >> 20, "b").pk
    for wrong in ("2h", "soon", ""):
        with pytest.raises(refusals.ExtensionUnreadable):
            asked(second, ada, wrong)
    request = asked(second, ada, "PT90M")

    actions.approve_extension(request, by=staff(lee), at=NINE + HOUR)

    assert due(f"unit:{second}") == NINE + timedelta(hours=7, minutes=30)


def test_nobody_grants_their_own_request_or_without_the_verb(units, ada, lee, first):
    boss = person("boss", ("admin", units["east"]), ("agent", units["east"]))
    request = asked(first, boss, "2h")

    with pytest.raises(refusals.OwnExtension):
        actions.approve_extension(request, by=staff(boss), at=NINE)
    with pytest.raises(refusals.OwnExtension):
        actions.refuse_extension(request, reason="不", by=staff(boss), at=NINE)
    for decide in (actions.approve_extension, actions.refuse_extension):
        with pytest.raises(NotAllowed):
            decide(request, reason="不", by=staff(ada), at=NINE)
    assert queries.pending_extensions(access_of(boss, NINE)).rows == []
    assert Extension.objects.get().state == "PENDING"
    assert due(f"unit:{first}") == NINE + 2 * HOUR


def test_a_refusal_names_its_reason_and_touches_no_clock(ada, lee, first):
    request = asked(first, ada, "2h")
    with pytest.raises(refusals.ReasonMissing):
        actions.refuse_extension(request, reason=" ", by=staff(lee), at=NINE)
    actions.refuse_extension(request, reason="客户在等", by=staff(lee), at=NINE)

    assert due(f"unit:{first}") == NINE + 2 * HOUR
    with pytest.raises(refusals.ExtensionDecided):
        actions.approve_extension(request, by=staff(lee), at=NINE)
    assert asked(first, ada, "1h") != request


def test_one_request_at_a_time_and_it_may_be_withdrawn_by_who_made_it(ada, lee, first):
    request = asked(first, ada, "2h")
    with pytest.raises(refusals.ExtensionPending):
        asked(first, ada, "1h")
    with pytest.raises(NotAllowed):
        actions.withdraw_extension(request, by=staff(lee), at=NINE)

    actions.withdraw_extension(request, by=staff(ada), at=NINE)

    asked(first, ada, "1h")
    assert facts("unit.extension") == [
        "unit.extension_requested",
        "unit.extension_withdrawn",
        "unit.extension_requested",
    ]


def test_a_request_lapses_with_its_unit(ada, lee, first):
    request = asked(first, ada, "1wd", group="all")
    submit(first >> 20, "a", NINE, staff(ada))

    with pytest.raises(refusals.UnitNotOpen):
        actions.approve_extension(request, by=staff(lee), at=NINE)
    assert queries.extension_of(first).state == "LAPSED"
    assert queries.pending_extensions(access_of(lee, NINE)).rows == []
    asked(unit(first >> 20, "b").pk, ada, "1wd", group="all")
    assert Extension.objects.get(pk=request).state == "LAPSED"


def test_only_what_ends_later_is_an_extension(ada, lee, first):
    for too_early in (NINE - HOUR, NINE + HOUR, NINE + 2 * HOUR):
        with pytest.raises(refusals.ExtensionNotLater):
            asked(first, ada, until=too_early)
    request = asked(first, ada, "1m")
    with pytest.raises(refusals.ExtensionNotLater):
        actions.approve_extension(request, by=staff(lee), at=NINE + 3 * HOUR)
    submit(first >> 20, "a", NINE + 3 * HOUR, staff(ada))
    with pytest.raises(refusals.UnitNotOpen):
        asked(first, ada, "1h", at=NINE + 3 * HOUR)


def test_a_suspended_unit_is_extended_by_what_it_has_left(ada, lee, first):
    request = asked(first, ada, "1h")
    actions.suspend(first >> 20, reason="等客户", by=SYSTEM, at=NINE + HOUR)
    actions.approve_extension(request, by=staff(lee), at=NINE + 2 * HOUR)
    actions.resume(first >> 20, by=SYSTEM, at=NINE + timedelta(hours=4, minutes=30))

    assert due(f"unit:{first}") == NINE + timedelta(hours=6, minutes=30)
