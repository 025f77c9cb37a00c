"""Changing the route: return, withdraw, jump. These need the whole history of the instance, not only what is live.

Two rules that random testing forced: tokens passed over become SUPERSEDED, so that nobody can act on a dead
branch later; and return and withdraw do not cross a jump. A return past a join parks the tickets of the sibling
branches again.
"""

from dataclasses import replace

from bihuan.engines.bpmn import run_back, run_multi, run_together
from bihuan.engines.bpmn.run_elements import enter
from bihuan.engines.bpmn.run_marks import held_node, is_stand_in
from bihuan.engines.bpmn.run_state import (
    WALLS,
    AcrossJump,
    AlreadyTakenOn,
    Arrival,
    CloseKind,
    CutOff,
    NotAnAncestor,
    Origin,
    OutOfScope,
    Token,
    TokenKind,
    TokenState,
    What,
)
from bihuan.engines.bpmn.run_work import Work

GONE = frozenset({TokenState.CANCELLED, TokenState.SUPERSEDED})


def ancestors(work: Work, token: Token) -> list[Token]:
    """Return the finished units this one came from, latest first, not looking beyond a jump."""
    seen: set[int] = set()
    found: list[Token] = []
    todo = [run_back.corrected(work, token)]
    while todo:
        here = todo.pop()
        if here.origin in WALLS:
            continue
        for parent_id in (*here.parents, *_inside_finished(work, here)):
            if parent_id in seen or parent_id not in work.tokens:
                continue
            seen.add(parent_id)
            parent = work.tokens[parent_id]
            todo.append(parent)
            if _is_target(work, parent, token):
                found.append(parent)
    return sorted(found, key=lambda unit: unit.id, reverse=True)


def nearest(work: Work, token: Token) -> list[Token]:
    """Return the units directly before this one: ancestors with no other unit in between."""
    found: dict[int, Token] = {}
    seen: set[int] = set()
    todo = [run_back.corrected(work, token)]
    while todo:
        here = todo.pop()
        if here.origin in WALLS:
            continue
        for parent_id in (*here.parents, *_inside_finished(work, here)):
            parent = work.tokens.get(parent_id)
            if parent is None or parent_id in seen:
                continue
            seen.add(parent_id)
            if _is_target(work, parent, token):
                found[parent_id] = parent
            else:
                todo.append(parent)
    return sorted(found.values(), key=lambda unit: unit.id, reverse=True)


def return_to(work: Work, token: Token, target: Token) -> Token:
    """Take the flow back from `token` to the finished unit `target`; return the unit opened there."""
    if not token.live or all(unit.id != target.id for unit in ancestors(work, token)):
        raise NotAnAncestor(target.node)
    undone = descendants(work, target)
    if any(
        work.tokens[i].origin in WALLS and work.tokens[i].state is not TokenState.SUPERSEDED
        for i in undone
    ):
        raise AcrossJump(target.node)
    scopes = _finished_scopes(work, target)
    _refuse_cut_off(work, target, scopes, undone)
    _undo(work, undone, CloseKind.RETURNED)
    _supersede(work, target)
    for scope in scopes:
        scope.state = TokenState.OPEN
        scope.close_kind = CloseKind.NONE
        work.note(What.REOPENED, scope)
        work.arm(scope)
    return _reenter(work, target, target.origin if target.origin in WALLS else Origin.RETURN)


def return_straight(work: Work, token: Token, target: Token) -> Token:
    """Have the finished unit `target` done once more in the place of `token`, which then opens again.

    Nothing else changes: other branches go on, and of a countersign only this instance waits. A whole
    countersign can not be asked back in that way.
    """
    known = any(unit.id == target.id for unit in ancestors(work, token))
    if not token.live or not known or target.kind is not TokenKind.USER:
        raise NotAnAncestor(target.node)
    return run_back.send_back_for(work, token, target)


