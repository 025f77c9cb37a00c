"""All files of some org units looked through for doubles: sure ones are joined, the others wait for people.

A run has two parts. What the model finds is written down at once, with the report (`linking`); then it is decided about
portion by portion, each one transaction with the run's place in it. So a run that was killed goes on where it was: nothing
is merged twice, nothing is left out.
"""

import fcntl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from bihuan.domain.customers.actions.holding import hold
from bihuan.domain.customers.actions.joining import Joining, join_many
from bihuan.domain.customers.choices import ConsolidationState
from bihuan.domain.customers.models import Consolidation, Finding
from bihuan.domain.customers.queries import blocking, survivors_of
from bihuan.domain.customers.rules.matching import Sameness, compare
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.kit import db

if TYPE_CHECKING:
    from bihuan.domain.customers.actions import linking

PORTION: Final = 500
TASK: Final = "customers.consolidate"
RULE: Final = "sure"
_NEW_SINCE: Final = """
select exists (select from customers_customer where created_at > coalesce(
    (select max(created_at) from customers_consolidation where unit_id = %(unit)s), '-infinity')
    and unit_id = any(%(units)s))
"""
_REFUSED: Final = """
select left_id, right_id from customers_pair where state = 'REFUSED' and left_id = any(%s)
"""
_ERASED: Final = "select id from customers_customer where id = any(%s) and erased_at is not null"
_COLLECT: Final = """
select c.owner_id, m.field, count(*) from customers_customer c cross join lateral unnest(c.missing) as m(field)
where c.merged_into_id is null and c.unit_id = any(%s) group by 1, 2 order by 3 desc, 1, 2 limit 500
"""
_QUEUE: Final = """
insert into customers_pair (left_id, right_id, score, evidence, state, found_at, decided_by)
select (p->>0)::bigint, (p->>1)::bigint, (p->>2)::float8, p->3, 'OPEN', %s, ''
from jsonb_array_elements(%s::jsonb) as p order by 1, 2 on conflict do nothing
"""


@transaction.atomic
def start(*, unit_id: int, in_background: bool = True, by: Actor, at: datetime) -> int:
    """Begin a run over an org unit and below, and return it; the one that is under way where there is one."""
    org.authorise(by, "customer.merge", unit_id, at=at)
    going = Consolidation.objects.filter(unit_id=unit_id).exclude(state=ConsolidationState.DONE)
    run = going.first()
    if run is None:
        run = Consolidation.objects.create(unit_id=unit_id, by=by.ref, created_at=at)
        _record("customer_consolidation.started", run, by, at)
    if in_background:
        lock = f"customer consolidation {run.pk}"
        task = app.configure_task(TASK, queue="imports", lock=lock, queueing_lock=lock)
        with suppress(AlreadyEnqueued), transaction.atomic():
            task.defer(run_id=run.pk)
    return run.pk


def start_where_new(*, by: Actor, at: datetime) -> int:
    """Begin a run for each org unit at the top below which files came since its last run; return how many."""
    tree = org.tree()
    begun = 0
    for unit in [one for one in tree.units.values() if one.parent_id is None]:
        units = list(tree.under(unit.id))
        if db.rows(_NEW_SINCE, {"unit": unit.id, "units": units})[0][0]:
            start(unit_id=unit.id, by=by, at=at)
            begun += 1
    return begun


def run(run_id: int, *, now: Callable[[], datetime]) -> None:
    """Do what is left of a run."""
    from bihuan.domain.customers.actions import linking  # noqa: PLC0415 - loads DuckDB and Arrow

    folder = Path(settings.HOME) / "consolidations" / str(run_id)
    with _alone(folder):
        going = Consolidation.objects.get(pk=run_id)
        if going.state == ConsolidationState.FINDING:
            found = linking.find(org.tree().under(going.unit_id), folder)
            _keep(run_id, found)
    while _portion(run_id, now()):
        pass
    rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else on this machine look for the same run's pairs meanwhile: a command beside the worker waits."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def consolidate(*, unit_id: int, by: Actor, at: datetime) -> Counter[str]:
    """Consolidate an org unit and below at once; return how many were `merged` and `queued`."""
    run_id = start(unit_id=unit_id, in_background=False, by=by, at=at)
    run(run_id, now=lambda: at)
    done = Consolidation.objects.get(pk=run_id)
    return Counter(customers=done.customers, merged=done.merged, queued=done.queued)


@transaction.atomic
def _keep(run_id: int, found: "linking.Found") -> None:
    """Write down what was found: from here on nothing is compared again."""
    going = _locked(run_id)
    if going.state != ConsolidationState.FINDING:
        return
    lines = [(*one, True) for one in found.sure] + [(*one, False) for one in found.doubts]
    columns = "consolidation_id, nth, keep, other, weight, is_sure"
    with (
        db.hot() as cursor,
        cursor.copy(f"copy customers_finding ({columns}) from stdin".encode()) as copy,
    ):
        for nth, line in enumerate(lines, 1):
            copy.write_row((run_id, nth, *line))
    going.state, going.found = ConsolidationState.JOINING, len(lines)
    going.customers, going.report = found.customers, list(found.report)
    units = list(org.tree().under(going.unit_id))
    going.collect = [list(row) for row in db.rows(_COLLECT, (units,))]
    going.save()


