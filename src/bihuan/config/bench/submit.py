"""`bihuan bench submit`: claim and submit a unit, against what the database alone can do.

In a database of its own, a looping process runs on a few hundred instances. Our own `submit` (permission,
form, engine, clocks, facts) and pgbench sending the statements that one submit was seen to send take turns of
a second, one client each, so that a busy machine hits both alike. Of a run the median of the turns' ratios
counts, of the runs the worst. The same once more with cases behind the instances (`with_case`).

Flatness is the cost of the steps 900 to 1000 of one instance over that of the steps 20 to 120 of another, step
by step in turns, after a vacuum. `join_50` and `instance_1000` compare wide instances with narrow ones (`breadth`).
"""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from bihuan.config import console, database
from bihuan.config.bench import breadth, playback
from bihuan.config.bench.playback import WARM_UP, Recorded, Slice, cpu_seconds
from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as people, queries as org
from bihuan.domain.packs import actions as packs
from bihuan.domain.processes import actions
from bihuan.domain.processes.queries import units_of
from bihuan.integrations import pack_files
from bihuan.integrations.postgres_embedded import binaries
from bihuan.kit import db

HERE = Path(__file__).parent
PROCESS, NODE = "bench.work", "handle"
# A Wednesday morning in Shanghai; every submit is a little later than the one before.
MORNING = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=20)
SYSTEM = Actor("system:bench")
HANDLING = "客户来电反映家中网络频繁掉线，已远程重启光猫无效，需上门检查线路并更换设备，预约明日上午九点到十一点。"
FORM: dict[str, Any] = {
    "finished_at": "2026-03-02 09:30",
    "contacted_at": "2026-03-02 09:10",
    "cause": "equipment",
    "handling": HANDLING * 2,
    "customer_told": True,
    "fee": "128.50",
    "again": True,
}
EARLY, LATE, SAMPLES = 20, 900, 100


@dataclass(slots=True)
class Desk:
    """The seeded database: who works where, the open unit of each instance, and its case, if it has one."""

    by: Actor
    unit_id: int
    with_case: bool = False
    at: datetime = MORNING
    open: list[int] = field(default_factory=list)
    cases: list[int] = field(default_factory=list)
    turn: int = 0

    def start(self) -> int:
        """Start one instance and return its open unit."""
        if self.with_case:
            return self._open_case()
        begun = actions.start_process(
            definition_key=PROCESS,
            subject="bench:1",
            root="bench:1",
            org_unit_id=self.unit_id,
            variables={},
            by=SYSTEM,
            at=self.at,
        )
        return begun.opened[0].id

    def _open_case(self) -> int:
        request = CaseRequest(
            pack="bench", title="测速", org_unit_id=self.unit_id, class_code="work"
        )
        opened = cases.open_case(request, by=SYSTEM, at=self.at)
        self.cases.append(opened.id)
        return next(unit.id for unit in units_of(opened.instance_id) if unit.id is not None)

    def submit(self, unit: int) -> int:
        """Claim and submit a unit; return the one that opened."""
        self.at += TICK
        return actions.submit(unit, FORM, by=self.by, at=self.at).opened[0].id

    def next(self) -> None:
        """Submit the open unit of the next instance."""
        self.turn = (self.turn + 1) % len(self.open)
        self.open[self.turn] = self.submit(self.open[self.turn])

    @property
    def instances(self) -> range:
        """Return the instances, which were made one after the other."""
        return range(self.open[0] >> 20, (self.open[-1] >> 20) + 1)

    def refresh(self) -> None:
        """Note which units are open now."""
        span = self.instances
        self.open = [row[0] for row in db.rows(_OPEN, (span.start << 20, span.stop << 20))]

    def record(self) -> Recorded:
        """Submit once and return what was sent."""
        self.open[0] = self.submit(self.open[0])  # what a process reads once is read now
        sent: list[tuple[str, Any]] = []
        before = self.open[0]
        with db.watched(playback.recording(sent)):
            after = self.open[0] = self.submit(before)
        return Recorded(sent, before, after, self.cases[0] if self.with_case else None)


_OPEN = """
select id from processes_token
where kind = 'USER' and state in ('OPEN', 'CLAIMED') and id >= %s and id < %s order by id
"""


