"""Statements of the hot path: what goes to the server and comes back, and what is left of a connection after trouble."""

import signal
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.transaction import TransactionManagementError

from bihuan.kit import db

pytestmark = pytest.mark.django_db(transaction=True)

LONG = 123456789012345678901234567890


@pytest.fixture
def thrown_away() -> Iterator[None]:
    """Leave the connection to nobody after the test."""
    yield
    connection.close()


def test_values_come_back_as_they_went():
    moment = datetime(2026, 3, 4, 1, 0, 0, 5, tzinfo=UTC)
    sent: list[Any] = [7, LONG, "中文 %s '", None, True, moment, [1, 2]]

    row = db.one(
        "select %s::int, %s::numeric, %s::text, %s::text, %s::bool, %s::timestamptz, %s::int[]",
        sent,
    )

    assert list(row or ()) == sent


def test_a_named_value_may_be_used_twice_and_a_percent_sign_written():
    sql = "select %(one)s::int + %(one)s::int, %(two)s::text like '%%b'"

    assert db.rows(sql, {"one": 3, "two": "ab", "unused": 1}) == [(6, True)]
    assert db.rows("select 'a%b'") == [("a%b",)]


def test_none_of_the_named_values_need_be_used():
    assert db.one("select 7", {"unused": 1}) == (7,)


def test_the_same_statement_takes_values_of_other_types():
    sql = "select %s || ''"

    assert [db.one(sql, (value,)) for value in ("a", "b", 2**40, 7, "c")] == [
        ("a",), ("b",), (str(2**40),), ("7",), ("c",),
    ]  # fmt: skip


def test_whole_numbers_in_json_stay_whole():
    assert db.one(f"""select '{{"a": [1, {LONG}]}}'::json, '[2]'::json""") == (
        {"a": [1, LONG]},
        [2],
    )


def test_statements_in_a_transaction_are_undone_together():
    with transaction.atomic():
        assert db.run("create table made_here (id int)") == 0
        assert db.run("insert into made_here select generate_series(1, 3)") == 3
        with connection.cursor() as cursor:  # Django's own cursor is in the same transaction
            cursor.execute("select count(*) from made_here")
            assert cursor.fetchone() == (3,)
        transaction.set_rollback(True)

    assert db.one("select to_regclass('made_here')::text") == (None,)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_the_server_refuses_is_djangos_error_and_a_savepoint_heals_it(times):
    with transaction.atomic():
        for _ in range(times):
            with pytest.raises(DataError, match="division by zero") as raised, transaction.atomic():
                db.one("select 1 / %s", (0,))
            assert isinstance(raised.value.__cause__, psycopg.errors.DivisionByZero)
        assert db.one("select 2 / %s", (1,)) == (2,)


def test_the_first_statement_of_a_transaction_may_be_refused():
    for _ in range(3):
        with pytest.raises(DataError), transaction.atomic():
            db.one("select 1 / %s", (0,))
        assert db.one("select 1") == (1,)


def test_statements_are_known_again_after_psycopg_has_given_up_all():
    for _ in range(3):
        assert db.one("select 3::int + %s::int", (1,)) == (4,)
    for _ in range(7):  # psycopg prepares too, and gives all up when something is rolled back
        with connection.cursor() as cursor:
            cursor.execute("select 4::int + %s::int", (1,))
    with transaction.atomic():
        db.one("select 1")
        transaction.set_rollback(True)

    assert db.rows("select name from pg_prepared_statements") == []
    assert [db.one("select 3::int + %s::int", (1,)) for _ in range(3)] == [(4,)] * 3


def test_a_transaction_is_open_from_its_first_statement_on():
    with transaction.atomic():
        first = db.one("select pg_current_xact_id()::text")
        assert db.one("select pg_current_xact_id()::text") == first
    assert db.one("select pg_current_xact_id()::text") != first


@pytest.fixture
def kept() -> Iterator[None]:
    """A table whose only column is a positive number."""
    db.run("create table kept_here (id int check (id > 0))")
    yield
    db.run("drop table kept_here")


def keep(*numbers: int) -> None:
    for number in numbers:
        db.send("insert into kept_here values (%s)", (number,))


def keep_and_ask(number: int) -> None:
    with transaction.atomic():
        keep(number)
        db.one("select 1")


def keep_together(*numbers: int) -> None:
    with transaction.atomic():
        keep(*numbers)


def all_kept() -> list[int]:
    return [row[0] for row in db.rows("select id from kept_here order by id")]


