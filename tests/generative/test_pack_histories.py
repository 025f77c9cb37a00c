"""Random work on the processes of the shipped packs, case included: whatever people do and whenever, nobody sees
an error but a refusal, clocks and lists tell the truth, and a dispatcher changes nothing but the moment.

`BIHUAN_HISTORIES` says how many histories of each pack are lived (default 6, of 130 operations each).
"""

import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from bihuan.domain.cases.models import Case, Standing
from bihuan.domain.clocks import queries as calendars
from bihuan.domain.clocks.models import Clock
from bihuan.domain.clocks.queries import SELECT_CLOCK
from bihuan.domain.clocks.rules import row_from, used_micros
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.ledger.models import Fact
from bihuan.domain.processes import actions
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.engines.bpmn.model import Process
from bihuan.engines.worktime import parse_limit, worktime
from bihuan.kit import db
from tests.generative.pack_lives import ROOTS, Life
from tests.generative.spans import merged, without
from tests.packs import shipped, standing

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
HISTORIES = int(os.environ.get("BIHUAN_HISTORIES", "6"))
OPERATIONS = 130
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LIVE = ("OPEN", "CLAIMED", "PARKED")


def check_now(life: Life, process: Process) -> None:
    """One unit is open while the case is; clocks run exactly while they should; the list says the same."""
    instance = ProcessInstance.objects.get(pk=life.instance)
    state, ended = instance.state, instance.ended_at is not None
    live = list(Token.objects.filter(instance_id__in=life.instances, state__in=LIVE))
    assert len(live) == (0 if ended else 1), live
    assert Case.objects.get(pk=life.case.id).closure_id is None or ended
    for clock in Clock.objects.filter(root=life.case.ref):
        wanted = _wanted(clock, process, live, state)
        assert clock.state == wanted, (clock.owner, clock.state, wanted)
    standing = Standing.objects.get(case_id=life.case.id)
    assert (standing.instance_id, standing.process_state) == (life.instance, state)
    limits = Clock.objects.filter(root=life.case.ref, state="RUNNING", kind="LIMIT", enforced=True)
    due = min((clock.due_at for clock in limits), default=None)
    stale = life.done["holiday"] and not life.dispatched
    for token in live:
        assert standing.current_units == token.title
        own = Clock.objects.filter(owner=f"unit:{token.pk}", state="RUNNING").first()
        assert stale or token.due_at == (own.due_at if own else None)
    assert stale or standing.next_due_at == due


def _wanted(clock: Clock, process: Process, live: list[Token], state: str) -> str:
    kind, _, key = clock.owner.partition(":")
    going = "RUNNING" if state == "RUNNING" else "PAUSED"
    if kind == "unit":
        return going if any(token.pk == int(key) for token in live) else "STOPPED"
    if kind == "group":
        if not any(token.instance_id == int(key.partition(":")[0]) for token in live):
            return "STOPPED"
        group = next(g for g in process.limit_groups if g.id == key.partition(":")[2])
        return going if any(token.node in group.units for token in live) else "PAUSED"
    return clock.state if state == "SUSPENDED" else "STOPPED"


def check_times(life: Life, process: Process) -> None:
    """What the clocks have used is what the facts say was worked."""
    for values in db.rows(SELECT_CLOCK + "where root = %s", (life.case.ref,)):
        row = row_from(values)
        kind, _, key = row.owner.partition(":")
        if kind == "resume":
            continue
        instance, _, group_id = key.partition(":") if kind == "group" else (int(key) >> 20, "", "")
        spans = _unit_spans(life, int(instance))
        if kind == "unit":
            found = [spans[int(key)][1:]]
        else:
            group = next(g for g in process.limit_groups if g.id == group_id)
            found = [span[1:] for span in spans.values() if span[0] in group.units]
        calendar = calendars.calendar(row.calendar)
        measure = parse_limit(row.limit_text).measure
        worked = without(merged(found), _pauses(life, int(instance)))
        expected = sum((worktime(calendar, a, b, measure) for a, b in worked), timedelta())
        assert used_micros(row, calendar, life.at) == expected // timedelta(microseconds=1), row


