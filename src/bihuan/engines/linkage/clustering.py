"""Groups of records out of accepted pairs; two different valid ids never end in one group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


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
