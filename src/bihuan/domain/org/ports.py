"""What org hands to others: the unit tree and what one person may do, both frozen values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from bihuan.domain.ledger.events import Actor
from bihuan.kit.registry import Registry


@dataclass(frozen=True, slots=True)
class Unit:
    """One org unit; `path` is `/1/4/`, the ids from the root down to itself."""

    id: int
    code: str
    name: str
    parent_id: int | None
    path: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a verb applies: everywhere, or in these units (possibly none)."""

    everywhere: bool
    unit_ids: tuple[int, ...]

    def __contains__(self, unit_id: int) -> bool:
        return self.everywhere or unit_id in self.unit_ids


NOWHERE = Scope(everywhere=False, unit_ids=())
EVERYWHERE = Scope(everywhere=True, unit_ids=())


class UnitTree:
    """All units as they were at one revision of the organisation. Shared and never changed."""

    def __init__(self, units: Sequence[Unit], *, revision: int = 0) -> None:
        self.revision = revision
        self.units: Mapping[int, Unit] = MappingProxyType({unit.id: unit for unit in units})
        self.by_code: Mapping[str, Unit] = MappingProxyType({unit.code: unit for unit in units})
        self._scopes: dict[tuple[str, ...], Scope] = {}

    def under(self, unit_id: int) -> tuple[int, ...]:
        """Return the ids of a unit and everything below it; nothing for an unknown unit."""
        unit = self.units.get(unit_id)
        return self.scope((unit.path,)).unit_ids if unit else ()

    def scope(self, prefixes: tuple[str, ...]) -> Scope:
        """Return the units whose paths begin with any of the prefixes."""
        known = self._scopes.get(prefixes)
        if known is None:
            inside = tuple(u.id for u in self.units.values() if u.path.startswith(prefixes))
            everywhere = bool(inside) and len(inside) == len(self.units)
            known = self._scopes[prefixes] = Scope(everywhere, inside)
        return known

    def is_under(self, unit_id: int, prefixes: tuple[str, ...]) -> bool:
        """Tell whether a unit lies in one of the subtrees; an unknown unit lies in none."""
        unit = self.units.get(unit_id)
        return unit is not None and unit.path.startswith(prefixes)


EMPTY_TREE = UnitTree(())
PostHeld = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Access:
    """What one staff member may do at one moment.

    `grants` maps a verb to the path prefixes of the subtrees it applies in. `posts` are the pairs
    (post code, unit id) whose work this person may take: their own, and those of the colleagues they
    cover. `delegated_from` are those colleagues; `covered` says which posts came from whom. `at` is the
    moment asked about: what was granted for a time is over when it is (decision 0340).
    """

    staff_id: int
    name: str = ""
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    posts: tuple[PostHeld, ...] = ()
    own_posts: tuple[PostHeld, ...] = ()
    delegated_from: tuple[int, ...] = ()
    covered: Mapping[int, tuple[PostHeld, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    tree: UnitTree = field(default=EMPTY_TREE, repr=False, compare=False)
    at: datetime | None = field(default=None, repr=False, compare=False)

    @property
    def ref(self) -> str:
        """Return the reference that facts carry, `staff:12`."""
        return f"staff:{self.staff_id}"

    def may(self, verb: str, unit_id: int | None = None) -> bool:
        """Tell whether the verb is allowed in a unit, or anywhere at all when no unit is named."""
        prefixes = self.grants.get(verb)
        if not prefixes:
            return False
        return unit_id is None or self.tree.is_under(unit_id, prefixes)

    def may_in_any(self, verb: str, *unit_ids: int | None) -> bool:
        """Tell whether the verb is allowed in one of some units; None is no unit."""
        return any(unit_id is not None and self.may(verb, unit_id) for unit_id in unit_ids)

    def scope(self, verb: str) -> Scope:
        """Return where the verb is allowed, to filter a list with."""
        prefixes = self.grants.get(verb)
        return self.tree.scope(prefixes) if prefixes else NOWHERE

    def behind(self, post: PostHeld) -> int | None:
        """Return the colleague whose post this is, or None when it is one's own or nobody's."""
        if post in self.own_posts:
            return None
        return next((staff for staff, posts in self.covered.items() if post in posts), None)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in comes from, as far as the request tells."""

    ip: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """Something that a shift must hand over: `subject` is a ref, `why` a few words."""

    subject: str
    number: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanStarted:
    """A contingency plan was started; `tell` are the posts whose holders must know at once."""

    run_id: int
    unit_id: int
    title: str
    reason: str
    is_drill: bool
    tell: tuple[str, ...]
    by: Actor
    at: datetime


OPEN_MATTERS: Registry[Callable[[Sequence[int], datetime], Sequence[OpenMatter]]] = Registry(
    "source of open matters"
)
"""By app: what is open in some org units at a moment, the most urgent first, when a shift is handed over."""

DAY_FIGURES: Registry[Callable[[Sequence[int], datetime, datetime], Sequence[tuple[str, int]]]] = (
    Registry("source of a day's figures")
)
"""By app: (title, count) of what happened in some org units in a half-open period, for the daily sheet."""

PLANS_STARTED: Registry[Callable[[PlanStarted], None]] = Registry("follower of plans")
"""By app: told in the same transaction when a contingency plan was started."""

LEAVES_ENDED: Registry[Callable[[int, Actor, datetime], None]] = Registry("follower of leaves")
"""By app: told (leave, by whom, when) in the same transaction when somebody is back early or never went."""