@pytest.mark.usefixtures("kept")
def test_what_is_sent_is_there_for_whoever_asks_next():
    for number in (1, 2, 3):  # asked once, prepared, prepared before
        with transaction.atomic():
            keep(number)
            assert db.one("select max(id) from kept_here") == (number,)
    with transaction.atomic(), connection.cursor() as cursor:
        keep(4)
        cursor.execute("select max(id) from kept_here")
        assert cursor.fetchone() == (4,)
    keep_together(5, 6)

    with psycopg.connect(connection.connection.info.dsn) as other:
        assert other.execute("select count(*) from kept_here").fetchone() == (6,)


@pytest.mark.usefixtures("kept")
def test_what_is_sent_outside_a_transaction_is_done_at_once():
    keep(1)

    assert all_kept() == [1]
    with pytest.raises(IntegrityError):
        keep(0)
    assert all_kept() == [1]


@pytest.mark.usefixtures("kept")
def test_what_was_sent_in_vain_is_raised_by_commit_and_nothing_stays():
    for _ in range(3):
        with pytest.raises(IntegrityError):
            keep_together(1, 0)
        assert all_kept() == []


@pytest.mark.usefixtures("kept")
def test_what_was_sent_in_vain_is_raised_by_the_next_statement_and_a_savepoint_heals_it():
    with transaction.atomic():
        for kind in (keep_and_ask, keep_together, keep_together):
            with pytest.raises(IntegrityError):
                kind(0)
        keep(7)
    assert all_kept() == [7]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("number", [1, 0])
def test_a_refusal_takes_back_what_was_sent(number):
    def refuse() -> None:
        with transaction.atomic():
            keep(number)
            raise LookupError

    with pytest.raises(LookupError):
        refuse()
    assert all_kept() == []


@pytest.mark.usefixtures("kept")
def test_a_refusal_after_what_was_sent_in_vain_is_healed_by_a_savepoint():
    """The rollback of the savepoint failed on what was sent, and all that came later was taken back in silence."""

    def refuse() -> None:
        with transaction.atomic():
            keep(0)
            raise LookupError

    with transaction.atomic():
        with pytest.raises(LookupError):
            refuse()
        keep(7)
    assert all_kept() == [7]


def test_in_a_transaction_that_will_be_taken_back_nothing_more_is_said():
    def refuse_within() -> None:
        with transaction.atomic():
            with suppress(LookupError), transaction.atomic(savepoint=False):
                raise LookupError
            db.one("select 1")

    with pytest.raises(TransactionManagementError):
        refuse_within()


@pytest.mark.usefixtures("kept")
def test_a_server_that_goes_away_meanwhile_is_djangos_error():
    def send_into_the_dark() -> None:
        with transaction.atomic():
            pid = db.one("select pg_backend_pid()")
            keep(1)
            with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
                other.execute("select pg_terminate_backend(%s, 5000)", pid)

    with pytest.raises(OperationalError):
        send_into_the_dark()
    connection.close()
    assert all_kept() == []


def test_what_can_not_be_written_to_the_server_harms_nothing():
    with transaction.atomic():
        for ask in (db.one, db.send, lambda *asked: db.rows_of(("select 1", ()), asked)):
            with pytest.raises(UnicodeEncodeError):
                ask("select %s::text", ("\ud800",))
        assert db.one("select 1") == (1,)


def test_more_values_than_a_statement_may_have_are_refused_and_harm_nothing():
    with transaction.atomic():
        db.one("select 1")
        with pytest.raises(OperationalError):
            db.send(f"select {'%s,' * 65535} %s", [1] * 65536)
        assert db.one("select 5") == (5,)


def test_queries_asked_together_are_answered_each():
    asked = ("select %s::int", (1,)), ("select generate_series(1, %s::int)", (2,))

    for _ in range(3):
        assert db.rows_of(*asked) == [[(1,)], [(1,), (2,)]]
        with transaction.atomic():
            assert db.rows_of(*asked) == [[(1,)], [(1,), (2,)]]


def test_of_queries_asked_together_the_first_trouble_is_told():
    with pytest.raises(DataError, match="division by zero"):
        db.rows_of(("select 1 / %s", (0,)), ("select 1", ()))
    assert db.one("select 1") == (1,)


@pytest.mark.usefixtures("thrown_away")
def test_a_statement_that_copies_is_refused():
    with pytest.raises(InterfaceError):
        db.run("copy (select 1) to stdout")


@pytest.mark.usefixtures("thrown_away")
@pytest.mark.parametrize("begun", [nullcontext, transaction.atomic], ids=["alone", "with begin"])
def test_a_wait_that_is_broken_off_closes_the_connection(begun):
    connection.ensure_connection()
    raw = connection.connection

    class Enough(BaseException):
        pass

    def enough(*_args: object) -> None:
        raise Enough

    before = signal.signal(signal.SIGALRM, enough)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Enough), begun():
            db.one("select pg_sleep(20)")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert raw.closed
    connection.close()
    assert db.one("select 1") == (1,)
