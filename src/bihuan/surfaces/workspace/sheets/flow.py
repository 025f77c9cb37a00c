"""The unit strip and the limit groups under it (DESIGN.md §4.4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bihuan.domain.processes.queries import ClockGroup, StripUnit
from bihuan.surfaces.workspace.sheets.chips import NO_CHIP, ChipSheet
from bihuan.surfaces.workspace.sheets.clocks import CaseClocks

OPEN: Final = frozenset({"OPEN", "CLAIMED"})

SIGNS: Final[Mapping[str, str]] = {
    "受理": "phone-incoming",
    "研判": "zoom-in",
    "派单": "send",
    "办理": "tool",
    "审核": "clipboard-check",
    "回访": "phone",
    "办结": "file-certificate",
    "归档": "file-certificate",
}


@dataclass(frozen=True, slots=True)
class StripNode:
    """One unit of the process."""

    name: str
    sign: str
    look: str
    tone: str
    bar: str
    share: int
    who: str
    time: str
    visits: int


@dataclass(frozen=True, slots=True)
class Arc:
    """The way back of a rework, from one column to an earlier one."""

    start: int
    end: int
    wide: int

    @property
    def path(self) -> str:
        """Return the arc as an SVG path."""
        right, left = self.end * 100 - 50, self.start * 100 - 50
        return f"M{right} 25 C{right - 5} 4,{left + 5} 4,{left} 25"


@dataclass(frozen=True, slots=True)
class Band:
    """One limit group, spanning the columns of its units."""

    name: str
    start: int
    end: int
    tone: str
    share: int
    used: str
    limit: str
    chip: ChipSheet
    note: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """The whole strip."""

    process: str
    round: int
    nodes: Sequence[StripNode]
    bands: Sequence[Band]
    arc: Arc | None


def sign_of(title: str) -> str:
    """Return the icon of a unit by its name."""
    return next((sign for word, sign in SIGNS.items() if word in title), "point")


def tone_of(chip: ChipSheet) -> str:
    """Return the colour of a clock on bars and rings."""
    if chip.late:
        return "over"
    return {"warn": "warn", "over": "over", "pause": "pause"}.get(chip.state, "")


def band(name: str, columns: Sequence[int], chip: ChipSheet) -> Band:
    """Return a limit group over the columns (from 1) of its units."""
    done = chip.state == "done"
    note = {"idle": "未开始"}.get(chip.state, chip.text)
    note = ("超期" if chip.late else "已停") if done else note
    return Band(
        name=name,
        start=min(columns),
        end=max(columns),
        tone="ok" if done and not chip.late else tone_of(chip),
        share=chip.share,
        used=chip.used,
        limit=chip.limit_text,
        chip=chip,
        note=note,
    )


def used_of_limit(chip: ChipSheet) -> str:
    """Write the time of a unit: 12分 / 限 30分."""
    if not chip.state:
        return ""
    return f"{chip.used} / 限 {chip.limit_text}"


def strip(
    units: Sequence[StripUnit],
    groups: Sequence[ClockGroup],
    clocks: CaseClocks,
    posts: Mapping[str, str],
) -> tuple[list[StripNode], list[Band], Arc | None]:
    """Return the nodes, the bands under them and the way back of the last rework."""
    current = next((n for n, unit in enumerate(units) if unit.state in OPEN), len(units))
    nodes = [
        _node(unit, clocks, posts, is_ahead=position > current)
        for position, unit in enumerate(units)
    ]
    columns = {unit.node: position for position, unit in enumerate(units, start=1)}
    bands = [
        band(group.name, spanned, chip)
        for group in groups
        if (spanned := [columns[node] for node in group.units if node in columns])
        and (chip := clocks.of(group.owner)).state
    ]
    return nodes, bands, _arc(units)


def _node(
    unit: StripUnit, clocks: CaseClocks, posts: Mapping[str, str], *, is_ahead: bool
) -> StripNode:
    chip = clocks.of(unit.clock_owner) if unit.clock_owner else NO_CHIP
    is_open = unit.state in OPEN
    look = "cur" if is_open else "done" if unit.closed_at and not is_ahead else "fut"
    tone = tone_of(chip)
    bar = {"done": "over" if chip.late else "brand", "cur": tone, "fut": "mute"}[look]
    return StripNode(
        name=unit.title,
        sign=sign_of(unit.title),
        look=look,
        tone=tone if is_open else "",
        bar=bar,
        share=chip.share,
        who=unit.assignee or ("待取" if is_open else posts.get(unit.post, "")),
        time=used_of_limit(chip),
        visits=unit.visits,
    )


def _arc(units: Sequence[StripUnit]) -> Arc | None:
    """Return the arc over the units that were done more than once."""
    again = [position for position, unit in enumerate(units, start=1) if unit.visits > 1]
    if not again:
        return None
    start = again[0]
    later = [n for n, unit in enumerate(units, start=1) if n > start and unit.visits > 0]
    return Arc(start, max(later), 100 * len(units)) if later else None
