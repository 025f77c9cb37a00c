"""A process as conformance scripts take it: the flow counts, not who works, on what form, with which verb."""

from dataclasses import replace

from bihuan.engines.bpmn.model import Node, NodeKind, Process, UnitRules

AUTOMATIC = frozenset(
    {
        NodeKind.SERVICE_TASK,
        NodeKind.SEND_TASK,
        NodeKind.SCRIPT_TASK,
        NodeKind.BUSINESS_RULE_TASK,
    }
)


def for_scripts(process: Process) -> Process:
    """Return a process whose posts, forms, calendars and verbs need not exist; service tasks pass through."""
    nodes = {id_: _node(node) for id_, node in process.nodes.items()}
    groups = tuple(replace(group, calendar="") for group in process.limit_groups)
    return replace(process, nodes=nodes, limit_groups=groups)


def _node(node: Node) -> Node:
    if node.kind in AUTOMATIC:
        return replace(node, kind=NodeKind.TASK, verb="", decision="", params={})
    return replace(node, unit=_unit(node.unit)) if node.unit else node


def _unit(rules: UnitRules) -> UnitRules:
    return replace(
        rules, post="", operators="", form="", calendar="", unit="", excludes=(), charges=""
    )
