"""The names of the facts that escalations record, and the values its verbs pass around."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Protocol

ESCALATED = "case.escalated"
REPEATED = "case.escalation_repeated"
ACKNOWLEDGED = "case.escalation_acknowledged"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told: whoever works on it, or the holders of a post, nearest first up the tree.

    `at` is a `Place` or the code of an org unit.
    """

    post: str = ""
    at: str = "handling"
    assignee: bool = False


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One step: when (exactly one of `used`, `reworks` and `grade`), how high, who is told.

    `repeat` is a limit like `30m`: told again that often until somebody acknowledges.
    """

    code: str
    used: str = ""
    reworks: int = 0
    grade: str = ""
    level: int = 0
    to: tuple[Recipient, ...] = ()
    repeat: str = ""
    calendar: str = ""
    urgent: bool = False


class Concerned(Protocol):
    """What decides whether a ladder is for a matter."""

    @property
    def pack(self) -> str:
        """Return its pack."""

    @property
    def request_type(self) -> str:
        """Return what kind of business it is."""

    @property
    def grade(self) -> str:
        """Return how grave it is."""

    @property
    def class_code(self) -> str:
        """Return its class."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """A ladder as a pack defines it. `applies` narrows it by request type, grade and class."""

    key: str
    pack: str
    title: str
    watch: frozenset[str]
    levels: tuple[str, ...]
    steps: tuple[LadderStep, ...]
    applies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    quiet_from: time | None = None
    quiet_until: time | None = None

    @classmethod
    def from_json(cls, key: str, pack: str, data: Mapping[str, Any]) -> "Ladder":
        """Return a ladder from what the pack part compiled."""
        quiet = data["quiet"]
        return cls(
            key=key,
            pack=pack,
            title=data["title"],
            watch=frozenset(data["watch"]),
            levels=tuple(data["levels"]),
            steps=tuple(_step(one) for one in data["steps"]),
            applies=data["for"],
            quiet_from=time.fromisoformat(quiet[0]) if quiet else None,
            quiet_until=time.fromisoformat(quiet[1]) if quiet else None,
        )

    def is_for(self, matter: Concerned) -> bool:
        """Tell whether it is for a matter: of its pack, and every narrowing holds."""
        said = self.applies
        return (
            self.pack == matter.pack
            and _one_of(matter.request_type, said.get("request_type"))
            and _one_of(matter.grade, said.get("grade"))
            and _under(matter.class_code, said.get("class"))
        )

    def step(self, code: str) -> LadderStep | None:
        """Return the step with this code, None when the ladder has changed since."""
        return next((one for one in self.steps if one.code == code), None)

    def level_name(self, level: int) -> str:
        """Return what people call a level: 一般, 较大, 重大."""
        if not 1 <= level <= len(self.levels):
            return ""
        return self.levels[level - 1]


def _one_of(value: str, wanted: Sequence[str] | None) -> bool:
    return not wanted or value in wanted


def _under(code: str, wanted: Sequence[str] | None) -> bool:
    """Tell whether a class is one of those named or below one."""
    if not wanted:
        return True
    return any(f"{code}.".startswith(f"{one}.") for one in wanted)


def _step(data: Mapping[str, Any]) -> LadderStep:
    to = tuple(Recipient(**one) for one in data["to"])
    return LadderStep(**{**data, "to": to})


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why a step is looked at now: `key` tells one occasion from another (`unit:7`, `rework:2`)."""

    cause: str
    key: str
    at: datetime
    unit_id: int | None = None
    assignee_id: int | None = None
    node: str = ""
