"""Files found to be one customer are joined, and parted again when that was wrong.

What belongs to the absorbed file moves along and is named row by row, so undoing brings exactly that back, from
wherever later merges have carried it. The absorbed file rests and points at the one that goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from bihuan.domain.customers.actions.customers import within
from bihuan.domain.customers.actions.golden import keep_what_was_typed, refresh
from bihuan.domain.customers.actions.holding import files_of, hold, hold_standing
from bihuan.domain.customers.actions.uniting_terms import KEPT, part_terms, unite_terms
from bihuan.domain.customers.choices import PairState, Tier
from bihuan.domain.customers.models import Customer, Merge, Pair
from bihuan.domain.customers.ports import FOLLOWERS, Move
from bihuan.domain.customers.queries import CustomerUnknown, blocking, survivor_of
from bihuan.domain.customers.queries.pairs import PairUnknown
from bihuan.domain.customers.rules.matching import Sameness, compare
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.kit import db
from bihuan.kit.problems import Invalid, NotFound, Refused

LEAST_REASON: Final = 4
_TIERS: Final = (Tier.NORMAL, Tier.IMPORTANT, Tier.VIP)
# Our own tables: what moves, and on which columns a row of the other file is the same already.
OWN: Final[Mapping[str, Sequence[str]]] = {
    "customers_contactpoint": ("kind", "value_norm"),
    "customers_identifier": ("kind", "value_norm"),
    "customers_account": (),
    "customers_contract": (),
    "customers_sourcerow": (),
    "customers_filegrant": (),
    "customers_relation": ("other_id", "kind"),
}


class SameCustomer(Invalid):
    """Both are one file already."""

    message = "这两份档案已经是同一位客户。"


class DifferentIdentities(Refused):
    """Two proven numbers of one kind that differ: these are two customers, whoever asks."""

    message = "两份档案有不同的有效证件号，不是同一客户，不能合并。"


class MergeUnknown(NotFound):
    """There is no such merge."""

    message = "没有找到这次合并。"


class MergeUndone(Refused):
    """It was undone already."""

    message = "这次合并已经撤销。"


class PairDecided(Refused):
    """Somebody has decided about the pair."""

    message = "这一对已有人处理。"


class CustomerErased(Refused):
    """What was made anonymous cannot be parted: nobody knows any more what belonged to whom."""

    message = "客户资料已匿名化，合并不能再撤销。"


class MergeReasonMissing(Invalid):
    """Whoever parts files says why."""

    message = "写清为什么，至少 4 个字。"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why two files are one: the rule, or the person's words, with the evidence."""

    rule: str = "by_hand"
    reason: str = ""
    evidence: Sequence[Sequence[Any]] = ()


@transaction.atomic
def merge_customers(
    *, survivor_id: int, absorbed_id: int, grounds: Grounds, by: Actor, at: datetime
) -> int:
    """Join two files, and return the merge. Both must lie where this actor may merge."""
    survivor, absorbed = _both(hold_standing(survivor_id, absorbed_id), by, at)
    if survivor.erased_at or absorbed.erased_at:
        raise CustomerErased("有一份档案已匿名化，不能再合并。")
    facets = blocking.facets_of([survivor.pk, absorbed.pk])
    if compare(facets[survivor.pk], facets[absorbed.pk]).sameness is Sameness.VETO:
        raise DifferentIdentities
    keep_what_was_typed([survivor.pk, absorbed.pk], at=at)
    moved = _move_own(absorbed.pk, survivor.pk)
    for name, follower in FOLLOWERS.items():
        moved[name] = list(follower.move(Move(absorbed.pk, survivor.pk, by, at)))
    before = {"tier": survivor.tier}
    survivor.tier = higher_tier(survivor.tier, absorbed.tier)
    survivor.save(update_fields=["tier"])
    absorbed.merged_into, absorbed.updated_at = survivor, at
    absorbed.save(update_fields=["merged_into", "updated_at"])
    moved["pairs"] = carry_pairs(absorbed.pk, survivor.pk, at)
    merge = Merge.objects.create(
        survivor=survivor,
        absorbed=absorbed,
        rule=grounds.rule,
        evidence=[list(part) for part in grounds.evidence],
        moved=moved,
        before={**before, "became": survivor.tier},
        by=by.ref,
        at=at,
        reason=grounds.reason[:200],
    )
    refresh([survivor.pk], at=at)
    data = {"absorbed": absorbed.pk, "rule": grounds.rule, "merge": merge.pk}
    _record("customer.merged", survivor.pk, by, at, grounds.reason, data)
    return merge.pk