@transaction.atomic
def _portion(run_id: int, at: datetime) -> bool:
    """Decide about the next findings; False when there are none left."""
    going = _locked(run_id)
    if going.state != ConsolidationState.JOINING:
        return False
    by = Actor(going.by)
    found = list(
        Finding.objects.filter(consolidation=going, nth__gt=going.done).order_by("nth")[:PORTION]
    )
    if found:
        counts = _decided(found, by, at)
        going.done += len(found)
        going.merged += counts["merged"]
        going.queued += counts["queued"]
        going.save()
        return True
    going.state, going.finished_at = ConsolidationState.DONE, at
    going.save()
    Finding.objects.filter(consolidation=going).delete()
    figures = {name: getattr(going, name) for name in ("customers", "merged", "queued")}
    _record("customer_consolidation.finished", going, by, at, **figures)
    return False


def _decided(found: Sequence[Finding], by: Actor, at: datetime) -> Counter[str]:
    """Decide about some findings as the files stand by now: people may have merged, refused or mended meanwhile."""
    survivors = _survivors({one for each in found for one in (each.keep, each.other)})
    erased = {row[0] for row in db.rows(_ERASED, (list(survivors.values()),))}
    pairs: dict[tuple[int, int], Finding] = {}
    for one in found:
        left, right = sorted((survivors[one.keep], survivors[one.other]))
        if left != right and erased.isdisjoint((left, right)):
            pairs.setdefault((left, right), one)
    refused = set(db.rows(_REFUSED, ([left for left, _ in pairs],))) if pairs else set()
    pairs = {pair: one for pair, one in pairs.items() if pair not in refused}
    facets = blocking.facets_of({one for pair in pairs for one in pair}) if pairs else {}
    joins, doubts, among = [], [], blocking.customers_about()
    for (left, right), one in pairs.items():
        likeness = compare(facets[left], facets[right], among=among)
        if likeness.sameness is Sameness.VETO:
            continue
        if one.is_sure:
            joins.append(Joining(left, right, likeness.evidence))
        else:
            score = round(1 / (1 + 2.0**-one.weight), 4)
            doubts.append((left, right, score, likeness.evidence))
    return Counter(merged=_joined(joins, by, at), queued=_queued(doubts, at))


def _joined(joins: Iterable[Joining], by: Actor, at: datetime) -> int:
    """Join what can be joined at once; where a file both goes on and rests, one after another."""
    waiting, done = list(joins), 0
    while waiting:
        staying = {one.survivor_id for one in waiting}
        absorbed: set[int] = set()
        now, later = [], []
        for one in waiting:
            if one.absorbed_id in staying or one.absorbed_id in absorbed:
                later.append(one)
            else:
                absorbed.add(one.absorbed_id)
                now.append(one)
        done += join_many(now, RULE, by=by, at=at)
        again = _survivors({one for join in later for one in (join.survivor_id, join.absorbed_id)})
        moved = [
            (sorted((again[one.survivor_id], again[one.absorbed_id])), one.evidence)
            for one in later
        ]
        waiting = [
            Joining(pair[0], pair[1], evidence) for pair, evidence in moved if pair[0] != pair[1]
        ]
        waiting = _without_contradictions(waiting)
    return done


def _without_contradictions(joins: Sequence[Joining]) -> list[Joining]:
    ids = {one for join in joins for one in (join.survivor_id, join.absorbed_id)}
    facets = blocking.facets_of(ids) if ids else {}
    return [
        one
        for one in joins
        if compare(facets[one.survivor_id], facets[one.absorbed_id]).sameness is not Sameness.VETO
    ]


def _queued(doubts: Sequence[tuple[int, int, float, Any]], at: datetime) -> int:
    packed = orjson.dumps(doubts).decode()
    return db.run(_QUEUE, (at, packed)) if doubts else 0


def _survivors(customer_ids: set[int]) -> dict[int, int]:
    """Return which file each goes on in, and lock those: what people merged until now is seen, and they wait for us."""
    ids = sorted(customer_ids)
    return dict(zip(ids, hold(lambda: map(survivors_of(ids).__getitem__, ids)), strict=True))


def _locked(run_id: int) -> Consolidation:
    return Consolidation.objects.select_for_update().get(pk=run_id)


def _record(fact: str, run: Consolidation, by: Actor, at: datetime, /, **data: Any) -> None:
    ref = f"customer-consolidation:{run.pk}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
