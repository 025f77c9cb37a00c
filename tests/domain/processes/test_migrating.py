"""Running instances change the version of their process: whole or not at all, tried first, taken back."""

from typing import Any

import pytest

from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.models import Clock
from bihuan.domain.ledger.models import Fact
from bihuan.domain.packs.models import Definition
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions import MigrationPlan, refusals, version_refusals
from bihuan.domain.processes.models import MigratedInstance, Migration, ProcessInstance, Token
from bihuan.engines.bpmn.model import LimitGroup, Process
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    START,
    SYSTEM,
    open_nodes,
    person,
    place,
    publish,
    staff,
    started,
    state,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
LINE = process("a user post=agent limit=2h; b user post=agent limit=2h", "start a; a b; b end")
LONGER = process(
    "a user post=agent limit=2h; check user post=agent; b user post=agent limit=4h",
    "start a; a check; check b; b end",
)


@pytest.fixture
def units():
    return place()


def next_version(changed: Process) -> Definition:
    """Put another version of the process in force."""
    Definition.objects.filter(key="test.work").update(status="RETIRED", retired_at=START)
    number = Definition.objects.filter(key="test.work").count() + 1
    return Definition.objects.create(
        kind="process", key="test.work", version=number, status="PUBLISHED", pack_id="test",
        path="processes/test.work.bpmn", title="测试", source="", checksum="",
        compiled={"process": changed.to_json(), "calendar": "office"}, published_at=START,
    )  # fmt: skip


def plan(old: Definition, new: Definition, **options: Any) -> MigrationPlan:
    return MigrationPlan(old.pk, new.pk, options.pop("reason", "新版流程"), **options)


def version_of(instance_id: int) -> int:
    found = ProcessInstance.objects.get(pk=instance_id)
    return Definition.objects.get(pk=found.definition_id).version


def test_a_unit_stays_with_who_has_it_and_goes_on_by_the_new_version(units):
    one = person("one", ("agent", units["east"]))
    old = publish(LINE)
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.save_draft(first, {"note": "一半"}, by=staff(one), at=NINE)
    new = next_version(LONGER)

    report = actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE + HOUR)

    kept = unit(done.id, "a")
    assert (kept.pk, kept.assignee_id, kept.draft) == (first, one, {"note": "一半"})
    assert kept.due_at == NINE + 2 * HOUR
    assert [one.state for one in report.results] == ["MIGRATED"]
    submit(done.id, "a", NINE + HOUR, by=staff(one))
    assert (open_nodes(done.id), version_of(done.id)) == (["check"], 2)
    fact = Fact.objects.get(name="process.migrated")
    assert (fact.reason, fact.data["from"], fact.data["to"]) == ("新版流程", 1, 2)


def test_a_dry_run_says_what_would_become_of_each_and_changes_nothing(units):
    old = publish(LINE)
    fits, lost = started(units["east"]), started(units["east"])
    submit(lost.id, "a")
    new = next_version(process("a user post=agent limit=2h", "start a; a end"))

    report = actions.migrate_instances(plan(old, new), dry_run=True, by=SYSTEM, at=NINE)

    assert [(one.instance_id, one.state) for one in report.results] == [
        (fits.id, "MIGRATED"),
        (lost.id, "REFUSED"),
    ]
    assert "没有对应的图元" in report.refused[0].message
    assert (version_of(fits.id), Migration.objects.count()) == (1, 0)
    assert not Fact.objects.filter(name="process.migrated").exists()


def test_who_does_not_fit_goes_on_unharmed_under_the_old_version(units):
    old = publish(LINE)
    fits, lost = started(units["east"]), started(units["east"])
    submit(lost.id, "a")
    new = next_version(process("a user post=agent limit=2h", "start a; a end"))

    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE)

    assert (version_of(fits.id), version_of(lost.id)) == (2, 1)
    row = MigratedInstance.objects.get(instance_id=lost.id)
    assert (row.state, bool(row.message)) == ("REFUSED", True)
    submit(lost.id, "b")
    submit(fits.id, "a")
    assert (state(lost.id), state(fits.id)) == ("DONE", "DONE")


