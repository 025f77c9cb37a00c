"""A migration as its page shows it: versions to choose from, nodes to map, what became of each instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.http import QueryDict

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.org.ports import Access
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import queries
from bihuan.domain.processes.actions import MigrationPlan, MigrationReport
from bihuan.surfaces.workspace.sheets.cases import case_address

NODE = "node."
SAME_PLACE = "环节不变，由原经办人接着办"
Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class VersionSheet:
    """One published version, and how many instances run on it."""

    id: int
    number: int
    running: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A node the new version does not have; `to` is what it becomes."""

    id: str
    name: str
    to: str


@dataclass(frozen=True, slots=True)
class MigrationSheet:
    """What is chosen so far."""

    processes: Options
    key: str
    versions: Sequence[VersionSheet]
    from_id: int
    to_id: int
    reason: str = ""
    lost: Sequence[Lost] = ()
    targets: Options = ()
    nodes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_chosen(self) -> bool:
        """Tell whether it is clear from where to where."""
        return bool(self.from_id and self.to_id and self.from_id != self.to_id)

    @property
    def plan(self) -> MigrationPlan:
        """Return what the action is asked for."""
        return MigrationPlan(self.from_id, self.to_id, self.reason, self.nodes)


class Result(Protocol):
    """What became of one instance, in a trial or in the tables."""

    @property
    def instance_id(self) -> int:
        """The instance."""

    @property
    def subject(self) -> str:
        """What it runs for."""

    @property
    def message(self) -> str:
        """Why it stays; nothing when it is moved."""

    @property
    def moved(self) -> Sequence[Sequence[Any]]:
        """Token, node before and node after of what has another node now."""


@dataclass(frozen=True, slots=True)
class ResultLine:
    """What became of one instance, or would. Without an address the case is not for this person to see."""

    label: str
    is_moved: bool
    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """A part of a trial: its lines, how many there were so far, and behind which instance it goes on."""

    lines: Sequence[ResultLine]
    moved: int
    refused: int
    after: int = 0

    @property
    def is_over(self) -> bool:
        """Tell whether every instance was tried."""
        return self.after == 0


def migration_sheet(asked: QueryDict) -> MigrationSheet:
    """Read what was chosen; a process without two versions is not offered."""
    found = {one.key: one for one in packs.newest("process")}
    key = asked.get("key", "")
    versions = _versions(key) if key in found else []
    ids = {one.id for one in versions}
    from_id, to_id = (_among(asked.get(name, ""), ids) for name in ("from", "to"))
    typed = {name.removeprefix(NODE): to for name, to in asked.items() if name.startswith(NODE)}
    nodes = {before: str(after) for before, after in typed.items() if after}
    lost, targets = _lost(from_id, to_id, nodes) if from_id and to_id else ([], [])
    return MigrationSheet(
        processes=sorted((one.key, one.title or one.key) for one in found.values()),
        key=key,
        versions=versions,
        from_id=from_id,
        to_id=to_id,
        reason=asked.get("reason", "").strip(),
        lost=lost,
        targets=targets,
        nodes=nodes,
    )


def trial_of(report: MigrationReport, asked: QueryDict, size: int, access: Access) -> Trial:
    """Return a part of a trial; `moved` and `refused` in what was asked counted those before."""
    found = report.results
    refused = len(report.refused)
    before = [_number(asked.get(name, "")) for name in ("moved", "refused")]
    sheet = migration_sheet(asked)
    return Trial(
        lines=result_lines(found, (sheet.from_id, sheet.to_id), access),
        moved=before[0] + len(found) - refused,
        refused=before[1] + refused,
        after=found[-1].instance_id if len(found) == size else 0,
    )


def result_lines(
    results: Sequence[Result], versions: tuple[int, int], access: Access
) -> list[ResultLine]:
    """Return a line for each instance, those that stay first."""
    seen = cases.case_cards(
        access, [case_id_of(one.subject) for one in results if one.subject.startswith("case:")]
    )
    before, after = (_names(one) for one in versions)
    lines = []
    for one in results:
        card = seen.get(case_id_of(one.subject)) if one.subject.startswith("case:") else None
        ways = [f"{before.get(a, a)} → {after.get(b, b)}" for _, a, b in one.moved if a != b]
        lines.append(
            ResultLine(
                label=f"{card.number} {card.title}" if card else f"流程 {one.instance_id}",
                is_moved=not one.message,
                words=one.message or "、".join(dict.fromkeys(ways)) or SAME_PLACE,
                address=case_address(card.number) if card else "",
            )
        )
    return sorted(lines, key=lambda line: line.is_moved)


def _names(definition_id: int) -> dict[str, str]:
    nodes = packs.definition(definition_id).compiled["process"]["nodes"]
    return {node["id"]: node.get("name") or node["id"] for node in nodes}


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _versions(key: str) -> list[VersionSheet]:
    found = [one for one in packs.versions("process", key) if one.published_at is not None]
    running = queries.running_by_definition([one.pk for one in found])
    return [VersionSheet(one.pk, one.version, running.get(one.pk, 0)) for one in found]


def _among(text: str, ids: set[int]) -> int:
    return number if (number := _number(text)) in ids else 0


def _lost(from_id: int, to_id: int, nodes: Mapping[str, str]) -> tuple[list[Lost], Options]:
    old, new = (packs.definition(one).compiled["process"]["nodes"] for one in (from_id, to_id))
    known = {node["id"] for node in new}
    lost = [
        Lost(node["id"], node.get("name") or node["id"], nodes.get(node["id"], ""))
        for node in old
        if node["id"] not in known
    ]
    return lost, [(node["id"], f"{node.get('name') or node['id']}（{node['id']}）") for node in new]
