"""The queue at the left of the workbench: tiles, chips and cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from bihuan.domain.cases.queries import CaseCard
from bihuan.domain.processes.queries import InboxCounts, UnitRow
from bihuan.engines.bpmn.model import PRIORITIES
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import case_address, is_loud, kind_of
from bihuan.surfaces.workspace.sheets.chips import ChipSheet

TILES: Final = (
    ("overdue", "超期", "over"),
    ("warn", "预警", "warn"),
    ("normal", "正常", ""),
    ("paused", "停表", ""),
)


class Card(NamedTuple):
    """One unit to be done; the template takes the values in this order."""

    unit_id: int
    number: str
    address: str
    kind: str
    loud: bool
    title: str
    customer: str
    unit: str
    rework: int
    chip: ChipSheet
    flag: str = ""
    flag_tone: str = ""
    channel: str = ""
    channel_sign: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A tile or chip of the queue's filter."""

    title: str
    address: str
    on: bool
    count: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue with its filter."""

    cards: Sequence[Card]
    tiles: Sequence[Link]
    kinds: Sequence[Link]
    total: str
    address: str
    all_address: str
    filtered: bool
    next_address: str = ""
    prev_address: str = ""
    is_later: bool = False
    batch: Sequence[Mapping[str, str]] = ()
    awaited: Sequence[Mapping[str, str]] = ()


def card(row: UnitRow, case: CaseCard, chip: ChipSheet) -> Card:
    """Return the card of a unit of a case; one flag only, the gravest."""
    flag, tone = _flag(row, case)
    return Card(
        unit_id=row.id,
        number=case.number,
        address=f"{case_address(case.number)}?unit={row.id}",
        kind=kind_of(case),
        loud=is_loud(case),
        title=case.title,
        customer=case.contact_name,
        unit=row.title,
        rework=case.rework_count,
        chip=chip,
        flag=flag,
        flag_tone=tone,
        channel=words.CHANNELS.get(case.channel, ""),
        channel_sign=words.channel_sign(case.channel),
    )


def _flag(row: UnitRow, case: CaseCard) -> tuple[str, str]:
    if case.grade == "MAJOR":
        return "重大", "over"
    is_first = row.priority > PRIORITIES["NORMAL"]
    if row.assignee_id is None:
        return ("优先待取", "warn") if is_first else ("待取", "brand")
    return ("优先", "warn") if is_first else ("", "")


def tier_links(asked: QueryDict, counts: InboxCounts) -> list[Link]:
    """Return the four tiles by clock."""
    chosen = asked.get("tier", "")
    return [
        Link(
            title=title,
            address=address(asked, tier="" if chosen == tier else tier),
            on=chosen == tier,
            count=count_title(counts.tiers.get(tier, 0), counts),
            tone=tone if counts.tiers.get(tier) else "",
        )
        for tier, title, tone in TILES
    ]


def kind_links(asked: QueryDict, counts: InboxCounts) -> list[Link]:
    """Return a chip for each kind of unit in the queue."""
    chosen = asked.get("node", "")
    total = count_title(sum(counts.titles.values()), counts)
    links = [Link("全部", address(asked, node=""), on=not chosen, count=total)]
    for title, count in sorted(counts.titles.items(), key=lambda pair: -pair[1])[:6]:
        said = count_title(count, counts)
        links.append(Link(title, address(asked, node=title), on=chosen == title, count=said))
    return links


def address(asked: QueryDict, **changes: str) -> str:
    """Return the queue's address with another filter, on its first page."""
    gone = {"after", "before", "unit", *changes}
    kept = {name: values for name, values in asked.lists() if name not in gone}
    kept |= {name: [value] for name, value in changes.items() if value}
    query = f"?{urlencode(kept, doseq=True)}" if kept else ""
    return f"{queue_address()}{query}"


@cache
def queue_address() -> str:
    """Return the queue's address without a filter."""
    return reverse("queue")


def count_title(count: int, counts: InboxCounts) -> str:
    """Write a count; counting stops where it no longer helps, and then each number may be higher."""
    return f"{min(count, 999)}+" if counts.cut else str(count)
