from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from bihuan.domain.ledger import actions, queries
from bihuan.domain.ledger.events import Actor, Fact

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
KIM = Actor("staff:12", on_behalf_of="staff:9", unit_id=3)

pytestmark = pytest.mark.django_db


def opened(root: str = "case:9", name: str = "case.opened") -> Fact:
    return Fact(name, root, root, NOON, KIM, reason="来电", data={"channel": "电话"})


def outbox() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("select name, root from ledger_outbox order by id")
        return [(str(name), str(root)) for name, root in cursor.fetchall()]


def test_a_fact_keeps_who_when_why_and_on_whose_behalf():
    actions.record(opened())

    fact = queries.facts_of("case:9").rows[0]
    assert (fact.actor, fact.on_behalf_of, fact.unit_id) == ("staff:12", "staff:9", 3)
    assert (fact.at, fact.reason, fact.data) == (NOON, "来电", {"channel": "电话"})
    assert fact.recorded_at > NOON


def test_facts_of_a_root_come_newest_first_and_in_pages():
    actions.record_many([opened(name=f"case.step_{letter}") for letter in "abc"])
    actions.record(opened(root="case:10"))

    first = queries.facts_of("case:9", size=2)
    second = queries.facts_of("case:9", size=2, after=first.next_cursor)

    assert [f.name for f in first.rows] == ["case.step_c", "case.step_b"]
    assert [f.name for f in second.rows] == ["case.step_a"]
    assert second.next_cursor == ""


def test_facts_can_be_asked_for_by_the_beginning_of_their_name():
    actions.record_many([opened(), opened(name="unit.opened"), opened(name="unit.claimed")])

    assert [f.name for f in queries.facts_of("case:9", names=["unit."]).rows] == [
        "unit.claimed",
        "unit.opened",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_fact set reason = 'other'",
        "delete from ledger_fact",
        "truncate ledger_fact",
        "truncate ledger_fact_default",
    ],
)
def test_the_database_refuses_to_change_or_remove_a_fact(statement):
    actions.record(opened())

    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert len(queries.facts_of("case:9").rows) == 1


def test_a_fact_named_against_the_rule_is_refused():
    with pytest.raises(IntegrityError, match="noun_dot_past_verb"), transaction.atomic():
        actions.record(opened(name="Case Opened"))


def test_every_fact_waits_in_the_outbox_until_it_is_relayed():
    actions.record_many([opened(), opened(root="case:10")])
    assert outbox() == [("case.opened", "case:9"), ("case.opened", "case:10")]

    assert actions.relay_outbox(limit=1) == 1
    assert outbox() == [("case.opened", "case:10")]
    assert actions.relay_outbox() == 1
    assert actions.relay_outbox() == 0


def test_partitions_are_made_ahead_once():
    assert actions.ensure_partitions(at=datetime(2031, 11, 5, tzinfo=UTC)) == [
        "2031-11",
        "2031-12",
        "2032-01",
    ]
    assert actions.ensure_partitions(at=datetime(2031, 12, 5, tzinfo=UTC)) == ["2032-02"]


def test_a_month_that_already_has_facts_in_the_default_partition_is_left_there():
    actions.record(opened())

    made = actions.ensure_partitions(at=datetime.now(UTC), months=1)  # noqa: TID251

    assert made == []
    assert len(queries.facts_of("case:9").rows) == 1


def test_a_fact_recorded_in_a_made_month_is_also_append_only():
    actions.ensure_partitions(at=datetime.now(UTC), months=1)  # noqa: TID251
    actions.record(opened())

    with (
        pytest.raises(IntegrityError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("delete from ledger_fact")
