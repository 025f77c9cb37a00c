"""`bihuan bench decisions`: how many decision tables are evaluated in a second, and how near that is to the limit.

The limit is the index alone, asked with values that are ready: no table can be decided faster. Both are measured in
turns in one process, by the CPU time they take, so that other work on the machine weighs on both alike.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

import click

from bihuan.config import console
from bihuan.engines import decisions
from bihuan.engines.decisions.model import Cell, Hit, Input, InputType, Op, Output, Row, Table

KINDS: Final = ("COMPLAINT", "FAULT", "INQUIRY", "PRAISE", "REPORT", "RECONNECTION")
TIERS: Final = ("VIP", "IMPORTANT", "PLAIN")
WANTED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Evaluations in a second of CPU time, and those of the index alone."""

    rate: float
    limit: float


@click.command()
@click.option("--turns", type=console.COUNT, default=15, show_default=True, help="Turns of each.")
@click.option("--size", type=console.COUNT, default=4000, show_default=True, help="In each turn.")
@console.as_json
@console.offline
def command(turns: int, size: int, *, as_json: bool) -> None:
    """Evaluate decision tables, of 12 rows and of 60, in one process of Python.

    `rate` is the slower table's, in evaluations per second of CPU time; `ratio` is how near it comes to the index alone.
    """
    found = {name: _measured(table, turns, size) for name, table in _tables().items()}
    slowest = min(found.values(), key=lambda one: one.rate)
    keys: dict[str, object] = {
        "rate": round(slowest.rate),
        "limit": round(slowest.limit),
        "ratio": round(slowest.rate / slowest.limit, 3),
        "wanted": WANTED,
        "tables": {
            name: {"rate": round(one.rate), "ratio": round(one.rate / one.limit, 3)}
            for name, one in found.items()
        },
    }
    console.report(keys, as_json=as_json)


def _measured(table: Table, turns: int, size: int) -> Measured:
    values = list(_asked(table))
    known = [[one[item.field] for item in table.inputs] for one in values]
    of_ours, of_index = [], []
    for _ in range(turns):
        of_ours.append(_seconds(lambda one: decisions.decide(table, one), values, size))
        of_index.append(_seconds(table.index.fitting, known, size))
    ours, index = (size / statistics.median(costs) for costs in (of_ours, of_index))
    return Measured(ours, index)


def _seconds(ask: Callable[[Any], object], asked: list[Any], size: int) -> float:
    forms = cycle(asked)
    since = time.process_time()
    for _ in range(size):
        ask(next(forms))
    return time.process_time() - since


def _asked(table: Table) -> Iterator[Mapping[str, Any]]:
    """Yield values that rows all over the table fit."""
    for number in range(97):
        yield {
            "kind": KINDS[number % len(KINDS)],
            "tier": TIERS[number % len(TIERS)],
            "amount": number * 37 % 1000,
            "days": number % 30,
            "is_new": number % 2 == 0,
            "region": f"R{number % 10}",
        }


def _tables() -> dict[str, Table]:
    """Return a table such as packs have, of three inputs, and a large one of six."""
    three = (
        Input("kind", type=InputType.TEXT),
        Input("tier", type=InputType.TEXT),
        Input("amount", type=InputType.NUMBER),
    )
    six = (
        *three,
        Input("days", type=InputType.NUMBER),
        Input("is_new", type=InputType.BOOLEAN),
        Input("region", type=InputType.TEXT),
    )
    return {"12_rows": _table(three, 12), "60_rows": _table(six, 60)}


def _table(inputs: tuple[Input, ...], rows: int) -> Table:
    made = [_row(number, inputs) for number in range(rows - 1)]
    last = Row({}, {"limit": "3wd"})
    outputs = (Output("limit", type=InputType.TEXT),)
    return Table(f"bench{rows}", f"{rows} 行", Hit.FIRST, inputs, outputs, (*made, last))


def _row(number: int, inputs: tuple[Input, ...]) -> Row:
    cells = {
        "kind": Cell(Op.IS, (KINDS[number % len(KINDS)],)),
        "tier": Cell(Op.IN, TIERS[: 1 + number % 2]),
        "amount": Cell(Op.GE, (number * 16 % 1000,)),
        "days": Cell(Op.BETWEEN, (number % 20, number % 20 + 10)),
        "is_new": Cell(Op.IS, (number % 2 == 0,)),
        "region": Cell(Op.NOT, (f"R{number % 10}",)),
    }
    looked_at = {item.field for item in inputs}
    return Row({k: cell for k, cell in cells.items() if k in looked_at}, {"limit": f"{number}h"})