@click.command()
@click.option(
    "--turns",
    type=console.COUNT,
    default=16,
    show_default=True,
    help="Turns of each side in a run.",
)
@click.option(
    "--runs", type=console.COUNT, default=3, show_default=True, help="Runs; the worst is reported."
)
@click.option(
    "--instances",
    type=console.COUNT,
    default=200,
    show_default=True,
    help="Instances worked on in turn.",
)
@console.as_json
def command(turns: int, runs: int, instances: int, *, as_json: bool) -> None:
    """Claim and submit units, against pgbench doing the same reads and writes."""
    with scratch_database() as conninfo:
        plain, with_case = _seed(instances)
        bench = Bench(conninfo, binaries.installed()[0].program("pgbench"))
        found = [bench.run(plain, turns) for _ in range(runs)]
        behind_cases = [bench.run(with_case, max(1, turns // 2)) for _ in range(runs)]
        flat = [bench.flatness(plain) for _ in range(runs)]
        place = breadth.Place(plain.by, plain.unit_id, plain.at)
        broad = [breadth.ratios(place, conninfo) for _ in range(runs)]
    keys = {
        **summary(found),
        "flatness_1000": round(max(flat), 3),
        "flatnesses": [round(one, 3) for one in flat],
        **{key: max(one[key] for one in broad) for key in broad[0]},
        "with_case": summary(behind_cases),
        "load": round(os.getloadavg()[0], 1),
    }
    console.report(keys, as_json=as_json)


Pair = tuple[Slice, Slice]


def summary(runs: Sequence[Sequence[Pair]]) -> dict[str, Any]:
    """Return what the runs came to: of the ratios the worst, of everything else the median of all turns."""
    ratios = [statistics.median(ours.rate / limit.rate for ours, limit in run) for run in runs]
    turns = [pair for run in runs for pair in run]
    ours, limit = [one for one, _ in turns], [one for _, one in turns]
    cpu = _cpu_ms(limit, "client") + _cpu_ms(limit, "server")
    own_cpu = _cpu_ms(ours, "client") + _cpu_ms(ours, "server")
    return {
        "ratio_to_limit": round(min(ratios), 3),
        "units_per_s": round(statistics.median(one.rate for one in ours), 1),
        "limit_per_s": round(statistics.median(one.rate for one in limit), 1),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "cpu_ratio": round(cpu / own_cpu, 3) if own_cpu else None,
        "client_cpu_ms": round(_cpu_ms(ours, "client"), 3),
        "server_cpu_ms": round(_cpu_ms(ours, "server"), 3),
        "limit_client_cpu_ms": round(_cpu_ms(limit, "client"), 3),
        "limit_server_cpu_ms": round(_cpu_ms(limit, "server"), 3),
    }


def _cpu_ms(slices: Sequence[Slice], side: str) -> float:
    spent = (one.client if side == "client" else one.server for one in slices)
    return statistics.median(cpu * 1000 / one.units for cpu, one in zip(spent, slices, strict=True))


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the measurement takes place, and with which pgbench."""

    conninfo: str
    pgbench: str

    def run(self, desk: Desk, turns: int) -> list[Pair]:
        """Let our own code and pgbench take turns."""
        script = playback.script(desk.record(), desk.instances)
        pairs = []
        for _ in range(turns):
            ours = work(desk, 1 - WARM_UP)
            limit = playback.play(self.pgbench, script, self.conninfo, 1)
            desk.refresh()
            pairs.append((ours, limit))
        return pairs

    def flatness(self, desk: Desk) -> float:
        """Return the cost of late steps of a long instance over that of early steps of another."""
        long, short = desk.start(), desk.start()
        for _ in range(LATE):
            long = desk.submit(long)
        for _ in range(EARLY):
            short = desk.submit(short)
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute("vacuum analyze")
        late, early = [], []
        for _ in range(SAMPLES):
            since = time.perf_counter()
            short = desk.submit(short)
            between = time.perf_counter()
            long = desk.submit(long)
            late.append(time.perf_counter() - between)
            early.append(between - since)
        return statistics.median(late) / statistics.median(early)


def work(desk: Desk, seconds: float) -> Slice:
    """Claim and submit with one client for some seconds, after warming up."""
    found = db.one("select pg_backend_pid()")
    backend = int(found[0]) if found else 0
    _until(desk, time.perf_counter() + WARM_UP)
    client, server, since = time.process_time(), cpu_seconds(backend), time.perf_counter()
    units = _until(desk, since + seconds)
    passed = time.perf_counter() - since
    return Slice(units, passed, time.process_time() - client, cpu_seconds(backend) - server)


def _until(desk: Desk, moment: float) -> int:
    units = 0
    while time.perf_counter() < moment:
        desk.next()
        units += 1
    return units


@contextmanager
def scratch_database() -> Iterator[str]:
    """Work in a database of our own on the same server, dropped afterwards; yield its address."""
    name = f"bihuan_bench_{os.getpid()}"
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    with psycopg.connect(database.conninfo(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
        try:
            _use(name)
            call_command("migrate", interactive=False, verbosity=0)
            yield database.conninfo(name)
        finally:
            _use(before)
            drop = sql.SQL("drop database if exists {} with (force)")
            admin.execute(drop.format(sql.Identifier(name)))


def _use(name: str) -> None:
    connection: Any = connections["default"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = name


def _seed(instances: int) -> tuple[Desk, Desk]:
    """Return a desk whose instances stand alone and one with a case behind each."""
    since = MORNING - timedelta(days=30)
    packs.install_pack(pack_files.read(HERE / "desk"), by=SYSTEM, at=since)
    place = org.unit_by_code("bench")
    worker = people.create_staff(
        new=people.NewStaff(login_name="bench", name="测速员", first_password=""),
        by=SYSTEM,
        at=since,
    )
    people.hold_post(
        staff_id=worker.pk,
        post_code="bench_worker",
        unit_id=place.id,
        period=people.Period(since),
        by=SYSTEM,
        at=since,
    )
    by = Actor(f"staff:{worker.pk}")
    desks = Desk(by, place.id), Desk(by, place.id, with_case=True)
    for desk in desks:
        desk.open = [desk.start() for _ in range(instances)]
    return desks
