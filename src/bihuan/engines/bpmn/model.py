"""What a process diagram says, as frozen values. The words are BPMN 2.0's.

A `Process` is a flat table of nodes; `Node.scope` names the sub-process a node lies in, "" being
the process itself. Everything here survives a round trip through JSON (`to_json`, `from_json`), so a
compiled definition is stored once and loaded without XML.
"""

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self, TypeVar

T = TypeVar("T")

# `bh:priority`: the words stand for numbers; up to LOW_PRIORITY a unit counts as of low priority.
PRIORITIES = {"LOW": 10, "NORMAL": 50, "HIGH": 90}
LOW_PRIORITY = 30


class NodeKind(StrEnum):
    """The elements of the subset (flow-engine.md §3); the value is BPMN's local name."""

    START_EVENT = "startEvent"
    END_EVENT = "endEvent"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    TASK = "task"
    SERVICE_TASK = "serviceTask"
    SEND_TASK = "sendTask"
    SCRIPT_TASK = "scriptTask"
    BUSINESS_RULE_TASK = "businessRuleTask"
    RECEIVE_TASK = "receiveTask"
    EXCLUSIVE_GATEWAY = "exclusiveGateway"
    PARALLEL_GATEWAY = "parallelGateway"
    INCLUSIVE_GATEWAY = "inclusiveGateway"
    EVENT_BASED_GATEWAY = "eventBasedGateway"
    SUB_PROCESS = "subProcess"
    CALL_ACTIVITY = "callActivity"
    BOUNDARY_EVENT = "boundaryEvent"
    INTERMEDIATE_CATCH_EVENT = "intermediateCatchEvent"
    INTERMEDIATE_THROW_EVENT = "intermediateThrowEvent"


class EventKind(StrEnum):
    """What triggers or is thrown by an event node; the value is the definition's local name."""

    NONE = ""
    TIMER = "timerEventDefinition"
    ERROR = "errorEventDefinition"
    ESCALATION = "escalationEventDefinition"
    TERMINATE = "terminateEventDefinition"
    MESSAGE = "messageEventDefinition"
    SIGNAL = "signalEventDefinition"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow. `id` is unique in its process, made up when the file gave none."""

    id: str
    source: str
    target: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class UnitRules:
    """The `bh:` attributes of a user task, as written (requirement FLW-02)."""

    post: str = ""
    operators: str = ""
    form: str = ""
    limit: str = ""
    calendar: str = ""
    warn_at: tuple[str, ...] = ()
    enter_if: str = ""
    submit_if: str = ""
    return_to: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    unit: str = ""
    priority: int = 0
    skip_on_overdue: bool = False
    charges: str = ""
    assignee: str = ""
    vote: str = ""

    @property
    def is_skippable(self) -> bool:
        """Whether the unit is passed over once it is overdue (requirement TKT-08)."""
        return self.skip_on_overdue and 0 < self.priority <= LOW_PRIORITY

    @property
    def charge_items(self) -> tuple[str, ...]:
        """Return the items the unit charges; blanks or commas stand between them."""
        return tuple(self.charges.replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """Several runs of one activity (会签/或签/票签)."""

    sequential: bool = False
    cardinality: str = ""
    collection: str = ""
    element_variable: str = ""
    completion_condition: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """The trigger of an event node. `timer` is `duration`, `cycle` or `date`; `expression` its text."""

    kind: EventKind = EventKind.NONE
    timer: str = ""
    expression: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One flow node. `incoming` and `outgoing` hold flow ids in file order."""

    id: str
    kind: NodeKind
    name: str = ""
    scope: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str = ""
    unit: UnitRules | None = None
    verb: str = ""
    params: dict[str, str] = field(default_factory=dict)
    event: Event = Event()
    attached_to: str = ""
    interrupting: bool = True
    called_element: str = ""
    binding: str = "latest"
    multi: MultiInstance | None = None
    decision: str = ""

    @property
    def awaits(self) -> str:
        """The name of the message or signal the node waits for; a receive task without one has its id."""
        return self.event.code or self.id


@dataclass(frozen=True, slots=True)
class LimitGroup:
    """One working-time budget over several units (requirement FLW-03)."""

    id: str
    name: str
    limit: str
    units: tuple[str, ...]
    calendar: str = ""
    warn_at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """A compiled process: node and flow tables in file order."""

    key: str
    name: str
    nodes: dict[str, Node]
    flows: dict[str, Flow]
    limit_groups: tuple[LimitGroup, ...] = ()

    def start_of(self, scope: str = "") -> Node:
        """Return the none start event of a scope, else its only node without incoming flow."""
        inside = [node for node in self.nodes.values() if node.scope == scope]
        starts = [node for node in inside if node.kind is NodeKind.START_EVENT]
        if starts:
            return starts[0]
        return next(n for n in inside if not n.incoming and n.kind is not NodeKind.BOUNDARY_EVENT)

    def boundary_events(self, activity: str) -> list[Node]:
        """Return the boundary events that sit on an activity."""
        return [node for node in self.nodes.values() if node.attached_to == activity]

    def targets(self, node: Node) -> list[tuple[Flow, Node]]:
        """Return a node's outgoing flows with the nodes they lead to, in file order."""
        flows = [self.flows[flow_id] for flow_id in node.outgoing]
        return [(flow, self.nodes[flow.target]) for flow in flows]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values from which `from_json` builds an equal process.

        Nodes and flows are lists: a JSON object may come back from a store in another order.
        """
        values = asdict(self)
        return values | {name: list(values[name].values()) for name in ("nodes", "flows")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build a process from `to_json`'s result."""
        return cls(
            key=data["key"],
            name=data["name"],
            nodes={value["id"]: _node(value) for value in data["nodes"]},
            flows={value["id"]: Flow(**value) for value in data["flows"]},
            limit_groups=tuple(_tuples(LimitGroup, group) for group in data["limit_groups"]),
        )


def _node(data: dict[str, Any]) -> Node:
    values = dict(data)
    values["kind"] = NodeKind(values["kind"])
    event = dict(values["event"])
    values["event"] = Event(**{**event, "kind": EventKind(event["kind"])})
    if values["unit"] is not None:
        values["unit"] = _tuples(UnitRules, values["unit"])
    if values["multi"] is not None:
        values["multi"] = MultiInstance(**values["multi"])
    return _tuples(Node, values)


def _tuples(kind: type[T], data: dict[str, Any]) -> T:
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k in names}
    )
