"""Straight back: a unit given back for correction while its own flow waits where it is.

The corrected unit opens once more *in the place of* the one that gave it back and remembers that place; nothing
of what lay between is undone. When it is done the waiting unit opens again. It is not armed with the boundary
events of its node: they belong to the node's own turn in the diagram.
"""

from typing import Any

from bihuan.engines.bpmn.run_marks import BACK, GROUP, WITH, group_of
from bihuan.engines.bpmn.run_state import Arrival, CloseKind, Origin, Token, TokenKind
from bihuan.engines.bpmn.run_work import Work


def corrected(work: Work, token: Token) -> Token:
    """Return the finished unit that a stand-in does once more; any other token is its own."""
    back = token.local.get(BACK)
    return work.tokens.get(back["of"], token) if back else token


def send_back_for(work: Work, token: Token, target: Token) -> Token:
    """Close `token` and open `target`'s unit in its place; return the unit opened."""
    back = {
        "of": target.id,
        "unit": token.id,
        "node": token.node,
        "flow": token.flow_in,
        "loop_no": token.loop_no,
        "local": token.local,
    }
    work.cancel(token, CloseKind.RETURNED)
    arrival = Arrival(target.node, token.flow_in, (token.id,), token.scope, Origin.RETURN)
    return work.open(arrival, TokenKind.USER, local={BACK: back}, loop_no=token.loop_no)


def goes_back(work: Work, token: Token) -> bool:
    """Open the unit again that waited for a finished stand-in; False when the token is none."""
    back = token.local.get(BACK)
    if back is None:
        return False
    local: dict[str, Any] = {**back["local"], GROUP: group_of(token)}
    if WITH in token.local:
        local[WITH] = [*local.get(WITH, ()), *token.local[WITH]]
    arrival = Arrival(back["node"], back["flow"], (token.id,), token.scope, Origin.STRAIGHT_BACK)
    opened = work.open(arrival, TokenKind.USER, local=local, loop_no=back["loop_no"])
    holder = work.known.get(token.scope)
    if BACK not in local and (holder is None or holder.kind is not TokenKind.MULTI):
        work.arm(opened)
    return True
