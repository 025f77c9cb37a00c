"""What a person may do at a moment: own posts, and the work of the colleagues they cover.

Nothing is switched when a holding or a leave begins or ends. Access is worked out from the moment
asked about, and kept in the process until either the organisation's revision changes or the moment
leaves the stretch of time in which nothing begins or ends.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.choices import VERBS_THAT_STAY
from bihuan.domain.org.ports import Access, PostHeld
from bihuan.domain.org.queries import tree as trees
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed

_STRETCH = timedelta(days=1)
_KEPT = 20_000

_LEAVES = """
select staff_id, delegate_id, away_from, away_until from org_leave
where away_until > %(since)s and away_from < %(until)s and delegate_id is not null
"""
_STAFF = "select id, name, joined_at, left_at from org_staff where id = any(%s)"
_HOLDINGS = """
select h.staff_id, p.code, h.unit_id, u.path, r.verbs, h.held_from, h.held_until
from org_holding h
join org_post p on p.id = h.post_id
join org_role r on r.id = p.role_id
join org_orgunit u on u.id = h.unit_id
where h.staff_id = any(%s) and (h.held_until is null or h.held_until > %s)
order by h.held_from, h.id
"""
_BEARER = """
select t.id, t.staff_id, t.scopes, t.last_used_at, coalesce(r.revision, 0)
from org_apitoken t left join org_orgrevision r on r.id = 1
where t.token_hash = %(hash)s and t.revoked_at is null
  and (t.expires_at is null or t.expires_at > %(at)s)
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    access: Access
    revision: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """What a token allows: its owner's access, cut down to the token's scopes."""

    token_id: int
    access: Access
    last_used_at: datetime | None


class _Stretch:
    """The stretch of time around a moment in which no boundary lies."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.since = at - _STRETCH
        self.until = at + _STRETCH

    def covers(self, begins: datetime, ends: datetime | None) -> bool:
        """Note a period's ends, and tell whether the moment lies in it."""
        for moment in (begins, ends):
            if moment is None:
                continue
            if moment <= self.at:
                self.since = max(self.since, moment)
            else:
                self.until = min(self.until, moment)
        return begins <= self.at and (ends is None or self.at < ends)


_kept: dict[int, _Kept] = {}


def access_of(staff_id: int, at: datetime, *, known_revision: int | None = None) -> Access:
    """Return what a person may do at `at`; one who does not work here then may do nothing.

    Costs one small query, or none when the caller has read the revision already.
    """
    revision = trees.revision() if known_revision is None else known_revision
    kept = _kept.get(staff_id)
    if kept and revision and kept.revision == revision and kept.since <= at < kept.until:
        return replace(kept.access, at=at)
    stretch = _Stretch(at)
    access = _worked_out(staff_id, stretch, revision)
    if len(_kept) >= _KEPT:
        _kept.clear()
    _kept[staff_id] = _Kept(access, revision, stretch.since, stretch.until)
    return replace(access, at=at)


def actor_for(staff_id: int, at: datetime) -> Actor:
    """Return the actor of a person, acting for the unit of the post they have held longest."""
    posts = access_of(staff_id, at).own_posts
    return Actor(f"staff:{staff_id}", unit_id=posts[0][1] if posts else None)


def authorise(by: Actor, verb: str, unit_id: int | None = None, *, at: datetime) -> Access | None:
    """Refuse with NotAllowed unless the actor may; return a person's access, None for the system."""
    if by.is_system:
        return None
    if by.staff_id is None:
        raise NotAllowed
    access = access_of(by.staff_id, at)
    if not access.may(verb, unit_id):
        raise NotAllowed
    return access


def authorise_anywhere(by: Actor, verb: str, at: datetime) -> Access | None:
    """Refuse with NotAllowed unless the actor may in some unit; for what belongs to no unit."""
    return authorise(by, verb, at=at)


def access_by_token(token: str, at: datetime) -> TokenAccess | None:
    """Return what an API token allows, or None when it is unknown, revoked or expired."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = db.one(_BEARER, {"hash": digest, "at": at})
    if found is None:
        return None
    token_id, staff_id, scopes, last_used_at, revision = found
    access = access_of(staff_id, at, known_revision=trees.noted(revision))
    grants = {verb: where for verb, where in access.grants.items() if verb in scopes}
    return TokenAccess(token_id, replace(access, grants=MappingProxyType(grants)), last_used_at)


def covers_of(staff_id: int, at: datetime) -> tuple[int, ...]:
    """Return the colleagues whose work a person covers at `at`."""
    return access_of(staff_id, at).delegated_from


def _worked_out(staff_id: int, stretch: _Stretch, revision: int) -> Access:
    tree = trees.tree(revision)
    covered = _covered(staff_id, stretch)
    people = _people([staff_id, *covered], stretch)
    if staff_id not in people:
        return Access(staff_id, tree=tree)
    covered = tuple(one for one in covered if one in people)
    posts: dict[int, list[PostHeld]] = defaultdict(list)
    grants: dict[str, list[str]] = defaultdict(list)
    for row in db.rows(_HOLDINGS, ([staff_id, *covered], stretch.since)):
        holder, code, unit_id, path, verbs, held_from, held_until = row
        if not stretch.covers(held_from, held_until):
            continue
        posts[holder].append((code, unit_id))
        for verb in verbs:
            if holder == staff_id or verb not in VERBS_THAT_STAY:
                grants[verb].append(path)
    own = tuple(posts[staff_id])
    theirs = {one: tuple(posts[one]) for one in covered}
    return Access(
        staff_id=staff_id,
        name=people[staff_id],
        grants=MappingProxyType({verb: _widest(paths) for verb, paths in grants.items()}),
        posts=tuple(dict.fromkeys([*own, *(p for held in theirs.values() for p in held)])),
        own_posts=own,
        delegated_from=covered,
        covered=MappingProxyType(theirs),
        tree=tree,
    )


def _people(ids: list[int], stretch: _Stretch) -> dict[int, str]:
    return {
        one: name
        for one, name, joined_at, left_at in db.rows(_STAFF, (ids,))
        if stretch.covers(joined_at, left_at)
    }


def _covered(staff_id: int, stretch: _Stretch) -> tuple[int, ...]:
    """Return whose work ends up with this person: absent colleagues, through any absent delegates."""
    period = {"since": stretch.since, "until": stretch.until}
    stands_in = {
        away: delegate
        for away, delegate, since, until in db.rows(_LEAVES, period)
        if stretch.covers(since, until)
    }
    if staff_id in stands_in:
        return ()
    return tuple(sorted(away for away in stands_in if _ends_with(away, stands_in) == staff_id))


def _ends_with(away: int, stands_in: Mapping[int, int]) -> int:
    seen = {away}
    current = stands_in[away]
    while current in stands_in and current not in seen:
        seen.add(current)
        current = stands_in[current]
    return current


def _widest(paths: Iterable[str]) -> tuple[str, ...]:
    """Drop the paths that lie under others."""
    widest: list[str] = []
    for path in sorted(set(paths)):
        if not widest or not path.startswith(widest[-1]):
            widest.append(path)
    return tuple(widest)
