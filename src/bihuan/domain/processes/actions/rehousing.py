"""One instance under another version of its process: its tokens, timers and clocks find their new places."""

from collections.abc import Sequence
from typing import Any

from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import version_refusals
from bihuan.domain.processes.actions.absorb import clock_owner, limit_text
from bihuan.domain.processes.actions.clock_book import Terms
from bihuan.domain.processes.actions.guard import engine_refusals
from bihuan.domain.processes.actions.step import Step, When
from bihuan.domain.processes.choices import InstanceState, TokenKind, TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines import expressions
from bihuan.engines.bpmn.model import UnitRules
from bihuan.engines.bpmn.run_graph import Graph
from bihuan.engines.bpmn.run_marks import BACK
from bihuan.engines.bpmn.run_migrate import CannotMove, Move, Mover, NodeOf, Why
from bihuan.engines.bpmn.run_state import CloseKind, Token
from bihuan.engines.bpmn.run_work import AWAITED
from bihuan.kit import db

_WAITING = frozenset({TokenKind.TIMER, TokenKind.EVENT})
_WORDS = {
    Why.GONE: "“{}”在新版本中没有对应的图元，请指定对应关系。",
    Why.OTHER_KIND: "“{}”在新版本中是另一种图元。",
    Why.OTHER_SCOPE: "“{}”在新版本中移到了另一个子流程。",
    Why.NO_FLOW: "“{}”正在等待的分支在新版本中不存在。",
    Why.JOIN_FULL: "“{}”在新版本中分支已经到齐，请办理后再迁移。",
    Why.AMBIGUOUS: "“{}”对应多个图元，无法判断去向。",
}


def rehouse(
    step: Step, definition_id: int, node_of: NodeOf, when: When
) -> tuple[tuple[int, str, str], ...]:
    """Put an instance, read with its history, under another version; return its live tokens that moved.

    Units keep worker and draft; one whose post changed goes to the new post unless its worker holds it. A
    limit that changed counts the time used so far; one that is new starts now.
    """
    old, new = step.graph, blueprint(definition_id)
    try:
        moves = Mover(old, new.graph, step.tokens.values(), node_of).moves()
    except CannotMove as cannot:
        name = old.nodes[cannot.node].name if cannot.node in old.nodes else ""
        raise version_refusals.CannotMigrate(
            _WORDS[cannot.why].format(name or cannot.node)
        ) from cannot
    _stop_groups(step, old, new.graph, when)
    for move in moves:
        if move.dropped:
            step.run.work.cancel(move.token, CloseKind.CANCELLED)
    step.absorb(when)
    kept = [move for move in moves if not move.dropped]
    before = {move.token.id: move.token.node for move in kept}
    step.instance.definition_id, step.blueprint, step.graph = definition_id, new, new.graph
    step.run.work.graph = new.graph
    step.instance.calendar = new.calendar or step.instance.calendar
    for move in kept:
        _settle_in(step, move, when)
    with engine_refusals():
        _arm(step, [move.token for move in kept if move.token.live], when)
        _relimit(step, [move.token for move in kept if move.token.live], when)
        step.go(when)
    _write(step, kept)
    live = [move.token for move in kept if move.token.live]
    return tuple(
        (token.id, before[token.id], token.node) for token in live if before[token.id] != token.node
    )


def _settle_in(step: Step, move: Move, when: When) -> None:
    token = move.token
    token.node, token.flow_in, token.local = move.node, move.flow_in, move.local
    if not token.live:
        return
    step.changed.add(token.id)
    node = step.graph.nodes[token.node]
    extra = step.extras[token.id]
    if token.kind is not TokenKind.USER or node.unit is None:
        return
    extra.title = node.name or node.id
    extra.priority = node.unit.priority or step.instance.priority
    values = step.run.work.values(token.scope, token.local)
    post = _resolved(node.unit.post, values)
    if post is None or post == extra.post or "@signer" in token.local:
        return
    extra.post = post
    if extra.assignee_id is None:
        return
    access = org.access_of(extra.assignee_id, when.at)
    place = permission.Place(extra.post, extra.unit_id, None)
    if not permission.by_post(access, place).may_work:
        token.state = TokenState.OPEN
        extra.assignee_id = extra.owner_id = extra.delegate_of = extra.claimed_at = None


def _resolved(text: str, values: dict[str, Any]) -> str | None:
    try:
        return str(expressions.resolve(text, values) or "")
    except expressions.CannotDecide:
        return None


def _arm(step: Step, tokens: Sequence[Token], when: When) -> None:
    """Let the boundary events wait that the new version has and the old had not."""
    work = step.run.work
    for host in tokens:
        holder = work.tokens.get(host.scope)
        is_instance = holder is not None and holder.kind is TokenKind.MULTI
        if BACK in host.local or is_instance or host.kind in _WAITING:
            continue
        armed = {one.node for one in work.armed(host)}
        for event in step.graph.boundary(host.node):
            if event.event.kind in AWAITED and event.id not in armed:
                work.arm_one(host, event)
    step.absorb(when)


def _relimit(step: Step, tokens: Sequence[Token], when: When) -> None:
    running = step.instance.state is InstanceState.RUNNING
    for token in tokens:
        rules = step.graph.nodes[token.node].unit
        if token.kind is not TokenKind.USER or rules is None:
            continue
        owner, terms = clock_owner(token), _terms(step, token, rules)
        if terms is None:
            step.clocks.stop(owner, when.at)
            continue
        step.clocks.relimit(owner, terms, when.at)
        if not running:
            step.clocks.pause(owner, when.at)
    for group in step.graph.process.limit_groups:
        owner = step.group_owner(group)
        limit = _resolved(group.limit, step.run.variables)
        if owner in step.clocks.rows and limit:
            calendar = group.calendar or step.instance.calendar
            step.clocks.relimit(owner, Terms(limit, calendar, group.warn_at), when.at)


def _terms(step: Step, token: Token, rules: UnitRules) -> Terms | None:
    try:
        limit = limit_text(rules.limit, step.run.work.values(token.scope, token.local))
    except expressions.CannotDecide:
        return None
    calendar = rules.calendar or step.instance.calendar
    return Terms(limit, calendar, rules.warn_at) if limit else None


def _stop_groups(step: Step, old: Graph, new: Graph, when: When) -> None:
    """Stop the clocks of limit groups that are no more."""
    left = {group.id for group in new.process.limit_groups}
    for group in old.process.limit_groups:
        if group.id not in left:
            step.clocks.stop(step.group_owner(group), when.at)


def _write(step: Step, moves: Sequence[Move]) -> None:
    """Write what no other operation changes of a token or an instance."""
    first_new = step.run.work.base | step.instance.next_seq
    ids = [move.token.id for move in moves if move.token.id < first_new]
    tokens = [step.tokens[one] for one in ids]
    extras = [step.extras[one] for one in ids]
    columns = [
        ids,
        [token.node for token in tokens],
        [token.flow_in for token in tokens],
        [extra.title for extra in extras],
        [extra.priority for extra in extras],
    ]
    db.run(SQL["rehouse_tokens"], columns)
    instance = step.instance
    params = {
        "id": instance.id,
        "definition": instance.definition_id,
        "calendar": instance.calendar,
    }
    db.run(SQL["rehouse_instance"], params)
