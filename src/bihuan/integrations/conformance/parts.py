"""What a hunt has at hand: where and by whom units are worked, what is in force, what was done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.engines.bpmn.model import Process
from bihuan.engines.bpmn.run_state import SEQUENCE_BITS

Place = tuple[int, int]
"""Which instance of a root is meant, counted from 0, and which token of it; 0 is the instance itself."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Where and by whom the units are worked."""

    org_unit_id: int
    people: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a process that is put in force."""

    id: int
    process: Process


Deployed = Mapping[str, tuple[Definition, Definition]]


@dataclass(frozen=True, slots=True)
class Done:
    """Something done, said so that it can be done again to another instance."""

    at: datetime
    verb: str
    target: Place
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def place_of(ids: list[int], target: int) -> Place:
    """Return where an instance or token lies among the instances of its root."""
    if target in ids:
        return ids.index(target), 0
    base = target >> SEQUENCE_BITS
    return ids.index(base), target - (base << SEQUENCE_BITS)


def target_at(ids: list[int], place: Place) -> int:
    """Return the instance or token at a place among the instances of another root."""
    number, sequence = place
    return (ids[number] << SEQUENCE_BITS) + sequence if sequence else ids[number]
