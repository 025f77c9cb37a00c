"""What happens when the dispatcher reaches a moment of a clock that belongs to a process.

The dispatcher holds clocks and asks for the instances without waiting; everybody else locks the instance
first, then its clocks. So neither waits for the other in a ring.
"""

from collections.abc import Sequence
from datetime import datetime

from bihuan.domain.clocks.choices import MomentKind
from bihuan.domain.clocks.ports import ClockMoment, Locked
from bihuan.domain.processes.actions import store
from bihuan.domain.processes.actions.step import ENGINE, Due, When
from bihuan.domain.processes.choices import FAR, InstanceState, turn_in_sql
from bihuan.domain.processes.ports import SUBJECTS
from bihuan.domain.processes.queries.blueprints import blueprint
from bihuan.domain.processes.queries.statements import SQL
from bihuan.kit import db

# The top row of a call tree is the lock of all its instances.
_LOCK = (
    "select id from processes_processinstance where id = any(array(select top"
    " from processes_processinstance where id = any(%s))) order by id for update skip locked"
)
_KNOWN = "select id, top, ended_at is null from processes_processinstance where id = any(%s)"
_LIVE = (
    "select id from processes_token where id = any(%s) and state in ('OPEN', 'CLAIMED', 'PARKED')"
)
_MOVED = (
    "update processes_token set due_at = %(due)s, warn_at = %(warn)s, rank_at = %(rank)s,"  # noqa: S608 -- our own text
    f" turn_at = {turn_in_sql('%(rank)s::timestamptz', 'priority')}"
    " where id = %(id)s and state in ('OPEN', 'CLAIMED')"
)
_NODE = (
    "select t.node, i.definition_id from processes_token t"
    " join processes_processinstance i on i.id = t.instance_id where t.id = %s"
)
_OF_TOKENS = frozenset({"unit", "timer", "delegation"})


def timer_fired(moment: ClockMoment) -> None:
    """Let a BPMN timer fire at its moment."""
    if moment.kind is not MomentKind.FIRED:
        return
    token_id = _key(moment.owner)
    step = store.open_step(store.instance_of(token_id))
    step.tree.awaken(step, moment.at)
    step.catch_up(moment.at, before=token_id)
    token = step.tokens.get(token_id)
    if token is None or not token.live or step.instance.state is not InstanceState.RUNNING:
        return
    step.fire(token_id, moment.at)
    store.save(step, When(ENGINE, moment.at))


def unit_overdue(moment: ClockMoment) -> None:
    """Pass over a unit of low priority that is overdue, if the diagram says so (TKT-08)."""
    token_id = _key(moment.owner)
    if moment.kind is not MomentKind.OVERDUE or not _is_skippable(token_id):
        return
    step = store.open_step(store.instance_of(token_id))
    step.catch_up(moment.at, before=token_id)
    token = step.tokens.get(token_id)
    if token is None or not token.live or step.instance.state is not InstanceState.RUNNING:
        return
    step.reach(token_id, moment.at)
    store.save(step, When(ENGINE, moment.at))


def suspension_over(moment: ClockMoment) -> None:
    """Resume an instance whose suspension was to last until now."""
    step = store.open_step(_key(moment.owner))
    step.tree.awaken(step, moment.at)
    if step.instance.state is not InstanceState.SUSPENDED:
        return
    step.catch_up(moment.at)
    store.save(step, When(ENGINE, moment.at))


def delegation_over(moment: ClockMoment) -> None:
    """Give a delegated unit back to its owner at the moment set."""
    token_id = _key(moment.owner)
    step = store.open_step(store.instance_of(token_id))
    step.tree.awaken(step, moment.at)
    step.catch_up(moment.at, before=Due(moment.at, token_id=token_id))
    token = step.tokens.get(token_id)
    if token is None or not token.live or step.extras[token_id].delegation is None:
        return
    step.take_back(token_id, moment.at)
    store.save(step, When(ENGINE, moment.at))


def due_moved(owner: str, due_at: datetime | None, warn_at: datetime | None) -> None:
    """Repeat when a clock is due, after its calendar or limit changed: in its unit, beside the subject."""
    if _kind(owner) == "unit":
        moments = {"id": _key(owner), "due": due_at, "warn": warn_at, "rank": due_at or FAR}
        db.run(_MOVED, moments)
    found = db.one(SQL["earliest_due"], {"instance": _instance(owner)})
    if found is None:
        return
    subject, earliest, top = found
    kind = subject.partition(":")[0]
    if kind in SUBJECTS:
        SUBJECTS.get(kind).due_moved(subject, top, earliest)


def lock_instances(owners: Sequence[str]) -> Locked:
    """Lock the instances of these clock owners, by the top ones of their call trees, without waiting.

    Gone are the owners whose instance has ended or never was, or whose unit or timer is closed.
    """
    instance_of = {owner: _instance(owner) for owner in owners}
    wanted = list(instance_of.values())
    tops = {row[0] for row in db.rows(_LOCK, (wanted,))}
    known = db.rows(_KNOWN, (wanted,))
    got = {instance_id for instance_id, top, _ in known if top in tops}
    goes_on: dict[int, bool] = {instance_id: runs for instance_id, _, runs in known}
    tokens = {owner: _key(owner) for owner in owners if _kind(owner) in _OF_TOKENS}
    live = {row[0] for row in db.rows(_LIVE, (list(tokens.values()),))} if tokens else set()

    def is_gone(owner: str, instance_id: int) -> bool:
        if instance_id not in got:  # busy, and not ours to judge, if it is there at all
            return instance_id not in goes_on
        return not goes_on[instance_id] or (owner in tokens and tokens[owner] not in live)

    return Locked(
        frozenset(owner for owner, found in instance_of.items() if found in got),
        frozenset(owner for owner, found in instance_of.items() if is_gone(owner, found)),
    )


def _is_skippable(token_id: int) -> bool:
    row = db.one(_NODE, (token_id,))
    rules = blueprint(row[1]).graph.nodes[row[0]].unit if row else None
    return rules is not None and rules.is_skippable


def _kind(owner: str) -> str:
    return owner.partition(":")[0]


def _instance(owner: str) -> int:
    key = _key(owner)
    return store.instance_of(key) if _kind(owner) in _OF_TOKENS else key


def _key(owner: str) -> int:
    """Return the number in an owner's ref; 0, which nothing has, when there is none."""
    key = owner.split(":")[1]
    return int(key) if key.isdigit() else 0
