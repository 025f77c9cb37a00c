"""Thrown errors and escalations look outwards, level by level, for who catches them."""

from bihuan.engines.bpmn.model import EventKind, Node
from bihuan.engines.bpmn.run_state import CloseKind, Token, TokenKind, What
from bihuan.engines.bpmn.run_work import Work


def throw_error(work: Work, scope: int, code: str) -> None:
    """Cancel the activity whose boundary catches the error and go on from there.

    Uncaught, it ends the whole instance and is reported with its code.
    """
    while scope:
        host = work.tokens[scope]
        if catch_error(work, host, code):
            return
        scope = host.scope
    work.cancel_inside(0, CloseKind.TERMINATED)
    work.emptied.add(0)
    work.note(What.ERROR_UNCAUGHT, None, code)


def catch_error(work: Work, host: Token, code: str) -> bool:
    """Let an activity's own error boundary event catch; False when it has none that fits."""
    event = _catcher(work, host, EventKind.ERROR, code)
    if event is None:
        return False
    work.cancel(host, CloseKind.CANCELLED)
    work.leave(event, (host.id,), host.scope)
    return True


def throw_escalation(work: Work, scope: int, code: str) -> bool:
    """Let the nearest escalation boundary event catch; True when it interrupted the thrower."""
    work.note(What.ESCALATED, None, code)
    return catch_escalation(work, scope, code)


def catch_escalation(work: Work, scope: int, code: str) -> bool:
    """Look for who catches from a scope outwards; uncaught, it is the caller's to catch."""
    while scope:
        host = work.tokens[scope]
        event = _catcher(work, host, EventKind.ESCALATION, code)
        if event is not None:
            if event.interrupting:
                work.cancel(host, CloseKind.CANCELLED)
            work.leave(event, (host.id,), host.scope)
            return event.interrupting
        scope = host.scope
    work.note(What.ESCALATION_UNCAUGHT, None, code)
    return False


def _catcher(work: Work, host: Token, kind: EventKind, code: str) -> Node | None:
    if host.scope and work.tokens[host.scope].kind is TokenKind.MULTI:
        return None
    for event in work.graph.boundary(host.node):
        if event.event.kind is kind and event.event.code in {"", code}:
            return event
    return None