def test_a_renamed_unit_is_found_by_the_mapping(units):
    old = publish(LINE)
    done = started(units["east"])
    submit(done.id, "a")
    new = next_version(
        process("a user post=agent; z user post=agent limit=2h", "start a; a z; z end")
    )

    with pytest.raises(version_refusals.MappingUnknown):
        actions.migrate_instances(plan(old, new, nodes={"b": "y"}), by=SYSTEM, at=NINE)
    actions.migrate_instances(plan(old, new, nodes={"b": "z"}), by=SYSTEM, at=NINE)

    assert open_nodes(done.id) == ["z"]
    moved = unit(done.id, "z")
    assert moved.title == "z"
    actions.return_unit(moved.pk, "a", reason="重做", by=SYSTEM, at=NINE)
    assert open_nodes(done.id) == ["a"]


def test_a_changed_limit_counts_the_time_already_used(units):
    old = publish(LINE)
    done = started(units["east"])
    submit(done.id, "a")
    new = next_version(LONGER)

    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE + HOUR)

    clock = Clock.objects.get(owner=f"unit:{unit(done.id, 'b').pk}")
    assert (clock.limit_text, clock.used_us) == ("4h", 3_600_000_000)
    # One of four hours is used; noon rests from 12:00 to 13:30.
    assert unit(done.id, "b").due_at == NINE + 5 * HOUR + 30 * MINUTE


def test_limits_that_come_and_go_start_and_stop(units):
    groups = (LimitGroup("old", "旧", "3h", ("a",)), LimitGroup("new", "新", "5h", ("a",)))
    old = publish(process("a user post=agent limit=2h", "start a; a end", groups[0]))
    done = started(units["east"])
    new = next_version(
        process("a user post=agent; a/late boundary timer=PT1H interrupting=no; n user",
                "start a; a end; late n; n end", groups[1])
    )  # fmt: skip

    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE + 30 * MINUTE)
    states = {
        clock.owner.split(":")[0] + clock.owner[-3:]: clock.state for clock in Clock.objects.all()
    }
    while clocks.fire_due(NINE + 2 * HOUR):
        pass

    assert states[f"group{'old'}"] == "STOPPED"
    assert states[f"group{'new'}"] == "RUNNING"
    assert Clock.objects.get(owner=f"unit:{unit(done.id, 'a').pk}").state == "STOPPED"
    assert unit(done.id, "n").opened_at == NINE + 90 * MINUTE


def test_a_timer_that_came_with_a_version_stops_with_the_last_co_handler(units):
    old = publish(LINE)
    one, other = (person(name, ("agent", units["east"])) for name in ("one", "other"))
    done = started(units["east"])
    first = unit(done.id, "a").pk
    actions.claim(first, by=staff(one), at=NINE)
    actions.add_co_handler(first, staff_id=other, by=staff(one), at=NINE)
    submit(done.id, "a", by=staff(one))
    actions.withdraw(first, by=staff(one), at=NINE)
    new = next_version(
        process("a user post=agent; b user post=agent; a/late boundary timer=R3/PT1H; n user",
                "start a; a b; b end; late n; n end")
    )  # fmt: skip

    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE + MINUTE)
    for each in Token.objects.filter(node="a", state__in=["OPEN", "CLAIMED"]).order_by("id"):
        actions.submit(each.pk, {}, by=staff(each.assignee_id), at=NINE + MINUTE)

    assert open_nodes(done.id) == ["b"]
    assert not Token.objects.filter(node="late", state="OPEN").exists()


def test_a_suspended_instance_is_moved_and_stays_suspended(units):
    old = publish(LINE)
    done = started(units["east"])
    actions.suspend(done.id, reason="等", by=SYSTEM, at=NINE + HOUR)
    new = next_version(
        process("a user post=agent limit=3h; b user post=agent", "start a; a b; b end")
    )

    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE + HOUR)
    paused = Clock.objects.get(owner=f"unit:{unit(done.id, 'a').pk}")
    actions.resume(done.id, by=SYSTEM, at=NINE + HOUR)

    assert (state(done.id), paused.state, paused.limit_text) == ("RUNNING", "PAUSED", "3h")
    assert unit(done.id, "a").due_at == NINE + 3 * HOUR


