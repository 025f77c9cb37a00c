"""Move running instances to another version of their process, and back (流程版本迁移).

Each instance is moved whole or not at all, in a transaction of its own, so that a large batch stops nobody's work;
a dry run does the very same and takes it back. What could not be moved goes on unharmed under its own version.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import Max

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes.actions import refusals, store, version_refusals
from bihuan.domain.processes.actions.rehousing import rehouse
from bihuan.domain.processes.choices import ENDED, MigrationState
from bihuan.domain.processes.models import MigratedInstance, Migration
from bihuan.domain.processes.queries.migrations import MigrationMissing
from bihuan.domain.processes.queries.statements import LISTS
from bihuan.engines.bpmn.run_migrate import NodeOf
from bihuan.engines.bpmn.run_state import Token
from bihuan.kit import db
from bihuan.kit.problems import Refused

AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """From which version of a process to which, and which node becomes which; the same ids need no mention."""

    from_definition: int
    to_definition: int
    reason: str
    nodes: Mapping[str, str] = field(default_factory=dict)
    instances: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class InstanceResult:
    """What became of one instance, or would. `message` says why it was refused."""

    instance_id: int
    subject: str
    state: str
    message: str = ""
    moved: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """A batch and its results in order of instance. A dry run has no batch."""

    batch_id: int | None
    results: tuple[InstanceResult, ...]

    @property
    def refused(self) -> tuple[InstanceResult, ...]:
        """Return the instances that stay where they are."""
        return tuple(one for one in self.results if one.state == MigrationState.REFUSED)


@dataclass(frozen=True, slots=True)
class Portion:
    """So many instances, those behind the one with this id; without a number all that are left."""

    after: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class _Task:
    """What is to be done with which instances."""

    plan: MigrationPlan
    nodes_of: Callable[[int], NodeOf]


def migrate_instances(
    plan: MigrationPlan, *, dry_run: bool = False, by: Actor, at: datetime
) -> MigrationReport:
    """Move the running and suspended instances of a version to another. Needs `process.migrate` and a reason.

    Units stay with whom they are and keep what was drafted. Their clocks keep the time used and go on under
    the new version's limit; timers that run keep their moment, new ones start now, those that are gone
    stop. Run again, it moves what is left.
    """
    if dry_run:
        return try_migration(plan, Portion(), by=by, at=at)
    return continue_migration(begin_migration(plan, by=by, at=at), by=by, at=at)


def reverse_migration(
    batch_id: int, *, reason: str, dry_run: bool = False, by: Actor, at: datetime
) -> MigrationReport:
    """Move the instances of a batch back to the version they came from, with whatever they did since.

    An instance that has come to where the old version has no place is refused and stays.
    """
    if not dry_run:
        return continue_migration(
            begin_reversal(batch_id, reason=reason, by=by, at=at), by=by, at=at
        )
    org.authorise(by, "process.migrate", at=at)
    task = _way_back(_found(batch_id), reason)
    _check(task.plan)
    return MigrationReport(None, tuple(_move_all(task, None, Portion(), (by, at))))


def try_migration(
    plan: MigrationPlan, portion: Portion, *, by: Actor, at: datetime
) -> MigrationReport:
    """Say what would become of so many instances, and change nothing."""
    org.authorise(by, "process.migrate", at=at)
    _check(plan)
    return MigrationReport(None, tuple(_move_all(_way_there(plan), None, portion, (by, at))))


def begin_migration(plan: MigrationPlan, *, by: Actor, at: datetime) -> int:
    """Note a batch, of which nothing is moved yet; return its id for `continue_migration`."""
    org.authorise(by, "process.migrate", at=at)
    _check(plan)
    return int(_batch(plan, by, at).pk)


def begin_reversal(batch_id: int, *, reason: str, by: Actor, at: datetime) -> int:
    """Note a batch that takes another back; return its id for `continue_migration`."""
    org.authorise(by, "process.migrate", at=at)
    done = _found(batch_id)
    plan = _way_back(done, reason).plan
    _check(plan)
    return int(_batch(plan, by, at, reverses=done).pk)


def continue_migration(
    batch_id: int, *, most: int | None = None, by: Actor, at: datetime
) -> MigrationReport:
    """Move the next so many instances of a batch, without `most` all that are left; none left finishes it.

    Each is a transaction of its own: what stops half way goes on where it was. Two who continue one batch
    at once move no instance twice.
    """
    org.authorise(by, "process.migrate", at=at)
    batch = _found(batch_id)
    if batch.finished_at is not None:
        return MigrationReport(batch.pk, ())
    if batch.reverses is None:
        only = frozenset(batch.only) if batch.only is not None else None
        plan = MigrationPlan(
            batch.from_definition_id, batch.to_definition_id, batch.reason, batch.nodes, only
        )
        task = _way_there(plan)
    else:
        task = _way_back(batch.reverses, batch.reason)
    last = MigratedInstance.objects.filter(migration=batch).aggregate(last=Max("instance_id"))
    results = _move_all(task, batch, Portion(last["last"] or 0, most), (by, at))
    if most is None or len(results) < most:
        Migration.objects.filter(pk=batch.pk).update(finished_at=at)
    return MigrationReport(batch.pk, tuple(results))


def _found(batch_id: int) -> Migration:
    found = Migration.objects.select_related("reverses").filter(pk=batch_id).first()
    if found is None:
        raise MigrationMissing
    return found


def _way_there(plan: MigrationPlan) -> _Task:
    nodes = dict(plan.nodes)

    def node_of(token: Token) -> str | None:
        return nodes.get(token.node, token.node)

    return _Task(plan, lambda _instance: node_of)


def _way_back(done: Migration, reason: str) -> _Task:
    rows = MigratedInstance.objects.filter(migration=done, state=MigrationState.MIGRATED)
    moved = {row.instance_id: row.moved for row in rows}
    plan = MigrationPlan(
        from_definition=done.to_definition_id,
        to_definition=done.from_definition_id,
        reason=reason,
        instances=frozenset(moved),
    )
    inverse = _inverse(done.nodes)

    def node_of(instance_id: int) -> NodeOf:
        own = {token_id: before for token_id, before, _ in moved[instance_id]}
        return lambda token: own.get(token.id) or inverse.get(token.node, token.node)

    return _Task(plan, node_of)


def _inverse(nodes: Mapping[str, str]) -> dict[str, str | None]:
    """Turn a mapping round; where two nodes became one, it is not known which a new token would be."""
    found: dict[str, str | None] = {}
    for before, after in nodes.items():
        found[after] = None if after in found else before
    return found


def _check(plan: MigrationPlan) -> None:
    if not plan.reason.strip():
        raise refusals.ReasonMissing
    old, new = packs.definition(plan.from_definition), packs.definition(plan.to_definition)
    same = old.kind == new.kind == "process" and old.key == new.key
    if not same or old.pk == new.pk or new.published_at is None:
        raise version_refusals.VersionsDoNotFit
    known = [{node["id"] for node in one.compiled["process"]["nodes"]} for one in (old, new)]
    for before, after in plan.nodes.items():
        if before not in known[0] or after not in known[1]:
            raise version_refusals.MappingUnknown(before, after)


def _batch(
    plan: MigrationPlan, by: Actor, at: datetime, reverses: Migration | None = None
) -> Migration:
    return Migration.objects.create(
        key=packs.definition(plan.from_definition).key,
        from_definition_id=plan.from_definition,
        to_definition_id=plan.to_definition,
        nodes=dict(plan.nodes),
        reason=plan.reason.strip(),
        by=by.ref,
        on_behalf_of=by.on_behalf_of,
        at=at,
        reverses=reverses,
        only=sorted(plan.instances) if plan.instances is not None and reverses is None else None,
        total=sum(1 for _ in _running(plan, 0)),
    )


def _move_all(
    task: _Task, batch: Migration | None, portion: Portion, who: tuple[Actor, datetime]
) -> list[InstanceResult]:
    found = islice(_running(task.plan, portion.after), portion.most)
    results = (
        _move(_One(instance_id, subject, task.nodes_of(instance_id)), task.plan, batch, who)
        for instance_id, subject in found
    )
    return [one for one in results if one is not None]


@dataclass(frozen=True, slots=True)
class _One:
    """An instance to be moved, and where its tokens go."""

    instance_id: int
    subject: str
    node_of: NodeOf


def _running(plan: MigrationPlan, last: int) -> Iterator[tuple[int, str]]:
    """Yield the instances behind `last` that are still to be moved, a few hundred read at a time."""
    while rows := db.rows(
        LISTS["to_migrate"], {"from": plan.from_definition, "after": last, "size": AT_ONCE}
    ):
        for instance_id, subject in rows:
            last = instance_id
            if plan.instances is None or instance_id in plan.instances:
                yield instance_id, subject


def _move(
    one: _One, plan: MigrationPlan, batch: Migration | None, who: tuple[Actor, datetime]
) -> InstanceResult | None:
    """Move one instance, all or nothing; without a batch take it back. None: somebody else did meanwhile."""
    try:
        with transaction.atomic():
            if batch is not None and _is_noted(batch, one.instance_id):
                return None
            moved = _moved(one, plan, batch, who)
            result = InstanceResult(
                one.instance_id, one.subject, MigrationState.MIGRATED, "", moved
            )
            _note(batch, result)
            if batch is None:
                transaction.set_rollback(True)
            return result
    except Refused as refused:
        state = MigrationState.REFUSED
        result = InstanceResult(one.instance_id, one.subject, state, refused.message)
        _note(batch, result)
        return result


def _moved(
    one: _One, plan: MigrationPlan, batch: Migration | None, who: tuple[Actor, datetime]
) -> tuple[tuple[int, str, str], ...]:
    step = store.open_step(one.instance_id, history=True)
    when = step.begin(*who)
    left = step.instance.definition_id != plan.from_definition
    if left or step.instance.state in ENDED:
        raise version_refusals.NotOfThisVersion
    versions = [packs.definition(one).version for one in (plan.from_definition, plan.to_definition)]
    moved = rehouse(step, plan.to_definition, one.node_of, when)
    data = {
        "batch": batch.pk if batch else None,
        "from": versions[0],
        "to": versions[1],
        "moved": [[f"unit:{token_id}", before, after] for token_id, before, after in moved],
    }
    step.fact("process.migrated", step.instance.ref, when, data, plan.reason.strip())
    store.save(step, when)
    return moved


def _is_noted(batch: Migration, instance_id: int) -> bool:
    """Take the lock of a batch; tell whether an instance of it is done."""
    Migration.objects.select_for_update().get(pk=batch.pk)
    return MigratedInstance.objects.filter(migration=batch, instance_id=instance_id).exists()


def _note(batch: Migration | None, result: InstanceResult) -> None:
    if batch is not None:
        MigratedInstance.objects.create(
            migration=batch,
            instance_id=result.instance_id,
            state=result.state,
            message=result.message,
            moved=[list(one) for one in result.moved],
        )
