"""A random process as a tree of blocks."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a block is. Its parts are blocks; the first is the main one where there are two ways."""

    UNIT = "unit"
    WAIT = "wait"
    LINE = "line"
    ALL = "all"
    ANY = "any"
    ONE = "one"
    AGAIN = "again"
    BOX = "box"
    GUARDED = "guarded"
    LISTEN = "listen"
    RACE = "race"
    SHOUT = "shout"
    CALL = "call"


class Inside(StrEnum):
    """What lies in a sub-process, besides its parts."""

    PLAIN = "plain"
    SCATTERED = "scattered"  # branches that end each for itself
    STOPPING = "stopping"  # the last branch ends in a terminate event
    FAILING = "failing"  # may end in an error, caught at the border
    RISING = "rising"  # throws an escalation half way


@dataclass(frozen=True, slots=True)
class Several:
    """A multi-instance activity: `times` is a number, or `people` for the list variable."""

    times: str = "2"
    sequential: bool = False
    until: str = ""


@dataclass(frozen=True, slots=True)
class Guard:
    """An event on the border of a block: `what` is timer, message, signal, error or escalation.

    `text` is a timer's time, or the name of the message or signal.
    """

    what: str
    interrupting: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `name` is the id of its main node; the others are made from it.

    `text` names the message or signal of LISTEN, RACE and SHOUT, and the process that CALL calls.
    """

    kind: Kind
    name: str
    parts: tuple["Block", ...] = ()
    inside: Inside = Inside.PLAIN
    several: Several | None = None
    guard: Guard | None = None
    limit: str = ""
    text: str = ""

    def walk(self) -> Iterator["Block"]:
        """Yield this block and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()


VARIABLES: Final = ("odd", "again", "fail")
"""Read by conditions, set anew with every submit."""
CONSTANTS: Final = ("c1", "c2")
"""Read by OR splits; they stay as they were at the start, so that a split is known from the outside."""
MESSAGES: Final = ("m0", "m1", "m2")
SIGNALS: Final = ("s0", "s1", "s2")
ON_THE_WAY: Final = ("m2", "s2")
"""Awaited in the flow, the others at borders: so a message that is sent moves the flow on."""
LIMITS: Final = ("", "", "1h", "2h", "1wd", "PT6H", "30m")
SIDES: Final = (
    Guard("timer", interrupting=False, text="PT3H"),
    Guard("timer", interrupting=False, text="R3/PT2H"),
)
ENDS: Final = (
    Guard("timer", interrupting=True, text="PT9H"),
    Guard("timer", interrupting=True, text="R2/PT11H"),
)


HEARD: Final = tuple(
    Guard(what, interrupting=interrupting, text=name)
    for what, names in (("message", MESSAGES), ("signal", SIGNALS))
    for name in names
    if name not in ON_THE_WAY
    for interrupting in (False, True)
)


