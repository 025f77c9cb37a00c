"""Where a unit leads to when it is submitted, as far as the drawing alone can say."""

from dataclasses import dataclass
from functools import lru_cache

from bihuan.domain.processes.queries import blueprints
from bihuan.engines.bpmn.model import Node, NodeKind, Process


@dataclass(frozen=True, slots=True)
class NextUnit:
    """A unit that may come next. `excludes_worker`: who submits this one may not do that one."""

    node: str
    title: str
    excludes_worker: bool


@dataclass(frozen=True, slots=True)
class NextUnits:
    """The units that may come next; with one of them and no other end, it is certain."""

    units: tuple[NextUnit, ...] = ()
    may_end: bool = False

    @property
    def certain(self) -> str:
        """Return the name of the next unit when there is no other way."""
        return self.units[0].title if len(self.units) == 1 and not self.may_end else ""


NOWHERE = NextUnits()


@lru_cache(maxsize=4096)
def next_units(definition_id: int, node_id: str) -> NextUnits:
    """Return the units that may follow a node; conditions are left open, several runs are not certain."""
    process = blueprints.blueprint(definition_id).graph.process
    here = process.nodes[node_id]
    found: dict[str, NextUnit] = {}
    ends, seen = here.multi is not None, {node_id}
    waiting = _after(process, here)
    while waiting:
        node = waiting.pop(0)
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.unit is not None:
            excluded = node_id in node.unit.excludes
            found[node.id] = NextUnit(node.id, node.name or node.id, excluded)
            continue
        ends = ends or (node.kind is NodeKind.END_EVENT and not node.scope)
        waiting += _after(process, node)
    return NextUnits(tuple(found.values()), ends)


def _after(process: Process, node: Node) -> list[Node]:
    """Return the nodes that follow: into a sub-process, along the flows, or out of it."""
    if node.kind is NodeKind.SUB_PROCESS:
        return [process.start_of(node.id)]
    outer = node
    while not outer.outgoing and outer.scope:
        outer = process.nodes[outer.scope]
    return [target for _flow, target in process.targets(outer)]
