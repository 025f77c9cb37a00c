"""The panels of the desk: each asks its own few queries, most of them once for all who see the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.queries import AlertEntry, AlertFilter, OrgUnitLoad
from bihuan.domain.packs import queries as packs
from bihuan.surfaces.command import sheets
from bihuan.surfaces.command.desk import Commander
from bihuan.surfaces.command.kept import kept

LISTED: Final = 100
ORDERS_LISTED: Final = 30
LOADS_KEPT: Final = 5.0
FIGURES_KEPT: Final = 10.0
PROCESSES_KEPT: Final = 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over the desk, with a second one in small print."""

    title: str
    value: str
    small: str
    tone: str = ""
    address: str = ""


def board_panel(who: Commander, asked: QueryDict, *, fresh: bool = False) -> dict[str, Any]:
    """Return the board for a filter."""
    wanted = sheets.filter_of(asked)
    board = cases.alert_board(who.access, who.at, fresh=fresh)
    around = AlertFilter("", wanted.org_unit_id, wanted.process, wanted.level)
    of_place = cases.narrowed(board, around, who.access, who.at)
    found = cases.narrowed(of_place, wanted, who.access, who.at)
    page, following, leading = _page(found, asked.get("after", ""))
    return {
        "lines": sheets.lines_of(cases.alert_rows(who.access, page, who.at), who.at),
        "tabs": sheets.tabs(asked, cases.alert_counts(of_place, who.at)),
        "wanted": wanted,
        "query": sheets.query_of(asked),
        "total": sheets.shown(len(found)),
        "next": following,
        "first": leading,
        "filtered": bool(sheets.query_of(asked)),
        "choices": sheets.choices(asked, who.access, process_titles()),
    }


def _page(found: Sequence[AlertEntry], after: str) -> tuple[Sequence[AlertEntry], str, bool]:
    """Return a page that begins after a case; from the beginning when that case has left the board."""
    keys = [str(one.case_id) for one in found]
    start = keys.index(after) + 1 if after in keys else 0
    page = found[start : start + LISTED]
    more = len(found) > start + LISTED
    return page, str(page[-1].case_id) if more else "", start > 0


def figures_panel(who: Commander, asked: QueryDict, *, fresh: bool = False) -> dict[str, Any]:
    """Return the figures over the board."""
    wanted = sheets.filter_of(asked)
    board = cases.alert_board(who.access, who.at, fresh=fresh)
    around = AlertFilter("", wanted.org_unit_id, wanted.process, wanted.level)
    counts = cases.alert_counts(cases.narrowed(board, around, who.access, who.at), who.at)
    key = ("figures", cases.eyes_of(who.access), wanted.org_unit_id, midnight(who.at))
    today, orders, again = kept(key, FIGURES_KEPT, lambda: _slow(who, wanted), fresh=fresh)
    tier = {name: sheets.address(asked, tier=name) for name in cases.TIERS}
    number = sheets.shown
    overdue, warned = counts.tiers["overdue"], counts.tiers["warn"]
    return {
        "figures": [
            Figure("超期未办", number(overdue), f"今日新增 {today['clock.overdue']}",
                   "over" if overdue else "", tier["overdue"]),
            Figure("预警", number(warned), f"1 小时内到期 {counts.soon}",
                   "warn" if warned else "", tier["warn"]),
            Figure("升级待确认", number(counts.tiers["escalated"]),
                   f"最高级 {counts.levels.get(max(counts.levels, default=0), 0)}", "", tier["escalated"]),
            Figure("督办在途", number(orders.waiting), f"逾期未答 {orders.late}",
                   "over" if orders.late else "", tier["supervised"]),
            Figure("返工未结", number(again.reworked), f"2 次以上 {again.twice}"),
            Figure("今日受理", number(today["case.opened"]), f"办结 {today['case.closed']}"),
        ]
    }  # fmt: skip


def tabs_panel(who: Commander, asked: QueryDict) -> dict[str, Any]:
    """Return the tabs over the board with their counts."""
    wanted = sheets.filter_of(asked)
    board = cases.alert_board(who.access, who.at)
    around = AlertFilter("", wanted.org_unit_id, wanted.process, wanted.level)
    counts = cases.alert_counts(cases.narrowed(board, around, who.access, who.at), who.at)
    return {"tabs": sheets.tabs(asked, counts)}


def _slow(who: Commander, wanted: AlertFilter) -> tuple[Mapping[str, int], Any, Any]:
    since = midnight(who.at)
    until = since + timedelta(days=1)
    if wanted.org_unit_id:
        scope = who.access.scope("case.view")
        below = [one for one in who.access.tree.under(wanted.org_unit_id) if one in scope]
        today = cases.org_unit_figures(below, since, until)
    else:
        below = None
        today = cases.day_figures(who.access, since, until)
    return (
        today,
        cases.order_counts(who.access, who.at, below),
        cases.rework_counts(who.access, below),
    )


def loads_panel(who: Commander, asked: QueryDict, *, fresh: bool = False) -> dict[str, Any]:
    """Return how much each org unit has in hand."""
    key = ("loads", cases.eyes_of(who.access))
    found = kept(key, LOADS_KEPT, lambda: cases.org_unit_loads(who.access, who.at), fresh=fresh)
    wanted = sheets.filter_of(asked).org_unit_id
    below = set(who.access.tree.under(wanted)) if wanted else None
    mine = [one for one in found if below is None or one.org_unit_id in below]
    return {
        "loads": mine,
        "open_total": sum(one.open for one in mine),
        "people_total": sum(one.people for one in mine),
        "heaviest": max((one.each for one in mine), default=0),
        "share": _share(mine),
    }


def _share(loads: Sequence[OrgUnitLoad]) -> dict[int, int]:
    """Return how long each bar is: the fullest org unit's is whole."""
    most = max((one.open for one in loads), default=0) or 1
    return {one.org_unit_id: round(100 * one.open / most) for one in loads}


def orders_panel(who: Commander) -> dict[str, Any]:
    """Return the supervision orders under way that a person may see."""
    page = cases.supervision_under_way(who.access, size=ORDERS_LISTED)
    return {"orders": page.rows, "more_orders": bool(page.next_cursor), "at": who.at}


def desk_page(who: Commander, asked: QueryDict) -> dict[str, Any]:
    """Return the whole desk."""
    return {
        **board_panel(who, asked, fresh=True),
        **figures_panel(who, asked),
        **loads_panel(who, asked),
        **orders_panel(who),
        "segments": sheets.segments(asked, who.access),
        "now": who.at,
    }


def process_titles() -> dict[str, str]:
    """Return the processes in force by key."""
    return kept(
        "processes",
        PROCESSES_KEPT,
        lambda: {one.key: one.title for one in packs.definitions(kind="process")},
    )


def midnight(at: datetime) -> datetime:
    """Return when the day of a moment began, here."""
    return timezone.make_aware(datetime.combine(timezone.localtime(at).date(), time()))
