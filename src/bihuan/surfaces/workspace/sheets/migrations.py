"""A migration as its page shows it: versions to choose from, nodes to map, what became of each instance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.events import case_id_of
from bihuan.domain.org.ports import Access
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import queries
from bihuan.domain.processes.actions import MigrationPlan, MigrationReport

NODE = "node."
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


@dataclass(frozen=True, slots=True)
class ResultLine:
    """What became of one instance, or would."""

    label: str
    is_moved: bool
    words: str


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


def result_lines(report: MigrationReport, access: Access) -> list[ResultLine]:
    """Return a line for each instance, those that stay first."""
    seen = cases.case_cards(
        access,
        [case_id_of(one.subject) for one in report.results if one.subject.startswith("case:")],
    )
    lines = [
        ResultLine(
            label=_label(one.subject, one.instance_id, seen),
            is_moved=not one.message,
            words=one.message or "、".join(f"{a} → {b}" for _, a, b in one.moved if a != b),
        )
        for one in report.results
    ]
    return sorted(lines, key=lambda line: line.is_moved)


def _label(subject: str, instance_id: int, seen: Mapping[int, Any]) -> str:
    card = seen.get(case_id_of(subject)) if subject.startswith("case:") else None
    return f"{card.number} {card.title}" if card else f"流程 {instance_id}"


def _versions(key: str) -> list[VersionSheet]:
    found = [one for one in packs.versions("process", key) if one.published_at is not None]
    running = queries.running_by_definition([one.pk for one in found])
    return [VersionSheet(one.pk, one.version, running.get(one.pk, 0)) for one in found]


def _among(text: str, ids: set[int]) -> int:
    return int(text) if text.isdecimal() and int(text) in ids else 0


def _lost(from_id: int, to_id: int, nodes: Mapping[str, str]) -> tuple[list[Lost], Options]:
    old, new = (packs.definition(one).compiled["process"]["nodes"] for one in (from_id, to_id))
    known = {node["id"] for node in new}
    lost = [
        Lost(node["id"], node.get("name") or node["id"], nodes.get(node["id"], ""))
        for node in old
        if node["id"] not in known
    ]
    return lost, [(node["id"], f"{node.get('name') or node['id']}（{node['id']}）") for node in new]
