"""Which matters many requests are about: groups of requests that are likely the same matter.

Star clustering (Aslam 2004): who is like most others leads a group and gives it its name. Groups that are
mostly one another's neighbours are then one. Chains do not form: a member is like its leader.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from bihuan.engines.duplicates.grams import Gram, Rarity, grams
from bihuan.engines.duplicates.likeness import Reader, Request

LINKED = 0.6
FEWEST = 3
# A pair of characters that more requests than these have leads to too many to compare.
COMMON = 60
SHARED = 2
JOINED = 0.25

Neighbours = Mapping[int, Mapping[int, float]]


@dataclass(frozen=True, slots=True)
class Topic:
    """Requests about one matter, by position: the leader first, the rest by how like it they are."""

    members: tuple[int, ...]

    @property
    def leader(self) -> int:
        """Return the request that is like most others."""
        return self.members[0]


def topics(
    requests: Sequence[Request], rarity: Rarity, *, linked: float = LINKED, fewest: int = FEWEST
) -> list[Topic]:
    """Return the matters that at least `fewest` requests are about, those of most requests first."""
    near = neighbours(requests, rarity, linked=linked)
    groups = _joined(_stars(near), near)
    found = [Topic(tuple(group)) for group in groups if len(group) >= fewest]
    return sorted(found, key=lambda topic: (-len(topic.members), topic.leader))


def neighbours(requests: Sequence[Request], rarity: Rarity, *, linked: float) -> Neighbours:
    """Return for each request those that are likely the same matter, with the score."""
    readers = [Reader(request, rarity) for request in requests]
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for one, other in sorted(_candidates(requests)):
        score = readers[one].evidence(readers[other]).score()
        if score >= linked:
            near[one][other] = near[other][one] = score
    return near


def _candidates(requests: Sequence[Request]) -> set[tuple[int, int]]:
    """Return the pairs of requests whose titles share enough rare pairs of characters."""
    having: dict[Gram, list[int]] = defaultdict(list)
    for nth, request in enumerate(requests):
        for gram in grams(request.title):
            having[gram].append(nth)
    shared: Counter[tuple[int, int]] = Counter()
    for which in having.values():
        if len(which) <= COMMON:
            shared.update(combinations(which, 2))
    return {pair for pair, count in shared.items() if count >= SHARED}


def _stars(near: Neighbours) -> list[list[int]]:
    """Return groups around those with most neighbours; each request is in one."""
    free = set(near)
    groups: list[list[int]] = []
    for leader in sorted(near, key=lambda one: (-len(near[one]), one)):
        if leader not in free:
            continue
        members = [one for one in near[leader] if one in free and one != leader]
        members.sort(key=lambda one: (-near[leader][one], one))
        group = [leader, *members]
        free.difference_update(group)
        groups.append(group)
    return groups


def _joined(groups: list[list[int]], near: Neighbours) -> list[list[int]]:
    """Return the groups with those added to a larger one whose members are largely its neighbours."""
    kept: list[list[int]] = []
    for group in sorted(groups, key=len, reverse=True):
        home = max(kept, key=lambda other: _tied(group, other, near), default=None)
        if home is not None and _tied(group, home, near) >= JOINED:
            home.extend(group)
        else:
            kept.append(list(group))
    return kept


def _tied(group: Sequence[int], other: Sequence[int], near: Neighbours) -> float:
    """Return the share of pairs between two groups that are neighbours."""
    inside = set(other)
    links = sum(len(inside & near[one].keys()) for one in group)
    return links / (len(group) * len(other))
