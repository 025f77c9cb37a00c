import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from bihuan.domain.customers.rules.words import hide
from bihuan.domain.ledger import actions, queries
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit import db

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


LONG = 12345678901234567890123
CALLED = {"who": ["张三_%", {"said": "张三 called"}], "amount": LONG, "is_late": None}


def redacted(reason: str, data: object) -> bool:
    """Write over the words of all facts in a transaction that says it hides some; tell whether that was let through."""
    try:
        with transaction.atomic():
            db.run("select set_config('bihuan.redacting', 'on', true)")
            db.run(
                "update ledger_fact set reason = %s, data = %s::jsonb", (reason, json.dumps(data))
            )
    except IntegrityError:
        return False
    finally:
        db.run("select set_config('bihuan.redacting', '', true)")
    return True


@pytest.mark.parametrize(
    ("reason", "data"),
    [
        ("李四来电", CALLED),
        ("来电", CALLED),
        ("张三来电话", CALLED),
        ("张三来电", {**CALLED, "amount": 1}),
        ("张三来电", {**CALLED, "amount": "***"}),
        ("张三来电", {**CALLED, "more": "***"}),
        ("张三来电", {"amount": LONG, "is_late": None}),
        ("张三来电", {**CALLED, "who": ["张三_%"]}),
        ("张三来电", {**CALLED, "who": ["%_%", {"said": "张三 called"}]}),
        ("张三来电", {**CALLED, "who": ["***", {"said": "*** came"}]}),
    ],
)
def test_words_may_be_hidden_and_nothing_else_be_changed(reason, data):
    actions.record(
        Fact("case.called", "case:9", "case:9", NOON, KIM, reason="张三来电", data=CALLED)
    )

    assert not redacted(reason, data)
    assert redacted("***来电", {**CALLED, "who": ["***_%", {"said": "*** called"}]})
    assert not redacted("张三来电", CALLED), "what is hidden does not come back"


def test_hiding_a_word_leaves_long_numbers_and_other_facts_as_they_are():
    actions.record(
        Fact("case.called", "case:9", "case:9", NOON, KIM, reason="张三来电", data=CALLED)
    )
    actions.record(opened("case:10"))

    count = actions.redact(
        ["case:9", "case:10"], partial(hide, frozenset({"张三"})), searches="张三"
    )

    assert count == 1
    kept = queries.facts_of("case:9").rows[0]
    assert (kept.reason, kept.data["amount"]) == ("***来电", LONG)
    assert not redacted("来电", CALLED), "the transaction hides no more afterwards"


@pytest.mark.django_db(transaction=True)
def test_who_hides_another_word_of_the_same_fact_at_once_waits():
    """The later had read what the earlier had not hidden yet, and wrote it back."""
    actions.record(opened())

    def hiding(value: Any) -> Any:
        with psycopg.connect(connection.connection.info.dsn) as other:
            other.execute("set lock_timeout = '20ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("select from ledger_fact where root = 'case:9' for no key update")
        return hide(frozenset({"来电"}), value)

    assert actions.redact(["case:9"], hiding, searches="$a") == 1
