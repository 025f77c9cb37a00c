"""Groups of records out of accepted pairs; two different valid ids never end in one group."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_STRONGEST, _WEAKEST = 10.0, -6.0
_NOT_COMPARED = 1.0


@dataclass(frozen=True, slots=True)
class Groups:
    """`leader` by record; pairs that were `kept_apart` because their groups have different valid ids."""

    leader: Mapping[int, int]
    kept_apart: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Forest:
    ids: Mapping[int, str]
    parent: dict[int, int] = field(default_factory=dict)
    held: dict[int, str] = field(default_factory=dict)
    foes: dict[int, set[int]] = field(default_factory=dict)

    def part(self, left: int, right: int) -> None:
        """Keep two records apart whatever else speaks for their being one."""
        self.foes.setdefault(left, set()).add(right)
        self.foes.setdefault(right, set()).add(left)

    def top(self, one: int) -> int:
        parent = self.parent
        while (above := parent.get(one, one)) != one:
            parent[one] = one = parent.get(above, above)
        return one

    def id_of(self, top: int) -> str | None:
        return self.held.get(top) or self.ids.get(top)

    def join(self, left: int, right: int) -> bool:
        one, other = self.top(left), self.top(right)
        if one == other:
            return True
        first, second = self.id_of(one), self.id_of(other)
        if first and second and first != second:
            return False
        if any(self.top(foe) == other for foe in self.foes.get(one, ())):
            return False
        low, high = min(one, other), max(one, other)
        self.parent[high] = low
        if high in self.foes:
            self.foes.setdefault(low, set()).update(self.foes[high])
        if first or second:
            self.held[low] = first or second or ""
        return True


def group(
    pairs: Iterable[tuple[int, int]],
    ids: Mapping[int, str],
    refused: Iterable[tuple[int, int]] = (),
) -> Groups:
    """Join accepted pairs, the surest first; `ids` are the valid ids of the records that have one.

    `refused` pairs never end in one group, not even through others.

    A record is its own leader unless it was joined; the leader is the least record of a group. The caller orders the
    pairs by what is in them, so that the order of the records changes nothing.
    """
    forest = _Forest(ids)
    for pair in refused:
        forest.part(*pair)
    apart = tuple(pair for pair in pairs if not forest.join(*pair))
    leader = {one: forest.top(one) for one in list(forest.parent)}
    return Groups(leader, apart)


def group_agreeing(
    judged: Sequence[tuple[int, int, float, bool]], ids: Mapping[int, str]
) -> Groups:
    """Join pairs (left, right, bits, whether accepted), the surest first, as far as the groups they are in agree.

    All bits between two groups are added up, and two records that nothing brought together to be compared speak against;
    a sum below zero refuses the join. So one wrong pair does not bring two well-known customers together. What was
    refused is tried once more when the groups have grown.
    """
    forest = _Forest(ids)
    bonds = _Bonds()
    for left, right, bits, _ in judged:
        bonds.add(left, right, bits)
    waiting = [(left, right) for left, right, _, accepted in judged if accepted]
    for _ in range(2):
        waiting = [pair for pair in waiting if not _join_agreeing(forest, bonds, *pair)]
    return Groups({one: forest.top(one) for one in list(forest.parent)}, tuple(waiting))


def _join_agreeing(forest: _Forest, bonds: "_Bonds", left: int, right: int) -> bool:
    one, other = forest.top(left), forest.top(right)
    if one == other:
        return True
    if bonds.between(one, other) <= 0 or not forest.join(one, other):
        return False
    bonds.join(min(one, other), max(one, other))
    return True


@dataclass(slots=True)
class _Bonds:
    """What speaks for and against two groups being one: bits above what two records that were not compared have."""

    told: dict[int, dict[int, float]] = field(default_factory=dict)
    size: dict[int, int] = field(default_factory=dict)

    def add(self, left: int, right: int, bits: float) -> None:
        said = min(max(bits, _WEAKEST), _STRONGEST) + _NOT_COMPARED
        self.told.setdefault(left, {})[right] = said
        self.told.setdefault(right, {})[left] = said

    def between(self, one: int, other: int) -> float:
        pairs = self.size.get(one, 1) * self.size.get(other, 1)
        return self.told.get(one, {}).get(other, 0.0) - _NOT_COMPARED * pairs

    def join(self, low: int, high: int) -> None:
        self.size[low] = self.size.get(low, 1) + self.size.get(high, 1)
        mine = self.told.setdefault(low, {})
        mine.pop(high, None)
        for far, said in self.told.pop(high, {}).items():
            if far != low:
                mine[far] = mine.get(far, 0.0) + said
                theirs = self.told[far]
                theirs.pop(high, None)
                theirs[low] = mine[far]
