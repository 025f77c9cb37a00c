"""The arithmetic of `bihuan bench http`; the measurement itself is run by hand."""

from bihuan.config.bench.http import per_request
from bihuan.config.measuring.copies import TABLES, Table, copy_statement
from bihuan.config.measuring.cpu import (
    TICKS_PER_SECOND,
    Process,
    Reading,
    Used,
    process,
    tree_ticks,
    used,
)

STAT = "42 (a (b) c) S 7 42 42 0 -1 4194304 100 200 0 0 30 4 500 60 20 0 1 0 100 0 0"


def test_a_process_is_read_whatever_its_name_holds() -> None:
    assert process(42, STAT) == Process(pid=42, parent=7, own=34, ended=560)


def test_a_tree_counts_all_below_and_what_has_ended() -> None:
    known = {
        1: Process(1, 0, 1000, 0),
        2: Process(2, 1, 10, 5),
        3: Process(3, 2, 20, 0),
        4: Process(4, 3, 40, 1),
        5: Process(5, 1, 80, 0),
    }
    assert tree_ticks(known, 2) == 76
    assert tree_ticks(known, 9) == 0


def test_what_other_databases_processes_used_does_not_count() -> None:
    second = TICKS_PER_SECOND
    before = Reading(web=0, database=10 * second, others={7: 3 * second, 8: second})
    after = Reading(web=2 * second, database=16 * second, others={7: 5 * second, 9: second})
    assert used(before, after) == Used(web=2.0, database=3.0)


def test_idle_is_taken_off_and_never_more_than_there_is() -> None:
    spent = Used(web=3.0, database=1.0).minus(Used(web=1.0, database=4.0), 0.5)
    assert spent == Used(web=2.5, database=0.0)
    assert spent.total == 2.5


def test_one_request_costs_its_share_in_milliseconds() -> None:
    figure = per_request(Used(web=1.5, database=0.5), [0.010, 0.012, 0.030, 0.020])
    assert (figure.cpu_ms, figure.web_ms, figure.database_ms) == (500.0, 375.0, 125.0)
    assert figure.p50_ms == 16.0


def test_a_copy_moves_ids_refs_and_moments() -> None:
    table = Table("thing", {"id": "id + k * {case}"}, only="root like 'case:%'")
    columns = [("id", "bigint"), ("at", "timestamp with time zone"), ("name", "text")]
    assert copy_statement(table, columns, {"case": 40}, 3) == (
        'insert into thing ("id", "at", "name") overriding system value '
        'select id + k * 40::bigint, "at" - k * interval \'47 seconds\', "name" '
        "from thing cross join generate_series(1, 2) as k where root like 'case:%'"
    )


def test_every_table_of_a_case_is_copied() -> None:
    copied = {table.name for table in TABLES}
    assert {"cases_case", "cases_standing", "processes_token", "clocks_clock"} <= copied
