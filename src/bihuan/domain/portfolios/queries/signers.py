"""Who signs for customers kept in an org unit, and what may be said of a file that stays closed."""

from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.customers.queries import survivor_of
from bihuan.domain.customers.queries.reach import SIGN, VIEW, Place, places, reach_of
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.notation import NotAPhone, read_phone

_WITH_NUMBER = """
select distinct c.id from customers_contactpoint p join customers_customer c on c.id = p.customer_id
where p.kind = 'PHONE' and p.value_norm = %s and c.merged_into_id is null order by 1 limit 20
"""


@dataclass(frozen=True, slots=True)
class ClosedFile:
    """That a customer is known, where and with whom; nothing of the file itself."""

    customer_id: int
    unit: str
    owner: str

    @property
    def number(self) -> str:
        """Return the number a closed file is asked for by."""
        return f"C-{self.customer_id:06d}"


def signers(unit_id: int, at: datetime) -> list[int]:
    """Return who signs in the nearest org unit upwards that has somebody."""
    tree = org.tree()
    unit = tree.units.get(unit_id)
    while unit is not None:
        if found := org.staff_who_may(SIGN, unit.id, at):
            return found
        unit = tree.units.get(unit.parent_id or 0)
    return []


def closed_file(access: Access, customer_id: int) -> ClosedFile | None:
    """Return what may be said of a file this person does not see; None when they see it, or may not know of it.

    Known are customers of one's own organisation only, never of another one on the same installation.
    """
    standing = survivor_of(customer_id)
    place = places([standing], access.at).get(standing)
    if place is None or reach_of(access).holds(standing, place):
        return None
    return _said(access, {standing: place})[0] if _is_ours(access, place) else None


def closed_files_with(access: Access, phone: str) -> list[ClosedFile]:
    """Return what may be said of the closed files that have just this whole number."""
    try:
        norm = read_phone(phone).norm
    except NotAPhone:
        return []
    found = places([row[0] for row in db.rows(_WITH_NUMBER, (norm,))], access.at)
    reach = reach_of(access)
    closed = {
        key: place
        for key, place in found.items()
        if not reach.holds(key, place) and _is_ours(access, place)
    }
    return _said(access, closed)


def _is_ours(access: Access, place: Place) -> bool:
    """Tell whether a file is kept in the organisation that somebody's posts belong to."""
    units = access.tree.units
    kept = units.get(place.unit_id)
    tops = {units[one].path.split("/")[1] for _post, one in access.posts if one in units}
    return kept is not None and access.may(VIEW) and kept.path.split("/")[1] in tops


def _said(access: Access, closed: dict[int, Place]) -> list[ClosedFile]:
    names = org.names_of(place.owner_id for place in closed.values() if place.owner_id)
    return [
        ClosedFile(key, access.tree.units[place.unit_id].name, names.get(place.owner_id or 0, ""))
        for key, place in closed.items()
    ]