def withdraw(work: Work, target: Token) -> Token:
    """Take a submitted unit back while everything that followed is still untouched.

    That includes units behind a join it filled: the tickets of the other branches wait again. One of
    several instances or co-handlers is taken back as long as others of them are at work.
    """
    if target.state is not TokenState.DONE or target.close_kind is not CloseKind.SUBMITTED:
        raise AlreadyTakenOn(target.node)
    if is_stand_in(target):  # the unit it stood in for is open again
        raise AlreadyTakenOn(target.node)
    if target.scope and work.tokens[target.scope].kind is TokenKind.MULTI:
        return run_multi.take_back(work, target)
    reopened = run_together.take_back(work, target)
    if reopened is not None:
        return reopened
    if not _is_target(work, target, target):
        raise AlreadyTakenOn(target.node)
    undone = {i for i in descendants(work, target) if work.tokens[i].state not in GONE}
    followed = [work.tokens[i] for i in undone]
    if not any(token.live for token in followed) or any(map(_taken_on, followed)):
        raise AlreadyTakenOn(target.node)
    if not work.tokens[target.scope].live if target.scope else False:
        raise AlreadyTakenOn(target.node)
    _undo(work, undone, CloseKind.WITHDRAWN)
    _supersede(work, target)
    return _reenter(work, target, target.origin if target.origin in WALLS else Origin.WITHDRAW)


def jump(work: Work, to_node: str, token: Token | None = None) -> Token:
    """Cancel one token, or all, and open `to_node` instead; return the token opened there.

    One token may jump only within its own sub-process instance.
    """
    if token is None:
        sources = work.live()
        work.cancel_inside(0, CloseKind.JUMPED)
        outside = Arrival(to_node, "", tuple(source.id for source in sources), 0, Origin.JUMP)
        return _open_at(work, _open_scopes(work, outside))
    place = work.graph.nodes[held_node(token)]
    if place.scope != work.graph.nodes[to_node].scope or _in_multi(work, token):
        raise OutOfScope(to_node)
    work.cancel(token, CloseKind.JUMPED)
    run_together.cancel_others(work, token, CloseKind.JUMPED)
    return _open_at(work, Arrival(to_node, "", (token.id,), token.scope, Origin.JUMP))


def reopen(work: Work, to_node: str) -> Token:
    """Open a unit of an ended instance; nothing that was done before is undone or returned to."""
    return _open_at(work, _open_scopes(work, Arrival(to_node, "", (), 0, Origin.REOPEN)))


def descendants(work: Work, target: Token) -> set[int]:
    """Return every token that exists because of `target`, itself excepted.

    What follows a finished sub-process follows from everything inside it, however deep. Co-handlers belong to
    the unit they were added to, also when it was taken back and done once more since.
    """
    children: dict[int, list[Token]] = {}
    for token in work.tokens.values():
        for parent in token.parents:
            children.setdefault(parent, []).append(token)
    group = run_together.signers(work, target)
    found: set[int] = {signer.id for signer in group}
    todo = [target, *group]
    while todo:
        here = todo.pop()
        following = list(children.get(here.id, ()))
        scope = work.tokens.get(here.scope)
        while scope is not None and scope.state is TokenState.DONE:
            following += [t for t in children.get(scope.id, ()) if t.scope != scope.id]
            scope = work.tokens.get(scope.scope)
        for token in following:
            if token.id not in found:
                found.add(token.id)
                todo.append(token)
    found.discard(target.id)
    return found


def _inside_finished(work: Work, token: Token) -> list[int]:
    if token.kind is not TokenKind.SCOPE or token.state is not TokenState.DONE:
        return []
    return [inner.id for inner in work.tokens.values() if inner.scope == token.id]


def _is_target(work: Work, token: Token, seen_from: Token) -> bool:
    """Whether a finished unit may be opened again: a plain one, or a whole countersign.

    Within one instance of a multi-instance sub-process only units of that instance see each other.
    """
    if token.state is not TokenState.DONE or token.close_kind is CloseKind.SKIPPED:
        return False
    if is_stand_in(token) or run_together.is_signer(token):
        return False
    if token.node not in work.graph.nodes or not _same_instance(work, token, seen_from):
        return False
    if token.kind is TokenKind.MULTI:
        return work.node(token).unit is not None
    return token.kind is TokenKind.USER


