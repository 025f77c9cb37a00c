"""Copy a unit to people who should know of it (抄送), and note that they have read it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import PostHeld
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.actions.beside import Beside, beside
from bihuan.domain.processes.actions.telling import about, tell
from bihuan.domain.processes.choices import MOST_COPIES_AT_ONCE
from bihuan.domain.processes.queries import copies
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed

_COPY = """
insert into processes_copy
    (token_id, root, staff_id, post, org_unit_id, sender, on_behalf_of, note, at)
select %(unit)s, %(root)s, x.staff, x.post, x.org_unit, %(sender)s, %(behalf)s, %(note)s, %(at)s
from unnest(%(staff)s::bigint[], %(posts)s::text[], %(places)s::bigint[])
    as x (staff, post, org_unit)
on conflict do nothing returning staff_id, post, org_unit_id
"""
_READ = """
insert into processes_copyread (copy_id, staff_id, read_at) values (%s, %s, %s)
on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who gets a copy: people, and posts as (post code, org unit id)."""

    staff_ids: tuple[int, ...] = ()
    posts: tuple[PostHeld, ...] = ()

    def __len__(self) -> int:
        return len(self.staff_ids) + len(self.posts)


@transaction.atomic
def carbon_copy(unit_id: int, *, to: Recipients, note: str = "", by: Actor, at: datetime) -> int:
    """Copy a unit, open or finished, to people and posts; return how many had no copy of it yet.

    Whoever works on the unit may, and who has the verb `unit.copy` there. Who gets a copy may see the case,
    with numbers masked as their own rights say. No clock is touched. A copy sent again changes nothing.
    """
    unit = beside(unit_id, by=by, at=at)
    who = unit.worker_or("unit.copy")
    _check(to, unit)
    params = {
        "unit": unit_id,
        "root": unit.row.root,
        "staff": [*to.staff_ids, *(None for _ in to.posts)],
        "posts": [*("" for _ in to.staff_ids), *(post for post, _ in to.posts)],
        "places": [*(None for _ in to.staff_ids), *(place for _, place in to.posts)],
        "sender": who.ref,
        "behalf": who.on_behalf_of,
        "note": note.strip(),
        "at": at,
    }
    made = db.rows(_COPY, params)
    if made:
        names = [f"staff:{person}" if person else f"{post}@{at_}" for person, post, at_ in made]
        unit.tell("unit.copied", who, reason=note.strip(), to=names)
        key = f"unit:{unit_id}:copy"
        notice = about(Topic.COPY, f"抄送：{unit.row.title}", unit.row.root, key, note.strip())
        tell(notice, _people(made, at), by=by, at=at)
    return len(made)


@transaction.atomic
def mark_copy_read(copy_id: int, *, by: Actor, at: datetime) -> None:
    """Note that the actor has read a copy addressed to them. Again it changes nothing."""
    if by.staff_id is None:
        raise NotAllowed
    found = copies.copy_for(org.access_of(by.staff_id, at), copy_id)
    if db.run(_READ, (copy_id, by.staff_id, at)):
        data = {"copy": copy_id, "title": found.title}
        record(Fact("unit.copy_read", f"unit:{found.unit_id}", found.root, at, by, data=data))


def _people(made: list[tuple[int | None, str, int]], at: datetime) -> list[int]:
    """Return who is told of copies: those named, and who holds a post that got one; each once."""
    found: dict[int, None] = {}
    for person, post, place in made:
        named = [person] if person else [one.id for one in org.staff_holding(post, place, at)]
        found |= dict.fromkeys(named)
    return list(found)


def _check(to: Recipients, unit: Beside) -> None:
    if not len(to):
        raise refusals.RecipientMissing
    if len(to) > MOST_COPIES_AT_ONCE:
        raise refusals.TooManyRecipients
    known = org.at_work(to.staff_ids, unit.at)
    posts, tree = org.post_names() if to.posts else {}, org.tree()
    if set(to.staff_ids) - known or any(
        post not in posts or place not in tree.units for post, place in to.posts
    ):
        raise refusals.RecipientUnknown
