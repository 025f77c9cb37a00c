"""Staff, and who holds which post where at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bihuan.domain.org.models import Staff
from bihuan.domain.org.ports import PostHeld
from bihuan.kit import db
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotFound

_HOLDERS = """
select distinct s.id, s.name, s.login_name,
    exists (select 1 from org_leave l where l.staff_id = s.id
            and l.away_from <= %(at)s and l.away_until > %(at)s)
from org_holding h
join org_post p on p.id = h.post_id
join org_staff s on s.id = h.staff_id
where p.code = %(post)s and h.unit_id = any(%(units)s)
  and h.held_from <= %(at)s and (h.held_until is null or h.held_until > %(at)s)
  and (s.left_at is null or s.left_at > %(at)s)
order by s.name, s.id
"""
_LEAVES_AHEAD = """
select l.id, l.away_from, l.away_until, coalesce(d.name, ''), l.reason
from org_leave l left join org_staff d on d.id = l.delegate_id
where l.staff_id = %(staff)s and l.away_until > %(at)s order by l.away_from
"""
_WHO_MAY = """
select distinct s.id from org_holding h
join org_post p on p.id = h.post_id
join org_role r on r.id = p.role_id
join org_staff s on s.id = h.staff_id
where r.verbs @> array[%(verb)s]::varchar[] and h.unit_id = %(unit)s
  and h.held_from <= %(at)s and (h.held_until is null or h.held_until > %(at)s)
  and (s.left_at is null or s.left_at > %(at)s)
order by s.id
"""
_HOLDINGS = """
select p.code, h.unit_id from org_holding h join org_post p on p.id = h.post_id
where h.staff_id = %(staff)s
  and h.held_from <= %(at)s and (h.held_until is null or h.held_until > %(at)s)
order by h.held_from, h.id
"""


_LEAVE = """
select id, away_from, away_until from org_leave
where staff_id = %(staff)s and away_until > %(at)s order by away_from limit 1
"""
_COVERED_BY = """
select staff_id, delegate_id from org_leave
where staff_id = any(%(staff)s) and away_from <= %(at)s and away_until > %(at)s
  and delegate_id is not null
"""
_AT_WORK = """
select s.id from org_staff s
where s.id = any(%(staff)s) and s.joined_at <= %(at)s and (s.left_at is null or s.left_at > %(at)s)
"""

_NAMED = """
select s.id, s.name, s.login_name,
    exists (select 1 from org_leave l where l.staff_id = s.id
            and l.away_from <= %(at)s and l.away_until > %(at)s)
from org_staff s
where (s.name like %(part)s or s.login_name like %(part)s)
  and s.joined_at <= %(at)s and (s.left_at is null or s.left_at > %(at)s)
order by s.name, s.id limit %(size)s
"""


class StaffUnknown(NotFound):
    """There is no staff member with this login name or id."""

    message = "没有这名人员。"


@dataclass(frozen=True, slots=True)
class StaffRow:
    """One person, as lists show them."""

    id: int
    name: str
    login_name: str
    is_away: bool = False


@dataclass(frozen=True, slots=True)
class LeaveRow:
    """Somebody is away, `away_until` excluded."""

    id: int
    away_from: datetime
    away_until: datetime


@dataclass(frozen=True, slots=True)
class LeaveAhead(LeaveRow):
    """A leave as its list shows it; `delegate` is the name of who stands in, empty when nobody does."""

    delegate: str
    reason: str


def staff(staff_id: int) -> Staff:
    """Return a staff member, or refuse with StaffUnknown."""
    found = Staff.objects.filter(pk=staff_id).first()
    if found is None:
        raise StaffUnknown
    return found


def staff_by_login(login_name: str) -> Staff:
    """Return the staff member with this login name, in any case, or refuse with StaffUnknown."""
    found = Staff.objects.filter(login_name=login_name.strip().lower()).first()
    if found is None:
        raise StaffUnknown(f"没有登录名为「{login_name}」的人员。")
    return found


def staff_list(*, after: str = "", size: int = 50) -> Page[Staff]:
    """Return everybody, by login name."""
    return keyset(Staff.objects.all(), order=("login_name",), after=after, size=size)


def names_of(staff_ids: Iterable[int]) -> dict[int, str]:
    """Return names by id, in one query; unknown ids are left out."""
    wanted = list(set(staff_ids))
    if not wanted:
        return {}
    return dict(db.rows("select id, name from org_staff where id = any(%s)", (wanted,)))


def staff_named(text: str, at: datetime, *, size: int = 12) -> list[StaffRow]:
    """Return who works here at `at` and has a text in their name or login name, by name."""
    part = text.strip().lower().replace("\\", "").replace("%", "").replace("_", "\\_")
    if not part:
        return []
    params = {"part": f"%{part}%", "at": at, "size": size}
    return [StaffRow(*row) for row in db.rows(_NAMED, params)]


def at_work(staff_ids: Iterable[int], at: datetime) -> set[int]:
    """Return those of some people who work here at `at`, on leave or not."""
    params = {"staff": list(staff_ids), "at": at}
    return {row[0] for row in db.rows(_AT_WORK, params)} if params["staff"] else set()


def leave_of(staff_id: int, at: datetime) -> LeaveRow | None:
    """Return a person's leave at `at`, else the next one recorded."""
    row = db.one(_LEAVE, {"staff": staff_id, "at": at})
    return LeaveRow(*row) if row else None


def leaves_ahead(staff_id: int, at: datetime) -> list[LeaveAhead]:
    """Return a person's leaves that have not ended at `at`, the earliest first."""
    return [LeaveAhead(*row) for row in db.rows(_LEAVES_AHEAD, {"staff": staff_id, "at": at})]


def post_names() -> dict[str, str]:
    """Return the names of all posts by code."""
    return dict(db.rows("select code, name from org_post", ()))


def holdings_of(staff_id: int, at: datetime) -> list[PostHeld]:
    """Return the (post code, unit id) pairs a person holds at `at`, longest held first."""
    return [(code, unit) for code, unit in db.rows(_HOLDINGS, {"staff": staff_id, "at": at})]


def staff_holding(post_code: str, unit_ids: int | Iterable[int], at: datetime) -> list[StaffRow]:
    """Return who holds a post in a unit (or any of several) at `at`, those on leave marked."""
    units = [unit_ids] if isinstance(unit_ids, int) else list(unit_ids)
    params = {"post": post_code, "units": units, "at": at}
    return [StaffRow(*row) for row in db.rows(_HOLDERS, params)]


def covered_by(staff_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Return who covers each of some people that are on leave at `at`; without a delegate they are left out."""
    params = {"staff": list(staff_ids), "at": at}
    return dict(db.rows(_COVERED_BY, params)) if params["staff"] else {}


def staff_who_may(verb: str, unit_id: int, at: datetime) -> list[int]:
    """Return the ids of those whose own post in just this unit allows a verb at `at`."""
    params = {"verb": verb, "unit": unit_id, "at": at}
    return [row[0] for row in db.rows(_WHO_MAY, params)]
