"""Which customers a person may see: the one place that every question about customers asks (SEC-01).

A file is seen by whoever may view customers where it is kept. In org units where portfolios bind (pack data) it is
seen only by its owner, by who stands in for the owner, and by those who sign there. A file grant opens one file to
one person for a time, wherever it is kept. Whatever is not seen is not there: not in lists, counts, files or streams.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.db.models import Q

from bihuan.domain.customers.queries.profile_rules import KIND
from bihuan.domain.org.ports import Access, UnitTree
from bihuan.domain.packs import queries as packs
from bihuan.kit import db

VIEW: Final = "customer.view"
SIGN: Final = "customer.sign"

# What is in force, and what was opened to somebody: one statement for every question about customers.
_ASKED: Final = """
select array(select id from packs_definition
        where kind = %(kind)s and status = 'PUBLISHED' order by id),
    array(select customer_id from customers_filegrant
          where staff_id = %(staff)s and ended_at is null
            and granted_from <= %(at)s and granted_until > %(at)s)
"""
_PLACES: Final = """
select id, unit_id, owner_id,
    array(select staff_id from customers_filegrant g where g.customer_id = c.id
          and ended_at is null and granted_from <= %(at)s and granted_until > %(at)s)
from customers_customer c where id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file is kept, whose it is, and to whom it was opened."""

    unit_id: int
    owner_id: int | None = None
    opened_to: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose files one person sees at one moment.

    Everything kept in `units` (`everywhere`: all of them), what `owners` look after in `bound` units, and the files
    `granted`.
    """

    everywhere: bool = False
    units: tuple[int, ...] = ()
    bound: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    granted: tuple[int, ...] = ()

    def holds(self, customer_id: int, place: Place) -> bool:
        """Tell whether a file is seen."""
        mine = place.unit_id in self.bound and place.owner_id in self.owners
        free = self.everywhere or place.unit_id in self.units
        return free or mine or customer_id in self.granted

    def condition(self, prefix: str = "") -> Q:
        """Return the same as a filter; `prefix` leads to the customer (`left__`)."""
        if self.everywhere:
            return Q()
        found = Q((f"{prefix}unit_id__in", self.units))
        if self.bound:
            bound = {f"{prefix}unit_id__in": self.bound, f"{prefix}owner_id__in": self.owners}
            found |= Q(**bound)
        return found | Q((f"{prefix}id__in", self.granted)) if self.granted else found

    def sql(self, alias: str = "c") -> tuple[str, Mapping[str, Any]]:
        """Return the same as SQL over `alias` with the parameters it names."""
        if self.everywhere:
            return "true", {}
        text = (
            f"({alias}.unit_id = any(%(reach_units)s)"
            f" or ({alias}.unit_id = any(%(reach_bound)s) and {alias}.owner_id = any(%(reach_owners)s))"
            f" or {alias}.id = any(%(reach_granted)s))"
        )
        values = {
            "reach_units": list(self.units),
            "reach_bound": list(self.bound),
            "reach_owners": list(self.owners),
            "reach_granted": list(self.granted),
        }
        return text, values


NOTHING: Final = Reach()


def reach_of(access: Access) -> Reach:
    """Return whose files a person sees; nobody's without the verb, whatever was opened to them."""
    if not access.may(VIEW):
        return NOTHING
    row = db.one(_ASKED, {"kind": KIND, "staff": access.staff_id, "at": access.at})
    in_force, granted = row or ((), ())
    scope = access.scope(VIEW)
    binding = _binding(access.tree, tuple(in_force))
    signs = access.scope(SIGN)
    closed = frozenset(unit for unit in binding if unit not in signs)
    if scope.everywhere and not closed:
        return Reach(everywhere=True)
    return Reach(
        units=tuple(unit for unit in scope.unit_ids if unit not in closed),
        bound=tuple(unit for unit in scope.unit_ids if unit in closed),
        owners=(access.staff_id, *access.delegated_from),
        granted=tuple(granted),
    )


def may_open(access: Access, customer_id: int) -> bool:
    """Tell whether a person sees this file; the caller asks about the one that goes on (`survivor_of`)."""
    place = places([customer_id], access.at).get(customer_id)
    return place is not None and reach_of(access).holds(customer_id, place)


def places(customer_ids: Collection[int], at: datetime | None) -> dict[int, Place]:
    """Return where some files are and whose; for deciding who may know, never for showing."""
    rows = db.rows(_PLACES, {"ids": list(customer_ids), "at": at})
    return {key: Place(unit, owner, frozenset(staff)) for key, unit, owner, staff in rows}


def binds_in(tree: UnitTree, unit_id: int) -> bool:
    """Tell whether portfolios bind in an org unit."""
    row = db.one(_ASKED, {"kind": KIND, "staff": 0, "at": None})
    return row is not None and unit_id in _binding(tree, tuple(row[0]))


def _binding(tree: UnitTree, in_force: tuple[int, ...]) -> frozenset[int]:
    """Return the org units in which portfolios bind, those below the ones that packs name included."""
    if not in_force:
        return frozenset()
    named = (tree.by_code.get(code) for code in _named(in_force))
    return frozenset(unit for one in named if one is not None for unit in tree.under(one.id))


@lru_cache(maxsize=16)
def _named(_in_force: tuple[int, ...]) -> tuple[str, ...]:
    found = packs.definitions(kind=KIND)
    return tuple(code for one in found for code in one.compiled.get("bound_units", ()))
