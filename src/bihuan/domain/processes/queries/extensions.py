"""Requests for more time: the latest of a unit, and those that wait for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.org.ports import Access
from bihuan.domain.processes.choices import ExtensionState
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.kit import db, paging
from bihuan.kit.problems import NotFound

_LAST = 2**63 - 1


class ExtensionMissing(NotFound):
    """No such request, or not for these eyes."""

    message = "没有找到这份延期申请。"


@dataclass(frozen=True, slots=True)
class ExtensionRow:
    """A request for more time. `clock_owner` is `unit:…` or `group:…`; people are refs."""

    id: int
    unit_id: int
    subject: str
    node: str
    title: str
    clock_owner: str
    more: str
    until: datetime | None
    reason: str
    requested_by: str
    on_behalf_of: str
    requested_at: datetime
    state: str
    decided_by: str
    decided_at: datetime | None
    decision: str

    @property
    def is_pending(self) -> bool:
        """Tell whether nobody has decided yet."""
        return self.state == ExtensionState.PENDING

    def was_asked_by(self, access: Access) -> bool:
        """Tell whether it is a person's own request."""
        return access.ref in {self.requested_by, self.on_behalf_of}


def extension_of(unit_id: int) -> ExtensionRow | None:
    """Return a unit's latest request; one nobody decided has lapsed with its unit."""
    found = db.one(LISTS["extension_of"], (unit_id,))
    return _row(found) if found else None


def pending_extensions(
    access: Access, *, after: str = "", size: int = 50
) -> paging.Page[ExtensionRow]:
    """Return a page of the requests a person may decide, newest first; their own are left out."""
    size = max(1, min(size, paging.MAX_SIZE))
    scope = access.scope("unit.extend")
    params = {
        "everywhere": scope.everywhere,
        "units": list(scope.unit_ids),
        "self": access.ref,
        "below": paging.decode(after, width=1)[0] if after else _LAST,
        "size": size + 1,
    }
    found = [_row(values) for values in db.rows(LISTS["pending_extensions"], params)]
    more, found = len(found) > size, found[:size]
    first, last = (paging.encode([one.id]) for one in (found[0], found[-1])) if found else ("", "")
    return paging.Page(found, last if more else "", first if after else "")


def _row(values: Sequence[Any]) -> ExtensionRow:
    return ExtensionRow(*values)
