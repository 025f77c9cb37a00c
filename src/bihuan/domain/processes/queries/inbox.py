"""The inbox: units in one's own hands, and open ones of one's posts, the most urgent first."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bihuan.domain.org.ports import Access
from bihuan.domain.processes.choices import FAR, MOST_HEAD_START, InstanceState, Tier
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.kit import db, paging

BEGINNING = datetime(1, 1, 2, tzinfo=UTC)
END = datetime(9999, 12, 30, tzinfo=UTC)
# Beyond this nobody is told how many there are, so nobody counts them.
MOST_COUNTED = 1000
# As the statement numbers them.
TIERS = (Tier.OVERDUE, Tier.WARN, Tier.NORMAL, Tier.PAUSED)
_BACK = (
    LISTS["inbox"]
    .replace("(turn_at, id) >", "(turn_at, id) <")
    .replace("order by turn_at, id", "order by turn_at desc, id desc")
    .replace("order by t.turn_at, t.id", "order by t.turn_at desc, t.id desc")
)


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What to show of the inbox: one tier, units of one name, only those nobody has."""

    tier: str = ""
    title: str = ""
    open_only: bool = False


class UnitRow(NamedTuple):
    """One unit in a list. `owner` names its clock."""

    id: int
    instance_id: int
    subject: str
    root: str
    node: str
    title: str
    state: str
    post: str
    unit_id: int | None
    assignee_id: int | None
    assignee: str
    delegate_of: int | None
    priority: int
    opened_at: datetime
    claimed_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    instance_state: str
    turn_at: datetime
    tier: Tier = Tier.NORMAL

    @property
    def clock_owner(self) -> str:
        """Return the owner of its clock."""
        return f"unit:{self.id}"

    @property
    def is_suspended(self) -> bool:
        """Tell whether its process rests."""
        return self.instance_state == InstanceState.SUSPENDED


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How many units stand in each tier, and how many of each name there are.

    Where counting was `cut` off, at MOST_COUNTED units, each number may be higher.
    """

    tiers: Mapping[str, int] = field(default_factory=dict)
    titles: Mapping[str, int] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class InboxAsked:
    """A page of the inbox and its counts, asked for together with other questions."""

    page: Callable[[], paging.Page[UnitRow]]
    counts: Callable[[], InboxCounts]


def inbox(
    access: Access,
    *,
    at: datetime,
    wanted: InboxFilter = InboxFilter(),
    after: str = "",
    before: str = "",
    size: int = 50,
) -> paging.Page[UnitRow]:
    """Return a page of the units a person may work on now, colleagues on leave included.

    What is due first leads, the longest overdue foremost; priority above NORMAL gives a head start of up to
    four hours (decision 0373). Units without a running clock come last.
    """
    place = paging.Place(after, before, size)
    return _ask_page(db.Together(), _scope(access), at, wanted, place)()


def inbox_counts(access: Access, *, at: datetime) -> InboxCounts:
    """Return what the tiles of the inbox say."""
    return _ask_counts(db.Together(), _scope(access), at)()


def ask_inbox(
    together: db.Together,
    access: Access,
    *,
    at: datetime,
    wanted: InboxFilter,
    place: paging.Place,
) -> InboxAsked:
    """Ask for `inbox` and `inbox_counts` together with other questions."""
    scope = _scope(access)
    page = _ask_page(together, scope, at, wanted, place)
    return InboxAsked(page, _ask_counts(together, scope, at))


def _ask_page(
    together: db.Together,
    scope: Mapping[str, Any],
    at: datetime,
    wanted: InboxFilter,
    place: paging.Place,
) -> Callable[[], paging.Page[UnitRow]]:
    size = max(1, min(place.size, paging.MAX_SIZE))
    back = bool(place.before) and not place.after
    start = _from(place.after or place.before, back=back)
    params = {**scope, **_tier(wanted.tier, at), "title": wanted.title, "at": at}
    params |= {"unclaimed": wanted.open_only, "size": size + 1, **start}
    answer = together.ask(_BACK if back else LISTS["inbox"], params)
    return lambda: _page([row_of(row, at) for row in answer()], replace(place, size=size))


def _page(found: list[UnitRow], place: paging.Place) -> paging.Page[UnitRow]:
    after, before, size = place.after, place.before, place.size
    back = bool(before) and not after
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    first, last = (_cursor(found[0]), _cursor(found[-1])) if found else ("", "")
    if back:
        return paging.Page(found, next_cursor=last, prev_cursor=first if more else "")
    return paging.Page(found, last if more else "", first if after else "")


def _ask_counts(
    together: db.Together, scope: Mapping[str, Any], at: datetime
) -> Callable[[], InboxCounts]:
    params = {**scope, "most": MOST_COUNTED, "at": at, "far": FAR}
    answer = together.ask(LISTS["inbox_counts"], params)
    return lambda: _counts(answer())


def _counts(rows: Iterable[Sequence[Any]]) -> InboxCounts:
    tiers: Counter[str] = Counter(dict.fromkeys(map(str, Tier), 0))
    titles: Counter[str] = Counter()
    for tier, title, count in rows:
        tiers[str(TIERS[tier])] += count
        titles[title] += count
    return InboxCounts(dict(tiers), dict(titles), cut=titles.total() >= MOST_COUNTED)


def row_of(row: Sequence[Any], at: datetime) -> UnitRow:
    """Return a unit from the first columns of `inbox` or `unit`."""
    return UnitRow._make((*row[:19], permission.tier(row[15], row[16], at)))


def _scope(access: Access) -> dict[str, Any]:
    held = {(post, below) for post, unit_id in access.posts for below in access.tree.under(unit_id)}
    held |= {("", unit_id) for unit_id in access.scope("unit.work").unit_ids}
    pairs = sorted(held)
    return {
        "people": [access.staff_id, *access.delegated_from],
        "posts": [post for post, _ in pairs],
        "units": [unit_id for _, unit_id in pairs],
    }


def _tier(tier: str, at: datetime) -> dict[str, Any]:
    bounds: dict[str, tuple[datetime, datetime, bool | None]] = {
        Tier.OVERDUE: (BEGINNING, at, None),
        Tier.WARN: (at, _JUST_BEFORE_FAR, True),
        Tier.NORMAL: (at, _JUST_BEFORE_FAR, False),
        Tier.PAUSED: (_JUST_BEFORE_FAR, END, None),
    }
    low, high, warned = bounds.get(tier, (BEGINNING, END, None))
    low_turn = max(low, BEGINNING + MOST_HEAD_START) - MOST_HEAD_START
    return {"low": low, "low_turn": low_turn, "high": high, "warned": warned}


_JUST_BEFORE_FAR = datetime(9998, 12, 31, tzinfo=UTC)


def _from(cursor: str, *, back: bool) -> dict[str, Any]:
    if cursor:
        rank, unit_id = paging.decode(cursor, width=2)
        return {"rank": rank, "id": unit_id}
    return {"rank": END, "id": 2**62} if back else {"rank": BEGINNING, "id": 0}


def _cursor(row: UnitRow) -> str:
    return paging.encode([row.turn_at, row.id])
