"""What the diagram says about a unit that opens."""

from typing import Any

from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.queries.rows import Extra, Instance
from bihuan.engines.bpmn.model import Node


def unit_details(extra: Extra, node: Node, instance: Instance, variables: dict[str, Any]) -> None:
    """Fill in what the diagram says about a unit that opens: its name, post, place and priority."""
    extra.title = node.name or node.id
    rules = node.unit
    if rules is None:
        return
    extra.post = rules.post
    extra.priority = rules.priority or instance.priority
    extra.unit_id = _place(rules.unit, instance, variables)


def _place(variable: str, instance: Instance, variables: dict[str, Any]) -> int:
    wanted = variables.get(variable) if variable else None
    if wanted is None or wanted == "":
        return instance.unit_id
    tree = org.tree(instance.org_revision)
    found = tree.by_code.get(str(wanted))
    if found is not None:
        return found.id
    if str(wanted).isdigit() and int(str(wanted)) in tree.units:
        return int(str(wanted))
    raise refusals.PlaceUnknown
