"""A process as a net of places, so that a log can be laid beside it.

Places are sequence flows and a few of our own (`busy:` an activity is under way). What is simplified: an inclusive
join passes each subset of its inputs on, a multi-instance activity is one that may be repeated, a
non-interrupting boundary event happens at most once per run of its activity, and conditions are not
decided: every outgoing flow may be taken that its gateway could take.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import combinations

from bihuan.engines.bpmn.model import EventKind, Node, NodeKind, Process

START = "start"
# An inclusive gateway with more branches is split into each branch alone, or all of them.
MANY = 5
_EVENTS = frozenset(
    {NodeKind.INTERMEDIATE_CATCH_EVENT, NodeKind.INTERMEDIATE_THROW_EVENT, NodeKind.END_EVENT}
)
Tokens = frozenset[str]
NOTHING: Tokens = frozenset()


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that can happen: takes a token from each of `takes`, puts one on each of `puts`.

    `label` is the activity a log would note, "" for what leaves no trace. It is possible only while `empty` is,
    and empties `clears`.
    """

    node: str
    takes: Tokens
    puts: Tokens
    label: str = ""
    empty: Tokens = NOTHING
    clears: Tokens = NOTHING


@dataclass(frozen=True, slots=True)
class Net:
    """All transitions. The net begins with one token on `START` and is done when none is left.

    `flows` are the places that are sequence flows.
    """

    transitions: tuple[Transition, ...]
    flows: frozenset[str]
    labels: frozenset[str]


def by_name(node: Node) -> str:
    """Return what other systems' logs call a node: its name, else its id."""
    return node.name or node.id


def by_id(node: Node) -> str:
    """Return what our own facts call a node."""
    return node.id


def net(
    process: Process, activities: Collection[str], label_of: Callable[[Node], str] = by_name
) -> Net:
    """Return the net of a process for a log with these activities.

    Units leave a trace always; other activities and events only when the log knows their label.
    """
    reader = _Reader(process, frozenset(activities), label_of)
    found = tuple(reader.transitions())
    labels = frozenset(one.label for one in found if one.label)
    return Net(found, frozenset(process.flows), labels)


