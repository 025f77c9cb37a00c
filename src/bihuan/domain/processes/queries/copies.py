"""What was copied to a person (抄送我的), and whether a case was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bihuan.domain.org.ports import Access
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.kit import db, paging
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import NotFound

_LAST = 2**63 - 1


class CopyMissing(NotFound):
    """No such copy, or it is addressed to others."""

    message = "没有找到这条抄送。"


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A unit copied to somebody. `sender` is a ref; `post` is empty when it is addressed to the person."""

    id: int
    unit_id: int
    instance_id: int
    subject: str
    root: str
    node: str
    title: str
    post: str
    sender: str
    on_behalf_of: str
    note: str
    at: datetime
    read_at: datetime | None


def copies_for(
    access: Access, *, unread_only: bool = False, after: str = "", size: int = 50
) -> paging.Page[CopyRow]:
    """Return a page of what was copied to a person or to a post they hold now, newest first."""
    size = max(1, min(size, paging.MAX_SIZE))
    below = paging.decode(after, width=1)[0] if after else _LAST
    params = {**_addressed(access), "below": below, "unread": unread_only, "size": size + 1}
    found = [_row(access, values) for values in db.rows(LISTS["copies"], params)]
    more, found = len(found) > size, found[:size]
    last = paging.encode([found[-1].id]) if found else ""
    first = paging.encode([found[0].id]) if found else ""
    return paging.Page(found, last if more else "", first if after else "")


def copy_for(access: Access, copy_id: int) -> CopyRow:
    """Return one copy addressed to a person, or refuse with `CopyMissing`."""
    params = {**_addressed(access), "below": copy_id + 1, "unread": False, "size": 1}
    found = db.one(LISTS["copies"], params)
    if found is None or found[0] != copy_id:
        raise CopyMissing
    return _row(access, found)


def unread_copies(access: Access, *, most: int = 99) -> int:
    """Return how many copies a person has not read; counting stops at `most`."""
    params = {**_addressed(access), "below": _LAST, "unread": True, "size": most}
    return len(db.rows(LISTS["copies"], params))


def is_copied_to(access: Access, root: str) -> bool:
    """Tell whether a unit of this root was copied to the person: they may then see all of it."""
    return db.one(LISTS["copied"], {**_addressed(access), "root": root}) is not None


def _addressed(access: Access) -> dict[str, Any]:
    # A post held at an org unit counts for everything below it, as for work.
    held = {
        (post, below) for post, unit_id in access.own_posts for below in access.tree.under(unit_id)
    }
    pairs = sorted(held)
    return {
        "staff": access.staff_id,
        "posts": [post for post, _ in pairs],
        "places": [place for _, place in pairs],
    }


def _row(access: Access, values: Sequence[Any]) -> CopyRow:
    *shown, unit_id, instance_unit = values
    row = CopyRow(*shown)
    if access.may_in_any("customer.see_phone", unit_id, instance_unit):
        return row
    return replace(row, note=mask_text(row.note))