def _unit_spans(life: Life, instance: int) -> dict[int, tuple[str, datetime, datetime]]:
    spans: dict[int, tuple[str, datetime, datetime]] = {}
    closing = {"unit.submitted", "unit.cancelled", "unit.returned", "unit.skipped"}
    closed: set[int] = set()
    for fact in Fact.objects.filter(root=life.case.ref, name__startswith="unit.").order_by("id"):
        unit_id = int(fact.subject.partition(":")[2])
        if unit_id >> 20 != instance:
            continue
        if fact.name == "unit.opened":
            assert unit_id not in spans
            spans[unit_id] = (fact.data["node"], fact.at, life.at)
        elif fact.name in closing:
            assert unit_id not in closed, f"{unit_id} ended twice"
            closed.add(unit_id)
            spans[unit_id] = (*spans[unit_id][:2], fact.at)
    return spans


def _pauses(life: Life, instance: int) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    facts = Fact.objects.filter(root=life.case.ref, subject=f"process:{instance}").order_by("id")
    for fact in facts:
        if fact.name == "process.suspended":
            since = fact.at
        elif since is not None and fact.name in {"process.resumed", "process.terminated"}:
            found.append((since, fact.at))
            since = None
    return [*found, (since, life.at)] if since else found


def story(life: Life) -> list[tuple[object, ...]]:
    """The facts with what differs between two lives taken out: the ids."""
    told = []
    for fact in Fact.objects.filter(root=life.case.ref).order_by("id"):
        kind, _, key = fact.subject.partition(":")
        if kind in {"unit", "timer"}:
            key = f"{life.instances.index(int(key) >> 20)}/{int(key) & 0xFFFFF}"
        elif kind in {"process", "group", "resume"}:
            first, _, rest = key.partition(":")
            key = f"{life.instances.index(int(first))}/{rest}"
        elif kind == "case":
            key = ""
        ids = {"clock", "instance", "new", "number", "from", "case"}
        data = {name: value for name, value in fact.data.items() if name not in ids}
        behalf = fact.on_behalf_of
        told.append((fact.at, fact.name, kind, key, fact.actor, behalf, fact.reason, repr(data)))
    return sorted(told, key=repr)


@pytest.fixture
def _packs() -> None:
    standing.install(*shipped.KEYS, at=LONG_AGO, logins=True)


def _process(pack: str) -> Process:
    return next(process for source, process in shipped.processes() if source.key == pack)


def lived(life: Life, seed: int, check: Callable[[], None] | None = None) -> Life:
    dice = random.Random(seed)  # noqa: S311 -- chance, not secrecy
    for turn in range(OPERATIONS):
        life.play(dice)
        if check is not None and turn % 3 == 0:
            life.dispatch()
            check()
    return life


@pytest.mark.usefixtures("_packs")
@pytest.mark.parametrize("seed", range(HISTORIES))
@pytest.mark.parametrize("pack", sorted(ROOTS))
def test_whatever_is_done_clocks_and_lists_tell_the_truth(pack: str, seed: int):
    process = _process(pack)
    life = Life(pack, dispatched=seed % 2 == 0)

    lived(life, seed, lambda: check_now(life, process))

    if not life.done["holiday"]:
        check_times(life, process)
    assert life.done["submit"] > 3, life.done
    for refused in life.refusals:
        assert refused.message.endswith("。")
        assert refused.status in {403, 404, 409, 422}


@pytest.mark.usefixtures("_packs")
@pytest.mark.parametrize("seed", range(100, 100 + max(HISTORIES // 2, 1)))
@pytest.mark.parametrize("pack", sorted(ROOTS))
def test_the_same_work_leaves_the_same_facts_with_and_without_a_dispatcher(pack: str, seed: int):
    with transaction.atomic():
        first = lived(Life(pack, dispatched=True), seed)
        log = list(first.log)
        _end(first)
        expected = story(first)
        transaction.set_rollback(True)
    calendars.forget("base.office")
    again = Life(pack, dispatched=False)
    again.repeat(log)
    again.at = first.at
    _end(again)

    assert story(again) == expected


def _end(life: Life) -> None:
    if ProcessInstance.objects.get(pk=life.instance).ended_at is None:
        actions.terminate(life.instance, reason="完", by=SYSTEM, at=life.at)
