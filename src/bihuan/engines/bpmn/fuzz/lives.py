"""What may happen to an instance: random moves, drawn before the first is made.

A move names no token, only shares by which something is picked from what is there. So any list of moves can be
played again, and one that ends in a violation can be made shorter by leaving moves out.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar

from bihuan.engines.bpmn.fuzz.blocks import CONSTANTS, Block, Grower, Kind
from bihuan.engines.bpmn.fuzz.drawing import Drawing, groups_of, xml
from bihuan.engines.bpmn.fuzz.marking import Violation
from bihuan.engines.bpmn.fuzz.versions import later

T = TypeVar("T")

UNITS_AT_MOST: Final = 9
CALLED_AT_MOST: Final = 3
MOVES_PER_LIFE: Final = 60
ATTEMPTS: Final = 80
TOLD: Final = 3
"""So many violations of a hunt are made short and told whole."""
AFRESH: Final = 0.7
HOUR: Final = timedelta(hours=1)
LAST: Final = {"odd": 1, "again": 0, "fail": 0}
"""Submitted with these, every loop is left and nothing fails."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to try, after some time has passed."""

    operation: str
    after: timedelta
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a random process. `became` says which unit of the first version is which here."""

    drawing: Drawing
    became: dict[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Block:
        """Its blocks."""
        return self.drawing.tree

    @property
    def units(self) -> list[str]:
        """Its units, as drawn."""
        return [block.name for block in self.tree.walk() if block.kind is Kind.UNIT]

    def around(self, node: str) -> list[str]:
        """Return the splits a node lies in, with the branch it lies in, outermost first."""
        return _around(self.tree, node) or []


@dataclass(frozen=True, slots=True)
class Diagram:
    """A random process with those it calls, each in two versions, and the variables it starts with."""

    key: str
    versions: dict[str, tuple[Version, Version]]
    variables: dict[str, Any]

    @property
    def xml(self) -> str:
        """The file of the first versions; the process that is started comes first."""
        return xml(*(first.drawing for first, _ in self.versions.values()))

    @property
    def later_xml(self) -> str:
        """The file of the second versions."""
        return xml(*(second.drawing for _, second in self.versions.values()))


@dataclass(slots=True)
class Report:
    """What a hunt came to."""

    operations: int = 0
    diagrams: int = 0
    done: dict[str, int] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Count another hunt in."""
        self.operations += other.operations
        self.diagrams += other.diagrams
        self.violations += other.violations
        for name, times in other.done.items():
            self.count(name, times)

    def count(self, name: str, times: int = 1) -> None:
        """Count something done."""
        self.done[name] = self.done.get(name, 0) + times


class Nothing(Exception):
    """There is nothing to pick from; the move is not made."""


def diagram(seed: str) -> Diagram:
    """Return the process of a seed."""
    dice = random.Random(seed)  # noqa: S311 -- chance, not secrecy
    key = "fuzz_" + "".join(letter if letter.isalnum() else "_" for letter in seed)
    callees = tuple(f"{key}_c{number}" for number in range(dice.choice((0, 1, 2))))
    main = Grower(dice, callees).process(dice.randint(1, UNITS_AT_MOST))
    trees = {key: main}
    for number, callee in enumerate(callees):
        # A process calls only those after it, so that no calls go round in a circle.
        trees[callee] = Grower(dice, callees[number + 1 :]).called(dice.randint(1, CALLED_AT_MOST))
    versions = {name: _versions(name, tree, dice) for name, tree in trees.items()}
    return Diagram(key, versions, variables(dice))


def _versions(key: str, tree: Block, dice: random.Random) -> tuple[Version, Version]:
    first = Drawing(key, tree, groups_of(tree, dice))
    second, became = later(first, dice)
    return Version(first), Version(second, became)


def variables(dice: random.Random) -> dict[str, Any]:
    """Return what an instance starts with."""
    people = ["甲", "乙", "丙"][: dice.choice((2, 3))]
    constants = {name: dice.choice((0, 1)) for name in CONSTANTS}
    return {"odd": 1, "again": 0, "fail": 0, "people": people, **constants}


def moves(seed: str, weights: dict[str, int], count: int = MOVES_PER_LIFE) -> list[Move]:
    """Return the moves of one life."""
    dice = random.Random(seed)  # noqa: S311 -- chance, not secrecy
    operations = dice.choices(list(weights), list(weights.values()), k=count)
    return [
        Move(
            operation,
            timedelta(minutes=round(dice.expovariate(1 / 25), 2)),
            tuple(dice.random() for _ in range(4)),
        )
        for operation in operations
    ]


def shares(operations: int, parts: int) -> list[int]:
    """Return how many of so many operations fall to each part."""
    return [operations * (n + 1) // parts - operations * n // parts for n in range(parts)]


def lengths(operations: int) -> list[int]:
    """Return how long the lives are that so many operations make."""
    whole, rest = divmod(operations, MOVES_PER_LIFE)
    return [MOVES_PER_LIFE] * whole + ([rest] if rest else [])


def pick(share: float, found: Sequence[T]) -> T:
    """Return the one at this share of a list."""
    if not found:
        raise Nothing
    return found[int(share * len(found))]


def submitted(share: float) -> dict[str, int]:
    """Return the variables a submit sets."""
    number = int(share * 1000)
    return {"odd": number % 2, "again": int(number % 4 == 0), "fail": int(number % 5 == 0)}


def shorter(made: Sequence[Move], fails: Callable[[Sequence[Move]], bool]) -> list[Move]:
    """Return a short list of moves that still fails, found by leaving out ever smaller pieces."""
    found, size, attempts = list(made), max(1, len(made) // 2), 0
    while attempts < ATTEMPTS:
        start, less = 0, False
        while start < len(found) and attempts < ATTEMPTS:
            rest = found[:start] + found[start + size :]
            attempts += 1
            if fails(rest):
                found, less = rest, True
            else:
                start += size
        if size == 1 and not less:
            break
        size = max(1, size // 2)
    return found


def must_end(step: Callable[[], bool], limit: int = 400) -> None:
    """Let an instance be finished by doing what is open, or raise `Violation` when it never is."""
    for _ in range(limit):
        if step():
            return
    raise Violation("does not come to its end although everything open is done")


def _around(block: Block, node: str) -> list[str] | None:
    if block.name == node and block.kind is Kind.UNIT:
        return []
    for number, part in enumerate(block.parts):
        found = _around(part, node)
        if found is not None:
            own = f"{block.name}:{number}" if _is_split(block, number) else ""
            return [own, *found] if own else found
    return None


def _is_split(block: Block, number: int) -> bool:
    """Whether a part lives beside others: one may not be left for another without leaving a gap."""
    beside = block.kind in {Kind.ALL, Kind.ANY, Kind.BOX}
    return beside or (block.kind is Kind.GUARDED and number == 1)
