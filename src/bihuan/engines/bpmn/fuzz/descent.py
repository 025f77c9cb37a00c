"""What the history of an instance must look like: who came of whom, and what a return or withdrawal passed over.

Known from the parents alone. A finished token everything of which was taken back is passed over itself; one that
still counts could be acted on once more, and its flow would run twice.
"""

from collections import defaultdict
from collections.abc import Mapping

from bihuan.engines.bpmn.fuzz.marking import hold, told
from bihuan.engines.bpmn.run_marks import BACK, activity_of, group_of
from bihuan.engines.bpmn.run_state import CloseKind, Token, TokenKind, TokenState
from bihuan.engines.bpmn.run_together import is_signer

_BACK = frozenset({CloseKind.RETURNED, CloseKind.WITHDRAWN})
_FINISHED = frozenset({TokenState.DONE, TokenState.CONSUMED})


def check_history(tokens: Mapping[int, Token]) -> None:
    """Raise `Violation` where a token descends from, or led to, something that can not be."""
    at_work = {group_of(t) for t in tokens.values() if t.live and t.kind is TokenKind.USER}
    for token in tokens.values():
        strange = [one for one in token.parents if one not in tokens or one >= token.id]
        hold(not strange or token.kind is TokenKind.JOIN, f"{told([token])} has parents {strange}")
        if token.live and not _belongs_to(token, at_work):
            over = [one for one in token.parents if tokens[one].state is TokenState.SUPERSEDED]
            hold(not over, f"{told([token])} goes on from what was passed over: {over}")
        _check_ticket(token, tokens)
    _check_passed_over(tokens)


def _belongs_to(token: Token, at_work: set[int]) -> bool:
    """Whether a token stands beside its parent, as co-handlers do and what waits on their border."""
    armed = token.kind in {TokenKind.TIMER, TokenKind.EVENT} and token.parents
    return is_signer(token) or bool(armed and activity_of(token) in at_work)


def _check_ticket(token: Token, tokens: Mapping[int, Token]) -> None:
    if token.state is not TokenState.CONSUMED:
        return
    by = tokens.get(token.consumed_by or 0)
    there = by is not None and (by.node, by.scope) == (token.node, token.scope)
    hold(there, f"{told([token])} was consumed by {token.consumed_by}")


def _check_passed_over(tokens: Mapping[int, Token]) -> None:
    """What led only to tokens that were taken back is passed over with them."""
    waited = {token.local[BACK]["unit"] for token in tokens.values() if BACK in token.local}
    came: dict[int, list[bool]] = defaultdict(list)
    children: dict[int, list[int]] = defaultdict(list)
    for token in tokens.values():
        if token.kind in {TokenKind.TIMER, TokenKind.EVENT} and token.state is TokenState.CANCELLED:
            continue  # armed on an activity, not what followed it
        for parent in token.parents:
            came[parent].append(_taken_back(token) and token.id not in waited)
            children[parent].append(token.id)
    for token_id, taken_back in came.items():
        token = tokens[token_id]
        counts = token.state in _FINISHED and token.kind is not TokenKind.TIMER
        if _joined_since(token, max(children[token_id])):
            continue
        hold(
            not (counts and all(taken_back)),
            f"{told([token])} still counts, and what it led to was taken back",
        )


def _joined_since(token: Token, last_child: int) -> bool:
    """Whether a ticket that waited again was joined once more, and what followed may lie behind its scope."""
    return token.state is TokenState.CONSUMED and (token.consumed_by or 0) > last_child


def _taken_back(token: Token) -> bool:
    if token.state is TokenState.SUPERSEDED:
        return True
    return token.state is TokenState.CANCELLED and token.close_kind in _BACK
