"""Many files joined at once: the same as one merge after another (`merging`), in a fixed number of statements.

Each merge keeps the ids of every row it moved, so each is undone by itself. In one call no file may go on in one merge and
rest in another.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.actions.following import RowsOf
from bihuan.domain.customers.actions.golden import keep_what_was_typed, refresh
from bihuan.domain.customers.actions.merging import OWN, carry_pairs, higher_tier
from bihuan.domain.customers.actions.uniting_terms import KEPT, unite_terms
from bihuan.domain.customers.models import Merge
from bihuan.domain.customers.ports import FOLLOWERS, Move
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit import db

_LOCK: Final = """
select id, tier from customers_customer where id = any(%s) order by id for no key update
"""
_JOINING: Final = """
create temp table if not exists joining (absorbed bigint primary key, survivor bigint) on commit delete rows
"""
_FILL: Final = "insert into joining select * from unnest(%s::bigint[], %s::bigint[])"
_PRIMARY: Final = """
with was as (
    select p.id, p.customer_id as absorbed from customers_contactpoint p
    join joining j on j.absorbed = p.customer_id where p.is_primary
), off as (
    update customers_contactpoint p set is_primary = false from was where p.id = was.id
) select id, absorbed from was
"""
# A survivor without a primary contact of a kind gets the first primary one that came along.
_PRIMARY_AGAIN: Final = """
update customers_contactpoint p set is_primary = true from (
    select distinct on (c.customer_id, c.kind) c.id from customers_contactpoint c
    where c.id = any(%s) and c.customer_id = any(%s) and not exists (
        select from customers_contactpoint s
        where s.customer_id = c.customer_id and s.kind = c.kind and s.is_primary)
    order by c.customer_id, c.kind, c.id
) first where p.id = first.id
"""
_RELATED: Final = """
with ranked as (
    select r.id, j.absorbed, j.survivor,
        row_number() over (partition by j.survivor, r.customer_id, r.kind order by r.id) as nth
    from customers_relation r join joining j on j.absorbed = r.other_id where r.customer_id <> j.survivor
)
update customers_relation r set other_id = n.survivor from ranked n
where r.id = n.id and n.nth = 1 and not exists (select from customers_relation s
    where s.other_id = n.survivor and s.customer_id = r.customer_id and s.kind = r.kind)
returning r.id, n.absorbed
"""
_REST: Final = """
update customers_customer c set merged_into_id = j.survivor, updated_at = %s from joining j where c.id = j.absorbed
"""
_OPEN: Final = """
select j.absorbed, j.survivor from joining j where exists (
    select from customers_pair p where p.state in ('OPEN', 'REFUSED') and j.absorbed in (p.left_id, p.right_id))
order by 1
"""

Moved = dict[int, dict[str, list[Any]]]


@dataclass(frozen=True, slots=True)
class Joining:
    """One file that is to go on in another, and what speaks for it."""

    survivor_id: int
    absorbed_id: int
    evidence: Sequence[Sequence[Any]] = ()


def join_many(joins: Sequence[Joining], rule: str, *, by: Actor, at: datetime) -> int:
    """Join files in the caller's transaction; return how many. The caller answers for the right and for the vetoes."""
    if not joins:
        return 0
    ids = sorted({one for join in joins for one in (join.survivor_id, join.absorbed_id)})
    tiers = dict(db.rows(_LOCK, (ids,)))
    survivors = sorted({join.survivor_id for join in joins})
    keep_what_was_typed(ids, at=at)
    db.run(_JOINING)
    db.run("truncate joining")
    db.run(_FILL, ([one.absorbed_id for one in joins], [one.survivor_id for one in joins]))
    moved = _moved(joins, survivors, by, at)
    db.run(_REST, (at,))
    for absorbed, survivor in db.rows(_OPEN):
        moved[absorbed]["pairs"] = carry_pairs(absorbed, survivor, at)
    merges = Merge.objects.bulk_create(_merges(joins, moved, tiers, (rule, by, at)))
    _raise_tiers(tiers, survivors)
    refresh(survivors, at=at)
    ledger.record_many(_fact(merge, by, at) for merge in merges)
    return len(joins)


