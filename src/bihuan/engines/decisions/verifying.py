"""Try a table before it is published: every row must be able to win.

An input's values fall into a few classes that no cell can tell apart; one representative of each is
enough. The combinations of representatives therefore show every row hidden behind others, every
overlap and every gap, as long as there are not too many to try.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bihuan.engines.decisions.deciding import shown
from bihuan.engines.decisions.model import Hit, Input, InputType, Row, Table
from bihuan.engines.decisions.row_index import column_of_numbers, fits, numbers_in

MOST_ROW_TRIALS = 20_000
MOST_GAP_TRIALS = 400_000
OTHER_TEXT = "其他"


@dataclass(slots=True)
class Findings:
    """Row numbers from 0; examples are readable. `gap` is a case no row fits."""

    impossible: list[tuple[int, str]] = field(default_factory=list)
    hidden: list[tuple[int, int]] = field(default_factory=list)
    overlaps: list[tuple[int, int, str]] = field(default_factory=list)
    gap: str = ""


def verify(table: Table) -> Findings:
    """Return everything the trials show."""
    findings = Findings()
    pools = [representatives(table, item) for item in table.inputs]
    for number, row in enumerate(table.rows):
        _try_row(table, number, _fitting(table, row, pools), findings)
    _try_gaps(table, pools, findings)
    return findings


# -------------------------------------------------------------------- representatives


def representatives(table: Table, item: Input) -> list[Any]:
    """Return one value of each class that the column's cells can tell apart."""
    cells = [row.cells[item.field] for row in table.rows if item.field in row.cells]
    written = {value for cell in cells for value in cell.values}
    empty = [None] if item.optional else []
    if item.type is InputType.BOOLEAN:
        return [True, False, *empty]
    if item.type is InputType.CHOICE:
        return [*item.choices, *empty]
    if item.type is InputType.TEXT:
        other = OTHER_TEXT
        while other in written:
            other += "的"
        return [*sorted(str(value) for value in written), other, *empty]
    return [*map(_plain, column_of_numbers(sorted(written))), *empty]


def _plain(number: Any) -> int | float:
    return int(number) if float(number).is_integer() else float(number)


# -------------------------------------------------------------------- trials


def _fitting(table: Table, row: Row, pools: list[list[Any]]) -> list[list[Any]]:
    return [
        [value for value in pool if fits(row.cells.get(item.field), value)]
        for item, pool in zip(table.inputs, pools, strict=True)
    ]


def _try_row(table: Table, number: int, pools: list[list[Any]], findings: Findings) -> None:
    for item, pool in zip(table.inputs, pools, strict=True):
        if not pool:
            findings.impossible.append((number, item.field))
            return
    most = max(20, MOST_ROW_TRIALS // len(table.rows))
    trials = itertools.islice(_spread(pools), most)
    outcomes = ((trial, _expected(table, trial)) for trial in trials)
    if table.hit is Hit.UNIQUE:
        _note_overlap(table, number, outcomes, findings)
    else:
        _note_hidden(number, outcomes, findings, certain=_size(pools) <= most)


def _note_overlap(
    table: Table,
    number: int,
    outcomes: Iterator[tuple[list[Any], list[int]]],
    findings: Findings,
) -> None:
    for trial, expected in outcomes:
        if expected[-1] > number:
            findings.overlaps.append((number, expected[-1], example(table, trial)))
            return


def _note_hidden(
    number: int,
    outcomes: Iterator[tuple[list[Any], list[int]]],
    findings: Findings,
    *,
    certain: bool,
) -> None:
    blocking = number
    for _, expected in outcomes:
        if expected[0] == number:
            return
        blocking = expected[0]
    if certain and blocking != number:
        findings.hidden.append((number, blocking))


def _try_gaps(table: Table, pools: list[list[Any]], findings: Findings) -> None:
    if any(not row.cells for row in table.rows):
        return
    if _size(pools) * len(table.rows) > MOST_GAP_TRIALS:
        return
    for trial in map(list, itertools.product(*pools)):
        if not _expected(table, trial):
            findings.gap = example(table, trial)
            return


def _spread(pools: list[list[Any]]) -> Iterator[list[Any]]:
    """Yield every combination, in an order that varies all inputs from the beginning."""
    size = _size(pools)
    step = next(
        step for step in range(max(size * 5 // 8, 1), size + 2) if math.gcd(step, size) == 1
    )
    for number in range(size):
        rest = number * step % size
        trial = []
        for pool in pools:
            rest, index = divmod(rest, len(pool))
            trial.append(pool[index])
        yield trial


def _size(pools: list[list[Any]]) -> int:
    return math.prod(len(pool) for pool in pools)


def _expected(table: Table, trial: list[Any]) -> list[int]:
    return numbers_in(table.index.fitting(trial))


def example(table: Table, trial: list[Any]) -> str:
    """Return a trial as people write it."""
    pairs = zip(table.inputs, trial, strict=True)
    return "、".join(f"{item.label or item.field}={shown(item, value)}" for item, value in pairs)


def row_examples(table: Table) -> Iterator[tuple[int, dict[str, Any], bool]]:
    """Yield for every row (from 1) one example of its own and whether the table answers with that row.

    The example is the first of the row's trials that no earlier row takes; where there is none, the first.
    """
    pools = [representatives(table, item) for item in table.inputs]
    for number, row in enumerate(table.rows):
        trials = itertools.islice(_spread(_fitting(table, row, pools)), MOST_ROW_TRIALS // 10)
        first: list[Any] | None = None
        own = None
        for trial in trials:
            first = first or trial
            if _expected(table, trial)[:1] == [number]:
                own = trial
                break
        chosen = own or first or []
        values = {item.field: value for item, value in zip(table.inputs, chosen, strict=False)}
        yield number + 1, values, own is not None
