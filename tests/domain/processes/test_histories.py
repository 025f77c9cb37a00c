"""What cases really did, read back from the facts."""

import pytest

from bihuan.domain.ledger.models import Fact
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions
from bihuan.domain.processes.actions.exports import export_histories
from bihuan.domain.processes.queries import histories as queries
from bihuan.domain.processes.queries.histories import Asked
from bihuan.engines.insight.durations import durations
from bihuan.kit.problems import NotAllowed
from tests.domain.org.given import actor
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
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
LINE = process("a user post=agent; b user post=agent returnTo=a", "start a; a b; b end")
WORK = Asked("test.work")


@pytest.fixture
def units():
    publish(LINE)
    return place()


def found(staff_id, asked=WORK, **options):
    return queries.histories(access_of(staff_id, NINE), asked, **options)


def ended(unit_id, at=NINE):
    instance = started(unit_id, at)
    submit(instance.id, "a", at)
    submit(instance.id, "b", at + HOUR)
    return instance.id


def test_a_history_names_each_unit_with_when_it_waited_and_was_done(units):
    kim = person("kim", ("agent", units["hq"]))
    admin = person("admin", ("admin", units["hq"]))
    instance = started(units["hq"])
    submit(instance.id, "a")
    actions.claim(unit(instance.id, "b").pk, by=staff(kim), at=NINE + 28 * MINUTE)
    submit(instance.id, "b", NINE + 175 * MINUTE, by=staff(kim))

    (history,) = found(admin).found
    first, second = history.trace.events

    assert history.trace.activities == ("a", "b")
    assert (second.ready_at, second.begun_at, second.at) == (
        NINE,
        NINE + 28 * MINUTE,
        NINE + 175 * MINUTE,
    )
    assert second.resource == f"staff:{kim}"
    assert first.at == NINE
    told = durations([history.trace])
    assert (told.response.mean, told.handling.mean) == (28 * 60, 147 * 60)


def test_a_return_is_an_end_of_its_own(units):
    admin = person("admin", ("admin", units["hq"]))
    instance = started(units["hq"])
    submit(instance.id, "a")
    unit_id = unit(instance.id, "b").pk
    actions.return_unit(unit_id, to_node="a", reason="缺材料", by=SYSTEM, at=NINE + MINUTE)
    submit(instance.id, "a", NINE + 2 * MINUTE)
    submit(instance.id, "b", NINE + 3 * MINUTE)

    (history,) = found(admin).found
    assert history.trace.activities == ("a", f"b{queries.RETURNED}", "a", "b")


def test_running_cases_have_no_history_yet(units):
    admin = person("admin", ("admin", units["hq"]))
    started(units["hq"])
    assert found(admin).found == []


def test_one_sees_the_cases_of_the_org_units_one_may_report_on(units):
    east = person("east", ("admin", units["east"]))
    top = person("top", ("admin", units["hq"]))
    here, there = ended(units["east1"]), ended(units["west"])

    assert [one.instance_id for one in found(east).found] == [here]
    assert {one.instance_id for one in found(top).found} == {here, there}
    below = Asked("test.work", unit_id=units["west"])
    assert [one.instance_id for one in found(top, below).found] == [there]
    assert found(east, below).found == []


def test_without_the_right_to_reports_nothing_is_told(units):
    agent = person("agent", ("agent", units["hq"]))
    with pytest.raises(NotAllowed):
        found(agent)


def test_a_period_is_half_open_and_the_newest_come_first(units):
    admin = person("admin", ("admin", units["hq"]))
    first, second, _third = (ended(units["hq"], NINE + hours * HOUR) for hours in range(3))
    within = Asked("test.work", since=NINE, until=NINE + 2 * HOUR)

    assert [one.instance_id for one in found(admin, within).found] == [second, first]
    cut = found(admin, within, most=1)
    assert [one.instance_id for one in cut.found] == [second]
    assert cut.is_cut


def test_one_statement_reads_however_many_cases(units, django_assert_num_queries):
    access = access_of(person("admin", ("admin", units["hq"])), NINE)
    for hours in range(3):
        ended(units["hq"], NINE + hours * HOUR)
    with django_assert_num_queries(1):  # the versions; the histories are one statement of our own
        assert len(queries.histories(access, WORK).found) == 3


def test_an_export_leaves_a_fact_of_what_was_asked(units):
    admin = person("admin", ("admin", units["hq"]))
    ended(units["hq"])
    found_again = export_histories(access_of(admin, NINE), WORK, by=actor(admin), at=NINE)

    fact = Fact.objects.get(name="process.history_exported")
    assert len(found_again.found) == 1
    assert (fact.data["process"], fact.data["rows"]) == ("test.work", 1)


def test_an_export_needs_its_own_right(units):
    agent = person("agent", ("agent", units["hq"]))
    with pytest.raises(NotAllowed):
        export_histories(access_of(agent, NINE), WORK, by=actor(agent), at=NINE)
    assert not Fact.objects.filter(name="process.history_exported").exists()


def test_a_process_with_an_ended_case_is_named_before_those_without(units):
    publish(LINE, "test.before")
    assert [one.key for one in queries.processes_with_history()] == ["test.before", "test.work"]
    ended(units["hq"])
    assert [one.key for one in queries.processes_with_history()] == ["test.work", "test.before"]