@transaction.atomic
def undo_merge(*, merge_id: int, reason: str, by: Actor, at: datetime) -> int:
    """Part two files again as they were; return the file that comes back.

    What came to the survivor since stays there. Later merges of the survivor stay as well.
    """
    merge = _to_undo(merge_id)
    if len(reason.strip()) < LEAST_REASON:
        raise MergeReasonMissing(fields={"reason": MergeReasonMissing.message})
    held = hold(lambda: [survivor_of(merge.survivor_id), merge.absorbed_id])
    merge = _to_undo(merge_id)
    holder, absorbed = _both(files_of(held), by, at)
    _move_back(merge, holder.pk, by, at)
    absorbed.merged_into, absorbed.updated_at = None, at
    absorbed.save(update_fields=["merged_into", "updated_at"])
    if holder.tier == merge.before.get("became"):
        holder.tier = merge.before["tier"]
        holder.save(update_fields=["tier"])
    merge.undone_by, merge.undone_at, merge.undone_reason = by.ref, at, reason.strip()[:200]
    merge.save(update_fields=["undone_by", "undone_at", "undone_reason"])
    _reopen_pair(merge, at)
    refresh([holder.pk, absorbed.pk], at=at)
    data = {"absorbed": absorbed.pk, "merge": merge.pk}
    _record("customer.merge_undone", holder.pk, by, at, reason.strip(), data)
    return absorbed.pk


@transaction.atomic
def accept_pair(*, pair_id: int, keep_id: int | None = None, by: Actor, at: datetime) -> int:
    """Decide that two files are one customer; `keep_id` is the file that goes on, else the older. Returns the merge."""
    pair = _open_pair(pair_id)
    left, right = hold(lambda: [survivor_of(pair.left_id), survivor_of(pair.right_id)])
    pair = _open_pair(pair_id, is_locked=True)
    survivor, absorbed = (right, left) if keep_id == right else (left, right)
    grounds = Grounds("review", "", pair.evidence)
    merge_id = merge_customers(
        survivor_id=survivor, absorbed_id=absorbed, grounds=grounds, by=by, at=at
    )
    pair.state, pair.decided_at, pair.decided_by = PairState.MERGED, at, by.ref
    pair.merge_id = merge_id
    pair.save()
    return merge_id


@transaction.atomic
def refuse_pair(*, pair_id: int, by: Actor, at: datetime) -> None:
    """Decide that two files are two customers: no rule will merge them, nobody is asked again."""
    pair = _open_pair(pair_id)
    _both(files_of(hold(lambda: [pair.left_id, pair.right_id])), by, at)
    pair = _open_pair(pair_id, is_locked=True)
    pair.state, pair.decided_at, pair.decided_by = PairState.REFUSED, at, by.ref
    pair.save()
    _record("customer.pair_refused", pair.left_id, by, at, "", {"other": pair.right_id})


@transaction.atomic
def reopen_pair(*, pair_id: int, by: Actor, at: datetime) -> None:
    """Take a decision back: a merge is undone, a refusal forgotten; the pair is to be decided again."""
    pair = _pair(pair_id)
    if pair.state == PairState.MERGED and pair.merge_id is not None:
        undo_merge(merge_id=pair.merge_id, reason="撤回刚才的合并", by=by, at=at)
        return
    _both(files_of(hold(lambda: [pair.left_id, pair.right_id])), by, at)
    if not Pair.objects.filter(pk=pair_id, state=pair.state).update(
        state=PairState.OPEN, decided_at=None, decided_by="", merge=None
    ):
        raise PairDecided
    _record("customer.pair_reopened", pair.left_id, by, at, "", {"other": pair.right_id})


def _pair(pair_id: int, *, is_locked: bool = False) -> Pair:
    pairs = Pair.objects.select_for_update() if is_locked else Pair.objects.all()
    pair = pairs.filter(pk=pair_id).first()
    if pair is None:
        raise PairUnknown
    return pair


def _open_pair(pair_id: int, *, is_locked: bool = False) -> Pair:
    """Return a pair to decide about; it is locked only once its files are (decision 0384)."""
    pair = _pair(pair_id, is_locked=is_locked)
    if pair.state != PairState.OPEN:
        raise PairDecided
    return pair


def _to_undo(merge_id: int) -> Merge:
    """Return a merge that can be undone; whoever holds its files is alone with it."""
    merge = Merge.objects.select_related("survivor").filter(pk=merge_id).first()
    if merge is None:
        raise MergeUnknown
    if merge.undone_at is not None:
        raise MergeUndone
    if merge.survivor.erased_at is not None:
        raise CustomerErased
    return merge


def _both(files: Sequence[Customer], by: Actor, at: datetime) -> tuple[Customer, Customer]:
    """Ask of two files that are held whether this actor sees and may merge both."""
    one, other = files
    if one.pk == other.pk:
        raise SameCustomer
    for customer in sorted(files, key=lambda file: file.pk):
        access = org.authorise(by, "customer.merge", customer.unit_id, at=at)
        if access is not None and not within(access, customer):
            raise CustomerUnknown
    return one, other