def _moved(joins: Sequence[Joining], survivors: Sequence[int], by: Actor, at: datetime) -> Moved:
    moved: Moved = defaultdict(lambda: defaultdict(list))
    note = _note(moved)
    note("primary", db.rows(_PRIMARY))
    for table, same in OWN.items():
        note(table, db.rows(_move_sql(table, same)))
    for absorbed, rows in unite_terms(
        [(one.absorbed_id, one.survivor_id) for one in joins]
    ).items():
        moved[absorbed][KEPT] = rows
    note("related", db.rows(_RELATED))
    primary = [one for rows in moved.values() for one in rows["primary"]]
    db.run(_PRIMARY_AGAIN, (primary, list(survivors)))
    for name, follower in FOLLOWERS.items():
        if isinstance(follower, RowsOf):
            note(name, db.rows(_move_sql(follower.table, ())))
        else:
            for join in joins:
                move = Move(join.absorbed_id, join.survivor_id, by, at)
                moved[join.absorbed_id][name] = list(follower.move(move))
    return moved


def _note(moved: Moved) -> Callable[[str, Iterable[tuple[Any, ...]]], None]:
    def note(table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        for row, absorbed in rows:
            moved[absorbed][table].append(row)

    return note


def _move_sql(table: str, same: Sequence[str]) -> str:
    """Return the statement that moves a table's rows; of rows that are the same at one survivor the first moves."""
    if not same:
        return (
            f"update {table} t set customer_id = j.survivor from joining j"  # noqa: S608 -- our own names
            " where t.customer_id = j.absorbed returning t.id, j.absorbed"
        )
    columns = ", ".join(f"t.{column}" for column in same)
    equal = " and ".join(f"s.{column} = t.{column}" for column in same)
    itself = " where t.other_id <> j.survivor" if table == "customers_relation" else ""
    return f"""
    with ranked as (
        select t.id, j.absorbed, j.survivor,
            row_number() over (partition by j.survivor, {columns} order by t.id) as nth
        from {table} t join joining j on j.absorbed = t.customer_id{itself}
    )
    update {table} t set customer_id = n.survivor from ranked n
    where t.id = n.id and n.nth = 1 and not exists (
        select from {table} s where s.customer_id = n.survivor and {equal})
    returning t.id, n.absorbed
    """  # noqa: S608 -- our own names


def _merges(
    joins: Sequence[Joining],
    moved: Moved,
    tiers: dict[int, str],
    how: tuple[str, Actor, datetime],
) -> list[Merge]:
    """Return what is kept of each merge; `tiers` become those of the survivors."""
    rule, by, at = how
    made = []
    for join in joins:
        before = tiers[join.survivor_id]
        became = higher_tier(before, tiers[join.absorbed_id])
        tiers[join.survivor_id] = became
        made.append(
            Merge(
                survivor_id=join.survivor_id,
                absorbed_id=join.absorbed_id,
                rule=rule,
                evidence=[list(part) for part in join.evidence],
                moved={name: rows for name, rows in moved[join.absorbed_id].items() if rows},
                before={"tier": before, "became": became},
                by=by.ref,
                at=at,
            )
        )
    return made


def _raise_tiers(tiers: Mapping[int, str], survivors: Sequence[int]) -> None:
    db.run(
        "update customers_customer c set tier = n.tier from unnest(%s::bigint[], %s::text[]) as n(id, tier)"
        " where c.id = n.id and c.tier <> n.tier",
        (list(survivors), [tiers[one] for one in survivors]),
    )


def _fact(merge: Merge, by: Actor, at: datetime) -> Fact:
    ref = f"customer:{merge.survivor_id}"
    data = {"absorbed": merge.absorbed_id, "rule": merge.rule, "merge": merge.pk}
    return Fact("customer.merged", ref, ref, at, by, data=data)