def _same_instance(work: Work, token: Token, seen_from: Token) -> bool:
    around = {holder.id for holder in _holders(work, seen_from)}
    return all(
        holder.id in around
        for holder in (token, *_holders(work, token))
        if holder.scope and work.tokens[holder.scope].kind is TokenKind.MULTI
    )


def _holders(work: Work, token: Token) -> list[Token]:
    """Return the scopes a token lies in, innermost first."""
    found = []
    while token.scope:
        token = work.tokens[token.scope]
        found.append(token)
    return found


def _in_multi(work: Work, token: Token) -> bool:
    return any(holder.kind is TokenKind.MULTI for holder in _holders(work, token))


def _finished_scopes(work: Work, target: Token) -> list[Token]:
    scopes = []
    scope = target.scope
    while scope:
        token = work.tokens[scope]
        if token.state in GONE:
            raise NotAnAncestor(target.node)
        if token.state is TokenState.DONE:
            scopes.append(token)
        scope = token.scope
    return scopes[::-1]


def _refuse_cut_off(work: Work, target: Token, scopes: list[Token], undone: set[int]) -> None:
    """Refuse a way back whose line a terminate event ended together with others that would not come back.

    A join further on would wait for those for ever.
    """
    reopened = {scope.id for scope in scopes}
    cut_off = [
        token.id in undone
        for token in work.tokens.values()
        if token.scope in reopened
        and token.state is TokenState.CANCELLED
        and token.close_kind is CloseKind.TERMINATED
    ]
    if any(cut_off) and not all(cut_off):
        raise CutOff(target.node)


def _undo(work: Work, undone: set[int], how: CloseKind) -> None:
    together: dict[int, list[Token]] = {}
    for token in work.tokens.values():
        if token.state is TokenState.CONSUMED and token.consumed_by is not None:
            together.setdefault(token.consumed_by, []).append(token)
    for token_id in sorted(undone):
        work.cancel(work.tokens[token_id], how)
    for tickets in together.values():
        if any(ticket.id in undone for ticket in tickets):
            _park_again(work, [ticket for ticket in tickets if ticket.id not in undone])
    for token_id in sorted(undone):
        _supersede(work, work.tokens[token_id])


def _park_again(work: Work, tickets: list[Token]) -> None:
    for ticket in tickets:
        ticket.state = TokenState.PARKED
        ticket.consumed_by = None
        work.note(What.REOPENED, ticket)


def _supersede(work: Work, token: Token) -> None:
    if token.state in {TokenState.DONE, TokenState.CONSUMED}:
        token.state = TokenState.SUPERSEDED
        work.note(What.SUPERSEDED, token)


def _taken_on(token: Token) -> bool:
    if token.origin in WALLS:
        return True
    if token.kind is TokenKind.USER:
        return token.state is not TokenState.OPEN or token.origin is not Origin.FLOW
    # What a called process has begun is not withdrawn from outside.
    return token.kind is TokenKind.CALL or token.state is TokenState.DONE


def _reenter(work: Work, target: Token, origin: Origin) -> Token:
    return _open_at(
        work, Arrival(target.node, target.flow_in, target.parents, target.scope, origin)
    )


def _open_at(work: Work, arrival: Arrival) -> Token:
    node = work.graph.nodes[arrival.node]
    if node.multi is None and node.unit is not None:
        token = work.open(arrival, TokenKind.USER)
        work.arm(token)
        return token
    first = work.next_seq
    enter(work, arrival)
    return work.tokens[work.base | first]


def _open_scopes(work: Work, arrival: Arrival) -> Arrival:
    """Open the sub-processes around a node; return the arrival within the innermost."""
    scope, parents = arrival.scope, arrival.parents
    for node_id in work.graph.scopes(arrival.node):
        here = Arrival(node_id, "", parents, scope, arrival.origin)
        token = work.open(here, TokenKind.SCOPE)
        work.arm(token)
        scope, parents = token.id, (token.id,)
    return replace(arrival, scope=scope, parents=parents)
