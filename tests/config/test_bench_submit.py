"""The script pgbench plays back, and what a measurement comes to; the measurement itself is run by hand."""

import pytest

from bihuan.config.bench.playback import Recorded, Slice, script
from bihuan.config.bench.submit import summary

BEFORE, AFTER, CASE = (7 << 20) | 4, (7 << 20) | 5, 3


def _script(*sent: tuple[str, object]) -> str:
    return script(Recorded(sent, BEFORE, AFTER, CASE), range(7, 11))


def test_a_remark_in_a_statement_does_not_swallow_its_end() -> None:
    lines = _script(("select 1 -- one\nfrom t  -- all of it\n", ())).splitlines()
    assert lines[2] == "select 1 from t;"


def test_ids_of_the_recorded_round_become_those_of_the_moment() -> None:
    lock = ("select id, next_seq\nfrom t where id = %s for update", (7,))
    write = (
        "insert into t values (%(new)s, %(next_seq)s, %(case)s)",
        {
            "new": f'[{{"id":{AFTER},"instance_id":7,"root":"case:3"}}]',
            "next_seq": 6,
            "case": 3,
        },
    )
    lines = _script(lock, write).splitlines()
    assert lines[:3] == [
        "\\set i random(7, 10)",
        "begin;",
        "select id, next_seq from t where id = :i for update \\gset p_",
    ]
    assert f"'{AFTER}', ((:i::bigint << 20) | :p_next_seq::bigint)::text" in lines[3]
    assert "(:p_next_seq::int + 1), (:i::bigint - 4))" in lines[3]
    assert lines[-1] == "commit;"


def test_words_after_a_colon_are_no_variables_and_quotes_stay() -> None:
    line = _script(("select %s, %s, %s", ('{"ok":true}', "it's", ["a", "b"]))).splitlines()[2]
    assert line == "select ('{\"ok\": true}'), ('it''s'), '{a,b}';"


def test_the_median_of_the_turns_counts_and_the_worst_of_the_runs() -> None:
    def turn(ours: float, limit: float) -> tuple[Slice, Slice]:
        return Slice(100, 100 / ours, 0.1, 0.1), Slice(100, 100 / limit, 0.0, 0.1)

    quiet = [turn(60, 100), turn(62, 100), turn(10, 100)]
    busy = [turn(28, 50), turn(5, 10), turn(31, 50)]
    found = summary([quiet, busy])
    assert found["ratios"] == [0.6, 0.56]
    assert found["ratio_to_limit"] == 0.56
    assert found["cpu_ratio"] == pytest.approx(0.5)
