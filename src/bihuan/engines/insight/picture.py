"""Where a diagram draws its nodes and flows; laid out in columns when it draws nothing.

Coordinates are whole pixels with the upper left corner at 0, 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from bihuan.engines.bpmn import xml
from bihuan.engines.bpmn.document import Unreadable
from bihuan.engines.bpmn.model import Node, NodeKind, Process

DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
MARGIN: Final = 40
COLUMN, ROW = 170, 120
_ACTIVITY, _GATEWAY, _EVENT = (110, 76), (50, 50), (36, 36)
# What a file may say about places and still be drawn.
FARTHEST: Final = 100_000.0
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node is drawn."""

    node: str
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> Point:
        """Return the point in its middle."""
        return self.x + self.width // 2, self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Way:
    """Where a flow is drawn: at least two points."""

    flow: str
    points: tuple[Point, ...]

    @property
    def middle(self) -> Point:
        """Return the middle of its longest stretch: there is place for a word."""
        pairs = zip(self.points, self.points[1:], strict=False)
        one, other = max(pairs, key=lambda ends: _length(*ends))
        return (one[0] + other[0]) // 2, (one[1] + other[1]) // 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing of a whole process."""

    boxes: Mapping[str, Box]
    ways: Mapping[str, Way]
    width: int
    height: int


def picture(source: bytes, process: Process) -> Picture:
    """Return the file's own drawing of the process, or one in columns when it draws not all of its nodes."""
    boxes, drawn = _drawn(source, process)
    if boxes.keys() < process.nodes.keys():
        boxes, drawn = _columns(process), {}
    ways = {
        flow.id: drawn.get(flow.id) or _straight(flow.id, boxes[flow.source], boxes[flow.target])
        for flow in process.flows.values()
    }
    return _moved(boxes, ways)


def _drawn(source: bytes, process: Process) -> tuple[dict[str, Box], dict[str, Way]]:
    """Return what the file draws of the process; nothing when it cannot be read."""
    try:
        root = xml.load(source)
    except Unreadable:
        return {}, {}
    boxes = {box.node: box for box in _shapes(root) if box.node in process.nodes}
    return boxes, {way.flow: way for way in _edges(root) if way.flow in process.flows}


def _moved(boxes: Mapping[str, Box], ways: Mapping[str, Way]) -> Picture:
    """Move everything so that it begins in the corner, with a margin."""
    points = [point for way in ways.values() for point in way.points]
    for box in boxes.values():
        points += [(box.x, box.y), (box.x + box.width, box.y + box.height)]
    left = min((x for x, _ in points), default=0) - MARGIN
    top = min((y for _, y in points), default=0) - MARGIN
    right = max((x for x, _ in points), default=0) + MARGIN
    bottom = max((y for _, y in points), default=0) + MARGIN
    return Picture(
        {
            id_: Box(box.node, box.x - left, box.y - top, box.width, box.height)
            for id_, box in boxes.items()
        },
        {
            id_: Way(way.flow, tuple((x - left, y - top) for x, y in way.points))
            for id_, way in ways.items()
        },
        right - left,
        bottom - top,
    )


# -------------------------------------------------------------------- from the file
def _shapes(root: etree._Element) -> Iterator[Box]:
    for shape in root.iter(f"{{{xml.BPMNDI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        if bounds is None:
            continue
        numbers = [_number(bounds.get(name)) for name in ("x", "y", "width", "height")]
        x, y, width, height = (0 if one is None else one for one in numbers)
        if None not in numbers and width > 0 and height > 0:
            yield Box(shape.get("bpmnElement", "").strip(), x, y, width, height)


def _edges(root: etree._Element) -> Iterator[Way]:
    for edge in root.iter(f"{{{xml.BPMNDI}}}BPMNEdge"):
        points = []
        for place in edge.iterchildren(f"{{{DI}}}waypoint"):
            x, y = _number(place.get("x")), _number(place.get("y"))
            if x is not None and y is not None:
                points.append((x, y))
        if len(points) > 1:
            yield Way(edge.get("bpmnElement", "").strip(), tuple(points))


def _number(text: str | None) -> int | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return round(found) if abs(found) <= FARTHEST else None


# -------------------------------------------------------------------- in columns
def _columns(process: Process) -> dict[str, Box]:
    """Place each scope's nodes in columns by how far they are from its start; scopes below one another."""
    boxes: dict[str, Box] = {}
    top = 0
    for scope in ["", *(n.id for n in process.nodes.values() if n.kind is NodeKind.SUB_PROCESS)]:
        rows: dict[int, int] = {}
        nodes = [node for node in process.nodes.values() if node.scope == scope]
        columns = _depths(process, nodes)
        for node in nodes:
            column = columns[node.id]
            row = rows.get(column, 0)
            rows[column] = row + 1
            width, height = _size(node)
            x = column * COLUMN + (_ACTIVITY[0] - width) // 2
            y = top + row * ROW + (_ACTIVITY[1] - height) // 2
            boxes[node.id] = Box(node.id, x, y, width, height)
        top += max(rows.values(), default=0) * ROW
    return boxes


def _depths(process: Process, nodes: list[Node]) -> dict[str, int]:
    """Return each node's distance from where the scope begins, every node seen once: ways back go left."""
    depths: dict[str, int] = {}
    begins = [node for node in nodes if not node.incoming and not node.attached_to] or nodes[:1]
    waiting = [(node, 0) for node in begins]
    while waiting:
        node, depth = waiting.pop(0)
        if node.id in depths:
            continue
        depths[node.id] = depth
        following = [target for _, target in process.targets(node)]
        for event in process.boundary_events(node.id):
            depths.setdefault(event.id, depth)
            following += [target for _, target in process.targets(event)]
        waiting += [(target, depth + 1) for target in following]
    last = max(depths.values(), default=0)
    return {node.id: depths.get(node.id, last + 1) for node in nodes}


def _size(node: Node) -> Point:
    if node.kind.value.endswith("Event"):
        return _EVENT
    return _GATEWAY if node.kind.value.endswith("Gateway") else _ACTIVITY


def _straight(flow: str, source: Box, target: Box) -> Way:
    (from_x, from_y), (to_x, to_y) = source.middle, target.middle
    if to_x > from_x:
        begin, end = (source.x + source.width, from_y), (target.x, to_y)
    elif to_x < from_x:
        return _back(flow, source, target)
    else:
        begin, end = (from_x, source.y + source.height), (to_x, target.y)
    turn = (begin[0] + end[0]) // 2
    if begin[1] == end[1] or begin[0] == end[0]:
        return Way(flow, (begin, end))
    return Way(flow, (begin, (turn, begin[1]), (turn, end[1]), end))


def _back(flow: str, source: Box, target: Box) -> Way:
    """Go round below: a way back."""
    low = max(source.y + source.height, target.y + target.height) + ROW // 4
    (from_x, _), (to_x, _) = source.middle, target.middle
    begin, end = (from_x, source.y + source.height), (to_x, target.y + target.height)
    return Way(flow, (begin, (from_x, low), (to_x, low), end))


def _length(one: Point, other: Point) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
