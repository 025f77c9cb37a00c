"""What a step costs in a wide instance, over what it costs in a narrow one, measured in turns.

`join_50` submits the branches of an AND join of 50, `instance_1000` the units of an instance with 1,000 open;
the small ones have two of each.
"""

import itertools
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes import actions

TICK = timedelta(milliseconds=20)
SYSTEM = Actor("system:bench")
SAMPLES = 96


@dataclass(slots=True)
class Place:
    """Who works where, and the moment it is."""

    by: Actor
    unit_id: int
    at: datetime


def ratios(place: Place, conninfo: str) -> dict[str, float]:
    """Return the cost of a step in each wide instance over that in a narrow one."""
    return {
        "join_50": _ratio(place, conninfo, ("bench.wide", {}), ("bench.narrow", {})),
        "instance_1000": _ratio(
            place, conninfo, ("bench.crowd", {"size": 1000}), ("bench.crowd", {"size": 2})
        ),
    }


Kind = tuple[str, Mapping[str, Any]]


def _ratio(place: Place, conninfo: str, wide: Kind, narrow: Kind) -> float:
    """Submit in turns, in a wide instance and in narrow ones; the last branch of each is left out.

    All are started before the first turn: a step right after the start of its instance finds everything at hand.
    """
    of_wide, of_narrow = (
        list(itertools.islice(_units(place, kind), SAMPLES)) for kind in (wide, narrow)
    )
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    costs: tuple[list[float], list[float]] = ([], [])
    for pair in zip(of_wide, of_narrow, strict=True):
        for unit, cost in zip(pair, costs, strict=True):
            place.at += TICK
            since = time.perf_counter()
            actions.submit(unit, {}, by=place.by, at=place.at)
            cost.append(time.perf_counter() - since)
    return round(statistics.median(costs[0]) / statistics.median(costs[1]), 3)


def _units(place: Place, kind: Kind) -> Iterator[int]:
    """Yield units to submit, of instances started when they are needed; the last unit of each stays open."""
    key, variables = kind
    while True:
        begun = actions.start_process(
            definition_key=key,
            subject="bench:1",
            root="bench:1",
            org_unit_id=place.unit_id,
            variables=variables,
            by=SYSTEM,
            at=place.at,
        )
        yield from [unit.id for unit in begun.opened][:-1]