def test_a_waiting_ticket_keeps_its_branch(units):
    joined = process(
        "f and; l user; r user; j and; z user", "start f; f l; f r; l j; r j; j z; z end"
    )
    renamed = process(
        "f and; l user; q user; r user; j and; z user",
        "start f; f l; f r as x9; l q as x1; q j as x2; r j as x3; j z; z end",
    )
    old = publish(joined)
    left, right = started(units["east"]), started(units["east"])
    submit(left.id, "l")
    submit(right.id, "r")
    new = next_version(renamed)

    report = actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE)

    assert [one.state for one in report.results] == ["REFUSED", "MIGRATED"]
    assert "分支" in report.results[0].message
    submit(right.id, "l")
    submit(right.id, "q")
    assert open_nodes(right.id) == ["z"]


def test_a_batch_is_taken_back_with_what_was_done_since(units):
    old = publish(LINE)
    here, on_the_way = started(units["east"]), started(units["east"])
    submit(here.id, "a")
    new = next_version(
        process("a user post=agent; check user; z user post=agent limit=2h",
                "start a; a check; check z; z end")
    )  # fmt: skip
    batch = actions.migrate_instances(plan(old, new, nodes={"b": "z"}), by=SYSTEM, at=NINE).batch_id
    submit(on_the_way.id, "a")

    back = actions.reverse_migration(batch, reason="新版有误", by=SYSTEM, at=NINE + HOUR)

    assert [(one.instance_id, one.state) for one in back.results] == [
        (here.id, "MIGRATED"),
        (on_the_way.id, "REFUSED"),
    ]
    assert (open_nodes(here.id), version_of(here.id), version_of(on_the_way.id)) == (["b"], 1, 2)
    assert Migration.objects.get(pk=back.batch_id).reverses_id == batch


def test_a_correction_and_its_waiting_unit_move_together(units):
    old = publish(LINE)
    done = started(units["east"])
    submit(done.id, "a")
    actions.return_unit(
        unit(done.id, "b").pk, reason="补", then="straight_back", by=SYSTEM, at=NINE
    )
    new = next_version(process("a user post=agent; z user post=agent", "start a; a z; z end"))

    lost = actions.migrate_instances(plan(old, new), dry_run=True, by=SYSTEM, at=NINE)
    actions.migrate_instances(plan(old, new, nodes={"b": "z"}), by=SYSTEM, at=NINE)
    submit(done.id, "a")

    assert len(lost.refused) == 1
    assert open_nodes(done.id) == ["z"]


def test_moving_needs_its_right_its_reason_and_versions_of_one_process(units):
    one = person("one", ("agent", units["east"]))
    old = publish(LINE)
    other = publish(LINE, "test.other")
    new = next_version(LONGER)

    with pytest.raises(refusals.NotAllowed):
        actions.migrate_instances(plan(old, new), by=staff(one), at=NINE)
    with pytest.raises(refusals.ReasonMissing):
        actions.migrate_instances(plan(old, new, reason=" "), by=SYSTEM, at=NINE)
    with pytest.raises(version_refusals.VersionsDoNotFit):
        actions.migrate_instances(plan(old, other), by=SYSTEM, at=NINE)


def test_a_unit_the_version_does_not_know_is_returned_past(units):
    old = publish(LINE)
    done = started(units["east"])
    new = next_version(LONGER)
    actions.migrate_instances(plan(old, new), by=SYSTEM, at=NINE)
    submit(done.id, "a")
    submit(done.id, "check")
    actions.migrate_instances(plan(new, old), by=SYSTEM, at=NINE)

    actions.return_unit(unit(done.id, "b").pk, "a", reason="重做", by=SYSTEM, at=NINE)

    assert (open_nodes(done.id), version_of(done.id)) == (["a"], 1)


def test_a_delegation_to_a_date_goes_on_though_the_suspended_instance_is_moved(units):
    one, two = (person(name, ("agent", units["east"])) for name in ("one", "two"))
    old = publish(LINE)
    done = started(units["east"])
    mine = unit(done.id, "a").pk
    actions.claim(mine, by=staff(one), at=NINE)
    terms = actions.DelegationTerms(two, NINE + 2 * HOUR)
    actions.delegate(mine, terms=terms, by=staff(one), at=NINE)
    actions.suspend(done.id, reason="等", by=SYSTEM, at=NINE)

    actions.migrate_instances(plan(old, next_version(LONGER)), by=SYSTEM, at=NINE + HOUR)
    clocks.fire_all_due(NINE + 3 * HOUR)

    assert unit(done.id, "a").assignee_id == one
