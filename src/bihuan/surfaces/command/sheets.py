"""The board as pages show it: lines, figures, filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse

from bihuan.domain.cases.queries import AlertCounts, AlertFilter, AlertRow
from bihuan.domain.org.ports import Access
from bihuan.surfaces.command.chips import NO_CHIP, Chip, chips_of_units

TABS: Final = (
    ("", "全部"),
    ("overdue", "超期"),
    ("warn", "预警"),
    ("escalated", "升级"),
    ("supervised", "督办"),
)
GRAVE: Final = 3
LEVELS: Final = ((2, "二级以上"), (3, "三级以上"), (4, "最高级"))
MOST_SEGMENTS: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One case on the board."""

    row: AlertRow
    chip: Chip
    address: str
    drawer: str
    urge: str
    assign: str
    who: str
    tone: str


@dataclass(frozen=True, slots=True)
class Link:
    """A tab or segment of a filter."""

    title: str
    address: str
    on: bool
    count: str = ""
    value: str = ""


def lines_of(rows: Sequence[AlertRow], at: datetime) -> list[Line]:
    """Return the lines of the board with their clocks."""
    chips = chips_of_units([row.unit_id for row in rows if row.unit_id], at)
    return [line_of(row, chips) for row in rows]


def line_of(row: AlertRow, chips: Mapping[int, Chip]) -> Line:
    """Return one line of the board."""

    def operation(verb: str) -> str:
        return reverse("unit-operation", args=[row.unit_id, verb]) if row.unit_id else ""

    return Line(
        row=row,
        chip=chips.get(row.unit_id or 0, NO_CHIP),
        address=reverse("case", args=[row.number]),
        drawer=reverse("command-case", args=[row.number]),
        urge=operation("urge") if row.may_urge else "",
        assign=operation("assign") if row.may_assign else "",
        who=row.assignee or row.org_unit,
        tone="over" if row.level >= GRAVE else "warn",
    )


def filter_of(asked: QueryDict) -> AlertFilter:
    """Read the filter from the address."""
    return AlertFilter(
        tier=asked.get("tier", ""),
        org_unit_id=_number(asked.get("unit", "")) or None,
        process=asked.get("process", ""),
        level=_number(asked.get("level", "")),
    )


def tabs(asked: QueryDict, counts: AlertCounts) -> list[Link]:
    """Return the tabs over the board, each with its count."""
    chosen = asked.get("tier", "")
    return [
        Link(
            title,
            address(asked, tier=tier),
            chosen == tier,
            shown(counts.tiers.get(tier, 0) if tier else counts.all),
            tier,
        )
        for tier, title in TABS
    ]


def segments(asked: QueryDict, access: Access) -> list[Link]:
    """Return the org units right below the highest one the person commands, to switch the whole page."""
    chosen = asked.get("unit", "")
    units = access.tree.units
    scope = access.scope("case.supervise")
    mine = [units[one] for one in scope.unit_ids if one in units]
    tops = [one for one in mine if one.parent_id not in scope.unit_ids]
    below = [one for one in mine if one.parent_id in {top.id for top in tops}]
    offered = below if len(tops) == 1 else tops
    links = [Link("全部", address(asked, unit=""), not chosen)]
    for unit in sorted(offered, key=lambda one: one.path)[:MOST_SEGMENTS]:
        key = str(unit.id)
        links.append(Link(unit.name, address(asked, unit=key), chosen == key, value=key))
    return links


def choices(asked: QueryDict, access: Access, processes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the filters that are lists to choose from."""
    scope = access.scope("case.supervise")
    units = sorted(
        (one for one in access.tree.units.values() if one.id in scope), key=lambda one: one.path
    )
    indent = {one.id: "\u3000" * (one.path.count("/") - 2) + one.name for one in units}
    named = [
        ("unit", "单位", [(str(one.id), indent[one.id]) for one in units]),
        ("process", "流程", list(processes.items())),
        ("level", "级别", [(str(level), title) for level, title in LEVELS]),
    ]
    return [
        {"name": name, "title": title, "value": asked.get(name, ""), "options": options}
        for name, title, options in named
    ]


def address(asked: QueryDict, **changes: str) -> str:
    """Return the desk's address with another filter, on its first page."""
    query = query_of(asked, **changes)
    return f"{reverse('command')}?{query}" if query else reverse("command")


def query_of(asked: QueryDict, **changes: str) -> str:
    """Return the filter as it stands in an address."""
    kept = {name: asked.get(name, "") for name in ("tier", "unit", "process", "level")}
    kept.update(changes)
    made = QueryDict(mutable=True)
    made.update({name: value for name, value in kept.items() if value})
    return made.urlencode()


def shown(count: int) -> str:
    """Write a count; counting stops where it no longer helps."""
    return "999+" if count > 999 else str(count)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
