"""Gathers the problems of one process, each with its element's name, id and line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from bihuan.engines.bpmn.document import Problem, Severity, label
from bihuan.engines.bpmn.model import Node, NodeKind, Process

LONGEST = 240
_WORDS = {
    NodeKind.USER_TASK: "环节",
    NodeKind.SUB_PROCESS: "子流程",
    NodeKind.CALL_ACTIVITY: "调用环节",
    NodeKind.BOUNDARY_EVENT: "边界事件",
    NodeKind.START_EVENT: "开始事件",
    NodeKind.END_EVENT: "结束事件",
    NodeKind.EXCLUSIVE_GATEWAY: "网关",
    NodeKind.PARALLEL_GATEWAY: "网关",
    NodeKind.INCLUSIVE_GATEWAY: "网关",
}


@dataclass(slots=True)
class Findings:
    """The problems found so far in one process."""

    process: Process
    lines: Mapping[str, int]
    problems: list[Problem] = field(default_factory=list)
    units: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Note which nodes are units."""
        nodes = self.process.nodes.values()
        self.units = frozenset(node.id for node in nodes if node.unit is not None)

    def error(self, element: str, message: str, remedy: str) -> None:
        """Add something that forbids publication."""
        self._add(element, message, remedy, Severity.ERROR)

    def warn(self, element: str, message: str, remedy: str) -> None:
        """Add something worth a look."""
        self._add(element, message, remedy, Severity.WARNING)

    def _add(self, element: str, message: str, remedy: str, severity: Severity) -> None:
        line = self.lines.get(element, 0)
        if len(message) > LONGEST:  # it quotes what was written, however long that is
            message = f"{message[: LONGEST * 2 // 3]}…{message[-LONGEST // 3 :]}"
        self.problems.append(Problem(message, remedy, element, line, severity))

    def flow(self, flow_id: str) -> str:
        """Name a flow by its ends: people know those, not flow ids."""
        flow = self.process.flows[flow_id]
        source, target = self.process.nodes[flow.source], self.process.nodes[flow.target]
        return f"从{named(source)}到{named(target)}的连线"


def named(node: Node) -> str:
    """Name a node: 环节「派单」（dispatch）."""
    return f"{_WORDS.get(node.kind, '节点')}{label(node.id, node.name)}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a remedy that offers the nearest known word, or some of those there are."""
    words = sorted(known)
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"是否想写“{near[0]}”"
    return f"请改用其中之一：{'、'.join(words[:12])}" if words else "请先定义它"
