"""Co-handlers (加签): several people submit one unit, and its flow goes on when the last of them has.

The members of a group lie at the same node in the same scope. `@group` names the unit the group began with,
`@signer` marks who was added, `@with` lists the members that are done, so that what follows knows them all.
"""

from bihuan.engines.bpmn.run_back import GROUP, WITH, group_of, is_stand_in
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
    group = group_of(token)
    return [
        other
        for other in work.live()
        if other.kind is TokenKind.USER and other.id != token.id and group_of(other) == group
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
    if not still or token.kind is not TokenKind.USER:
        return None
    for other in still:
        done = [one for one in other.local.get(WITH, ()) if one != token.id]
        other.local = {**other.local, WITH: done}
        work.touched.add(other.id)
    token.state = TokenState.SUPERSEDED
    work.note(What.SUPERSEDED, token)
    arrival = Arrival(token.node, token.flow_in, token.parents, token.scope, Origin.WITHDRAW)
    local = {**token.local, GROUP: group_of(token)}
    opened = work.open(arrival, TokenKind.USER, local=local, loop_no=token.loop_no)
    if not is_signer(token):
        work.arm(opened)
    return opened