def _move_own(from_id: int, to_id: int) -> dict[str, list[Any]]:
    primary = "select id from customers_contactpoint where customer_id = %s and is_primary"
    moved: dict[str, list[Any]] = {"primary": [row[0] for row in db.rows(primary, (from_id,))]}
    # At the survivor its own primary contacts stay the primary ones.
    db.run(
        "update customers_contactpoint p set is_primary = false where customer_id = %s and is_primary"
        " and exists (select from customers_contactpoint s where s.customer_id = %s"
        " and s.kind = p.kind and s.is_primary)",
        (from_id, to_id),
    )
    for table, same in OWN.items():
        moved[table] = _moved(table, same, from_id, to_id)
    moved[KEPT] = unite_terms([(from_id, to_id)]).get(from_id, [])
    related = (
        "update customers_relation r set other_id = %s where other_id = %s and customer_id <> %s"
        " and not exists (select from customers_relation s where s.other_id = %s"
        " and s.customer_id = r.customer_id and s.kind = r.kind) returning id"
    )
    moved["related"] = [row[0] for row in db.rows(related, (to_id, from_id, to_id, to_id))]
    return moved


def _moved(table: str, same: Sequence[str], from_id: int, to_id: int) -> list[int]:
    equal = " and ".join(f"s.{column} = t.{column}" for column in same)
    unless = f" and not exists (select from {table} s where s.customer_id = %s and {equal})"
    itself = " and t.other_id <> %s" if table == "customers_relation" else ""
    sql = f"update {table} t set customer_id = %s where customer_id = %s"  # noqa: S608 -- our own names
    sql += (unless if same else "") + itself + " returning id"
    values = [to_id, from_id, *([to_id] if same else []), *([to_id] if itself else [])]
    return [row[0] for row in db.rows(sql, values)]


def _move_back(merge: Merge, holder_id: int, by: Actor, at: datetime) -> None:
    moved, back = merge.moved, merge.absorbed_id
    part_terms(moved)
    for table in OWN:
        primary = ", is_primary = false" if table == "customers_contactpoint" else ""
        sql = (
            f"update {table} set customer_id = %s{primary} where customer_id = %s and id = any(%s)"  # noqa: S608 -- our own names
        )
        db.run(sql, (back, holder_id, moved.get(table, [])))
    sql = "update customers_relation set other_id = %s where other_id = %s and id = any(%s)"
    db.run(sql, (back, holder_id, moved.get("related", [])))
    sql = "update customers_contactpoint set is_primary = true where customer_id = %s and id = any(%s)"
    db.run(sql, (back, moved.get("primary", [])))
    for name, follower in FOLLOWERS.items():
        follower.move(Move(holder_id, back, by, at, only=moved.get(name, [])))
    refused_before = Q(state=PairState.REFUSED, decided_at__lte=merge.at)
    carried = Pair.objects.filter(pk__in=moved.get("pairs", []))
    carried.filter(Q(state=PairState.OPEN) | refused_before).delete()


def higher_tier(one: str, other: str) -> str:
    """Return the tier that two files have together."""
    return max(one, other, key=lambda tier: _TIERS.index(Tier(tier)))


def carry_pairs(absorbed_id: int, survivor_id: int, at: datetime) -> list[int]:
    """Let what is to be decided about the absorbed file, or was refused, hold for the one that goes on."""
    sql = """
    insert into customers_pair (left_id, right_id, score, evidence, state, found_at, decided_at, decided_by)
    select least(o.other, %(into)s), greatest(o.other, %(into)s), o.score, o.evidence, o.state, %(at)s,
        o.decided_at, o.decided_by
    from (select case when left_id = %(of)s then right_id else left_id end as other, p.*
          from customers_pair p where state in ('OPEN', 'REFUSED') and %(of)s in (left_id, right_id)) o
    where o.other <> %(into)s order by 1, 2 on conflict do nothing returning id
    """
    found = db.rows(sql, {"of": absorbed_id, "into": survivor_id, "at": at})
    return [row[0] for row in found]


def _reopen_pair(merge: Merge, at: datetime) -> None:
    """Ask again about a pair somebody merged; keep a rule from merging the same two once more."""
    decided = Pair.objects.filter(merge=merge)
    if decided.update(state=PairState.OPEN, decided_at=None, decided_by="", merge=None):
        return
    left, right = sorted((merge.survivor_id, merge.absorbed_id))
    Pair.objects.update_or_create(
        left_id=left,
        right_id=right,
        defaults={
            "state": PairState.REFUSED,
            "decided_at": at,
            "decided_by": merge.undone_by,
            "score": 0.0,
            "evidence": merge.evidence,
            "found_at": at,
        },
    )


def _record(
    fact: str, customer_id: int, by: Actor, at: datetime, reason: str, data: Mapping[str, Any], /
) -> None:
    ref = f"customer:{customer_id}"
    ledger.record(Fact(fact, ref, ref, at, by, reason=reason, data=data))