class Grower:
    """Grows a random tree. `callees` are the processes that it may call."""

    def __init__(self, dice: random.Random, callees: tuple[str, ...] = ()) -> None:
        self.dice = dice
        self.callees = callees
        self.count = 0

    def process(self, size: int) -> Block:
        """Return a process of about `size` units, with a unit first and last so that something can be returned."""
        parts = (self.unit(), self.grow(size), self.unit())
        return self._block(Kind.LINE, parts)

    def called(self, size: int) -> Block:
        """Return a process to be called, of about `size` units; its end may be an error, for its caller to catch."""
        return self._block(Kind.LINE, (self.unit(), self.grow(size)), inside=Inside.FAILING)

    def grow(self, size: int) -> Block:
        """Return a block of about `size` units."""
        if size <= 1:
            return self._leaf()
        kinds: dict[Callable[[int], Block], int] = {
            self._line: 4, self._all: 4, self._any: 3, self._one: 3, self._again: 2,
            self._box: 5, self._timed: 3, self._race: 1,
        }  # fmt: skip
        return self.dice.choices(list(kinds), list(kinds.values()))[0](size)

    def unit(self, *, plain: bool = False) -> Block:
        """Return a unit, now and then one for several people."""
        several = None if plain or self.dice.random() > 0.15 else self._several()
        return self._block(Kind.UNIT, several=several, limit=self.dice.choice(LIMITS))

    # ------------------------------------------------------------ blocks
    def _leaf(self) -> Block:
        luck = self.dice.random()
        if luck < 0.08:
            return self._block(Kind.WAIT)
        if luck < 0.14:
            return self._block(Kind.LISTEN, text=self.dice.choice(ON_THE_WAY))
        if luck < 0.2:
            return self._block(Kind.SHOUT, text=self.dice.choice(MESSAGES + SIGNALS))
        if luck < 0.34 and self.callees:
            return self._call()
        return self._timed(1) if self.dice.random() < 0.2 else self.unit()

    def _line(self, size: int) -> Block:
        return self._block(Kind.LINE, self._parts(size, self.dice.choice((2, 2, 3))))

    def _all(self, size: int) -> Block:
        return self._block(Kind.ALL, self._parts(size, self.dice.choice((2, 2, 3))))

    def _any(self, size: int) -> Block:
        return self._block(Kind.ANY, self._parts(size, 3 if size > 2 else 2))

    def _one(self, size: int) -> Block:
        return self._block(Kind.ONE, self._parts(size, 2))

    def _again(self, size: int) -> Block:
        # A round without a unit would go on as long as the clock does.
        body = self._block(Kind.LINE, (self.unit(), self.grow(size - 1)))
        return self._block(Kind.AGAIN, (body,))

    def _box(self, size: int) -> Block:
        inside = self.dice.choice(list(Inside))
        if inside is Inside.PLAIN or inside is Inside.FAILING:
            parts: tuple[Block, ...] = (self.grow(size),)
        else:
            parts = self._parts(size, 2)
        several = self._several() if self.dice.random() < 0.2 else None
        guard = None
        if inside is Inside.FAILING:
            guard = Guard("error", interrupting=True)
        elif inside is Inside.RISING:
            guard = Guard("escalation", interrupting=self.dice.random() < 0.5)
        box = self._block(Kind.BOX, parts, inside=inside, several=several)
        return self._guarded(box, guard) if guard else box

    def _race(self, size: int) -> Block:
        return self._block(Kind.RACE, self._parts(size, 2), text=ON_THE_WAY[0])

    def _call(self) -> Block:
        several = self._several() if self.dice.random() < 0.2 else None
        call = self._block(Kind.CALL, several=several, text=self.dice.choice(self.callees))
        return self._guarded(call, Guard("error", interrupting=True))

    def _timed(self, size: int) -> Block:
        guard = self.dice.choice((*SIDES, *ENDS, self.dice.choice(HEARD)))
        host = self.unit() if size <= 1 else self._plain_box(size)
        return self._guarded(host, guard)

    def _plain_box(self, size: int) -> Block:
        several = self._several() if self.dice.random() < 0.2 else None
        return self._block(Kind.BOX, (self.grow(size),), several=several)

    def _guarded(self, host: Block, guard: Guard) -> Block:
        return self._block(Kind.GUARDED, (host, self.unit(plain=True)), guard=guard)

    # ------------------------------------------------------------ inside
    def _several(self) -> Several:
        times = self.dice.choice(("2", "3", "people"))
        until = self.dice.choice(("", "", "nrOfCompletedInstances >= 2", "odd == 1"))
        return Several(times, self.dice.random() < 0.4, until)

    def _parts(self, size: int, number: int) -> tuple[Block, ...]:
        share = max(1, size // number)
        return tuple(self.grow(share) for _ in range(number))

    def _block(self, kind: Kind, parts: tuple[Block, ...] = (), **others: object) -> Block:
        self.count += 1
        return Block(kind, f"{kind}{self.count}", parts, **others)  # type: ignore[arg-type]
