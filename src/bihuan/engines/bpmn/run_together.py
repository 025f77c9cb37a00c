"""Co-handlers (加签): several people submit one unit, and its flow goes on when the last of them has.

The members of a group lie at the same node in the same scope; its boundary events wait until the last is done. `@group` names the unit the group began with,
`@signer` marks who was added, `@with` lists the members that are done, so that what follows knows them all.
"""

from typing import Any

from bihuan.engines.bpmn.run_marks import BACK, GROUP, WITH, group_of, is_stand_in
from bihuan.engines.bpmn.run_state import (
    Arrival,
    CloseKind,
    Origin,
    RunRefused,
    Token,
    TokenKind,
    TokenState,
    What,
)
from bihuan.engines.bpmn.run_work import Work

SIGNER = "@signer"


class NoCoHandler(RunRefused):
    """The unit takes no co-handler, or is not one that could be removed."""


def is_signer(token: Token) -> bool:
    """Whether a unit was added to another one."""
    return SIGNER in token.local


def others(work: Work, token: Token) -> list[Token]:
    """Return the other members of a unit's group that are still at work."""
    return work.beside(token)


def signers(work: Work, token: Token) -> list[Token]:
    """Return everybody who was ever added to a unit's group, at work or not."""
    group = group_of(token)
    return [
        other
        for other in work.tokens.values()
        if other.kind is TokenKind.USER and is_signer(other) and group_of(other) == group
    ]


def add(work: Work, token: Token) -> Token:
    """Open one more unit whose submission is needed before the flow goes on."""
    if not token.live or is_stand_in(token):
        raise NoCoHandler(token.node)
    local = {name: value for name, value in token.local.items() if name != WITH}
    local |= {GROUP: group_of(token), SIGNER: True}
    arrival = Arrival(token.node, token.flow_in, (token.id,), token.scope, Origin.ADDED)
    return work.open(arrival, TokenKind.USER, local=local, loop_no=token.loop_no)


def remove(work: Work, token: Token) -> None:
    """Cancel an added unit; the flow goes on when all others were done already."""
    if not token.live or not is_signer(token):
        raise NoCoHandler(token.node)
    still = others(work, token)
    work.cancel(token, CloseKind.CANCELLED)
    if not still:
        work.leave(work.node(token), tuple(token.local.get(WITH, ())), token.scope, token.local)


def cancel_others(work: Work, token: Token, how: CloseKind) -> None:
    """Cancel the other members of a unit's group: the unit is taken away as a whole."""
    for other in others(work, token):
        work.cancel(other, how)


def done_with(work: Work, token: Token) -> tuple[int, ...] | None:
    """Return what the flow goes on from behind a finished unit; None while others are at work."""
    still = others(work, token)
    for other in still:
        other.local = {**other.local, WITH: [*other.local.get(WITH, ()), token.id]}
        work.touched.add(other.id)
    return None if still else (*token.local.get(WITH, ()), token.id)


def take_back(work: Work, token: Token) -> Token | None:
    """Open a submitted member once more while others are at work; None when nobody is."""
    still = others(work, token)
    if not still or token.kind is not TokenKind.USER or is_stand_in(token):
        return None
    for other in still:
        other.local = _forget(other.local, token.id)
        work.touched.add(other.id)
    token.state = TokenState.SUPERSEDED
    work.note(What.SUPERSEDED, token)
    arrival = Arrival(token.node, token.flow_in, token.parents, token.scope, Origin.WITHDRAW)
    local = {**token.local, GROUP: group_of(token)}
    return work.open(arrival, TokenKind.USER, local=local, loop_no=token.loop_no)


def _forget(local: dict[str, Any], unit: int) -> dict[str, Any]:
    """Take a unit out of the finished members, also out of what a correction keeps for later."""
    found = {**local, WITH: [one for one in local.get(WITH, ()) if one != unit]}
    back = local.get(BACK)
    return {**found, BACK: {**back, "local": _forget(back["local"], unit)}} if back else found
