"""The diagram with frequency and time on it, as numbers for an SVG (no style in the page, decision 0070)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bihuan.engines.bpmn.model import Node, NodeKind, Process
from bihuan.engines.insight.alignment import Aligner
from bihuan.engines.insight.follows import Activity, follows
from bihuan.engines.insight.log import Trace
from bihuan.engines.insight.paths import Path, Paths, paths
from bihuan.engines.insight.picture import Box, Picture, Way
from bihuan.surfaces.workspace.sheets.insight import share, spent, took

HEATS: Final = 4
THINNEST, THICKEST = 1.2, 7.0
WIDTH_OF_SIGN: Final = 13


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """One node: its shape, its words line by line, and how much time is spent in it (`heat` 0 to 4)."""

    shape: str
    box: Box
    lines: Sequence[str]
    figures: str
    heat: int
    title: str


@dataclass(frozen=True, slots=True)
class DrawnFlow:
    """One flow: its line, how thick, its label and where."""

    line: str
    thick: float
    label: str
    label_width: int
    x: int
    y: int
    title: str
    look: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole diagram. `undecided` cases are not in its figures."""

    nodes: Sequence[DrawnNode]
    flows: Sequence[DrawnFlow]
    width: int
    height: int
    undecided: int


@dataclass(frozen=True, slots=True)
class Canvas:
    """What is drawn: a process and where its nodes are."""

    process: Process
    picture: Picture


def drawing(canvas: Canvas, traces: Sequence[Trace], aligner: Aligner) -> Drawing:
    """Return the diagram with what some traces did."""
    walked = paths(traces, aligner)
    seen = follows(traces).activities
    return Drawing(
        nodes=list(_nodes(canvas, seen)),
        flows=list(_flows(canvas, walked)),
        width=canvas.picture.width,
        height=canvas.picture.height,
        undecided=walked.undecided,
    )


def _nodes(canvas: Canvas, seen: Mapping[str, Activity]) -> Iterable[DrawnNode]:
    every = sum(spent(one) for one in seen.values())
    for box in canvas.picture.boxes.values():
        node = canvas.process.nodes[box.node]
        one = seen.get(node.id)
        part = spent(one) / every if one and every else 0.0
        yield DrawnNode(
            shape=_shape(node),
            box=box,
            lines=_lines(node, box),
            figures=f"{one.count} 次 · {took(_typical(one))}" if one else "",
            heat=_heat(part) if one else 0,
            title=_told(node, one, part),
        )


def _typical(one: Activity) -> float:
    return one.waiting.median + one.handling.median


def _heat(part: float) -> int:
    """Return how hot a unit is: half of all time or more is as hot as it gets."""
    return min(HEATS, round(part * 2 * HEATS))


def _told(node: Node, one: Activity | None, part: float) -> str:
    name = node.name or node.id
    if one is None:
        return name
    return (
        f"{name}：{one.count} 次，{one.cases} 单；等待中位 {took(one.waiting.median)}，"
        f"办理中位 {took(one.handling.median)}；占总时间 {part:.0%}"
    )


def _shape(node: Node) -> str:
    if node.kind.value.endswith("Event"):
        return "end" if node.kind is NodeKind.END_EVENT else "event"
    if node.kind.value.endswith("Gateway"):
        return {
            NodeKind.PARALLEL_GATEWAY: "and",
            NodeKind.INCLUSIVE_GATEWAY: "or",
        }.get(node.kind, "xor")
    if node.kind is NodeKind.SUB_PROCESS:
        return "scope"
    return "unit" if node.kind is NodeKind.USER_TASK else "auto"


def _lines(node: Node, box: Box) -> list[str]:
    """Break a name into at most two lines that fit into the box."""
    if _shape(node) not in {"unit", "auto", "scope"}:
        return [node.name] if node.name else []
    most = max(2, (box.width - 8) // WIDTH_OF_SIGN)
    name = node.name or node.id
    if len(name) <= most:
        return [name]
    second = name[most:]
    return [name[:most], second if len(second) <= most else f"{second[: most - 1]}…"]


# -------------------------------------------------------------------- flows
def _flows(canvas: Canvas, walked: Paths) -> Iterable[DrawnFlow]:
    most = max((path.count for path in walked.flows.values()), default=1)
    for way in canvas.picture.ways.values():
        flow = canvas.process.flows[way.flow]
        path = walked.flows.get(way.flow)
        yield _flow(way, path, most, _whole(canvas.process, flow.source, walked))


def _whole(process: Process, source: str, walked: Paths) -> int:
    """Return how often anything left the node a flow leaves."""
    node = process.nodes[source]
    return sum(walked.flows[flow].count for flow in node.outgoing if flow in walked.flows)


def _flow(way: Way, path: Path | None, most: int, left: int) -> DrawnFlow:
    x, y = way.middle
    line = " ".join(f"{px},{py}" for px, py in way.points)
    if path is None:
        return DrawnFlow(line, 1.0, "", 0, x, y, "没有走过", "none")
    thick = THINNEST + (THICKEST - THINNEST) * (path.count / most)
    part = "" if path.count == left else f" · {share(path.count, left)}"
    label = f"{path.count}{part}"
    time = f"，下一环节中位 {took(path.took.median)}" if path.took.count else ""
    title = f"走过 {path.count} 次{time}"
    return DrawnFlow(line, round(thick, 1), label, 7 * len(label) + 8, x, y, title, "walked")
