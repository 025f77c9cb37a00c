"""Marks of a token that holds another's place, or one place together with others.

They lie in `Token.local`; no identifier of a condition can look like one.
"""

from bihuan.engines.bpmn.run_state import Token

BACK, WITH, GROUP = "@back", "@with", "@group"


def is_stand_in(token: Token) -> bool:
    """Whether a token holds the place of a unit that waits for a correction."""
    return BACK in token.local


def is_together(token: Token) -> bool:
    """Whether a token is of a group of co-handlers, or holds another's place."""
    return GROUP in token.local or BACK in token.local


def held_node(token: Token) -> str:
    """Return the node whose place in the diagram a token holds."""
    node, back = token.node, token.local.get(BACK)
    while back:
        node, back = back["node"], back["local"].get(BACK)
    return node


def group_of(token: Token) -> int:
    """Return the unit a token's group of co-handlers began with: itself when nobody was added."""
    unit, local = token.id, token.local
    while back := local.get(BACK):
        unit, local = back["unit"], back["local"]
    group: int = local.get(GROUP, unit)
    return group


def activity_of(boundary: Token) -> int:
    """Return the unit whose activity a boundary event sits on: its host, or whom its host's group began with."""
    group: int = boundary.local.get(GROUP, boundary.parents[0])
    return group