class _Reader:
    def __init__(
        self, process: Process, activities: frozenset[str], label_of: Callable[[Node], str]
    ) -> None:
        self.process = process
        self.activities = activities
        self.label_of = label_of

    def transitions(self) -> Iterator[Transition]:
        yield from self._start("", START)
        for node in self.process.nodes.values():
            yield from self._node(node)

    def _node(self, node: Node) -> Iterator[Transition]:
        if node.kind in (NodeKind.START_EVENT, NodeKind.BOUNDARY_EVENT):
            return
        if node.kind is NodeKind.PARALLEL_GATEWAY:
            yield Transition(node.id, frozenset(node.incoming), frozenset(node.outgoing))
        elif node.kind in (NodeKind.EXCLUSIVE_GATEWAY, NodeKind.EVENT_BASED_GATEWAY):
            yield from self._one_of(node)
        elif node.kind is NodeKind.INCLUSIVE_GATEWAY:
            yield from self._some_of(node)
        elif node.kind in _EVENTS:
            yield from self._event(node)
        elif node.kind is NodeKind.SUB_PROCESS:
            yield from self._sub_process(node)
        else:
            yield from self._activity(node)

    # ------------------------------------------------------------ beginnings
    def _start(self, scope: str, place: str) -> Iterator[Transition]:
        """Begin a scope: each start event may, or the nodes nothing leads to do."""
        inside = [node for node in self.process.nodes.values() if node.scope == scope]
        starts = [node for node in inside if node.kind is NodeKind.START_EVENT]
        for start in starts:
            yield Transition(start.id, frozenset({place}), frozenset(start.outgoing))
        if not starts and (loose := [node for node in inside if self._begins(node)]):
            entries = frozenset(_entry(node) for node in loose)
            yield Transition(loose[0].id, frozenset({place}), entries)

    def _begins(self, node: Node) -> bool:
        return not node.incoming and node.kind is not NodeKind.BOUNDARY_EVENT

    def _ways_in(self, node: Node) -> Iterator[Tokens]:
        if not node.incoming:
            yield frozenset({_entry(node)})
        for flow in node.incoming:
            yield frozenset({flow})

    # ------------------------------------------------------------ gateways
    def _one_of(self, node: Node) -> Iterator[Transition]:
        at = frozenset({f"at:{node.id}"})
        for way in self._ways_in(node):
            yield Transition(node.id, way, at)
        for out in _each(node.outgoing):
            yield Transition(node.id, at, out)

    def _some_of(self, node: Node) -> Iterator[Transition]:
        at = frozenset({f"at:{node.id}"})
        for taken in _subsets(node.incoming):
            yield Transition(node.id, taken, at)
        for given in _subsets(node.outgoing):
            yield Transition(node.id, at, given)

    # ------------------------------------------------------------ events and activities
    def _label(self, node: Node) -> str:
        label = self.label_of(node)
        return label if node.kind is NodeKind.USER_TASK or label in self.activities else ""

    def _event(self, node: Node) -> Iterator[Transition]:
        ends_scope = node.event.kind in (EventKind.TERMINATE, EventKind.ERROR)
        ends_scope = ends_scope and node.kind is NodeKind.END_EVENT
        clears = self._inside(node.scope) if ends_scope else NOTHING
        for way in self._ways_in(node):
            yield Transition(
                node.id, way, frozenset(node.outgoing), self._label(node), clears=clears
            )

    def _activity(self, node: Node) -> Iterator[Transition]:
        label, busy = self._label(node), frozenset({f"busy:{node.id}"})
        for way in self._ways_in(node):
            yield Transition(node.id, way, busy)
        late = frozenset({f"late:{node.id}"})
        yield from self._boundaries(node, busy, late)
        if node.multi is None:
            for under_way in (busy, late):
                yield from self._out(node, under_way, label)
            return
        more = frozenset({f"more:{node.id}"})
        for under_way in (busy, late, more):
            yield Transition(node.id, under_way, more, label)
        yield from self._out(node, more, "")

    def _boundaries(self, node: Node, busy: Tokens, late: Tokens) -> Iterator[Transition]:
        inner = self._inside(node.id)
        for event in self.process.boundary_events(node.id):
            out = frozenset(event.outgoing)
            if not event.interrupting:
                yield Transition(event.id, busy, late | out)
                continue
            for under_way in (busy, late):
                yield Transition(event.id, under_way, out, clears=inner)

    def _out(
        self, node: Node, under_way: Tokens, label: str, empty: Tokens = NOTHING
    ) -> Iterator[Transition]:
        """Leave an activity: by all its flows, or where they have conditions by some of them."""
        conditional = any(self.process.flows[flow].condition for flow in node.outgoing)
        ways = _subsets(node.outgoing) if conditional else [frozenset(node.outgoing)]
        for out in ways:
            yield Transition(node.id, under_way, out, label, empty=empty)

    # ------------------------------------------------------------ sub-processes
    def _sub_process(self, node: Node) -> Iterator[Transition]:
        busy, begin = frozenset({f"busy:{node.id}"}), f"begin:{node.id}"
        late, inner = frozenset({f"late:{node.id}"}), self._inside(node.id)
        for way in self._ways_in(node):
            yield Transition(node.id, way, busy | {begin})
        yield from self._start(node.id, begin)
        yield from self._boundaries(node, busy, late)
        for under_way in (busy, late):
            yield from self._out(node, under_way, "", empty=inner)
            if node.multi is not None:
                yield Transition(node.id, under_way, under_way | {begin}, empty=inner)

    def _inside(self, scope: str) -> Tokens:
        """Return every place that lies in a scope; the process itself is the scope ""."""
        places: set[str] = set()
        if scope:
            places.add(f"begin:{scope}")
        for node in self.process.nodes.values():
            if node.scope == scope:
                places |= _places(node)
                if node.kind is NodeKind.SUB_PROCESS:
                    places |= self._inside(node.id)
        return frozenset(places)


def _entry(node: Node) -> str:
    return f"entry:{node.id}"


def _places(node: Node) -> set[str]:
    own = {f"{kind}:{node.id}" for kind in ("entry", "busy", "late", "more", "at")}
    return own | set(node.incoming) | set(node.outgoing)


def _each(flows: tuple[str, ...]) -> Iterator[Tokens]:
    """Return each flow alone, or nothing at all where a gateway ends."""
    if not flows:
        yield NOTHING
    for flow in flows:
        yield frozenset({flow})


def _subsets(flows: tuple[str, ...]) -> list[Tokens]:
    if not flows:
        return [NOTHING]
    sizes = range(1, len(flows) + 1) if len(flows) <= MANY else (1, len(flows))
    return [frozenset(some) for size in sizes for some in combinations(flows, size)]
