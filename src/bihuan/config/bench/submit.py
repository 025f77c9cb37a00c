"""`bihuan bench submit`: claim and submit a unit, against what the database alone can do.

In a database of its own, a looping process runs on a few hundred instances. Measured in turns: our own
`submit` (permission, form, engine, clocks, facts), and pgbench sending the statements that one submit was seen
to send, one client each. The ratio is the worst of the runs. Flatness is the cost of the thousandth unit
of one instance over that of the tenth of others, taken in turns.
"""

import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from bihuan.config import console, database
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as people, queries as org
from bihuan.domain.packs import actions as packs
from bihuan.domain.processes import actions
from bihuan.integrations import pack_files
from bihuan.integrations.postgres_embedded import binaries
from bihuan.kit import db
from bihuan.kit.problems import Refused

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


class NoLimit(Refused):
    """pgbench printed no rate."""

    status = 500
    message = "pgbench 没有给出结果，请查看其输出。"


@dataclass(slots=True)
class Desk:
    """The seeded database: who works, and the open unit of each instance."""

    by: Actor
    unit_id: int
    open: list[int]
    at: datetime = MORNING
    turn: int = 0

    def start(self) -> int:
        """Start one instance and return its open unit."""
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

    def submit(self, unit: int) -> int:
        """Claim and submit a unit; return the one that opened."""
        self.at += TICK
        return actions.submit(unit, FORM, by=self.by, at=self.at).opened[0].id

    def next(self) -> None:
        """Submit the open unit of the next instance."""
        self.turn = (self.turn + 1) % len(self.open)
        self.open[self.turn] = self.submit(self.open[self.turn])


@click.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each side runs.")
@click.option("--runs", default=3, show_default=True, help="Turns; the worst is reported.")
@click.option("--instances", default=200, show_default=True, help="Instances worked on in turn.")
@console.as_json
def command(seconds: float, runs: int, instances: int, *, as_json: bool) -> None:
    """Claim and submit units, against pgbench doing the same reads and writes."""
    with scratch_database() as conninfo:
        desk = _seed(instances)
        _work(desk, seconds / 2)
        pairs = [(_work(desk, seconds), _limit(conninfo, desk, seconds)) for _ in range(runs)]
        flatness = min(_flatness(desk) for _ in range(2))
    ratios = [ours / limit for ours, limit in pairs]
    keys = {
        "ratio_to_limit": round(min(ratios), 3),
        "units_per_s": round(statistics.median(ours for ours, _ in pairs), 1),
        "limit_per_s": round(statistics.median(limit for _, limit in pairs), 1),
        "flatness_1000": round(flatness, 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
    }
    console.report(keys, as_json=as_json)


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


def _seed(instances: int) -> Desk:
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
    desk = Desk(Actor(f"staff:{worker.pk}"), place.id, [])
    desk.open = [desk.start() for _ in range(instances)]
    return desk


def _work(desk: Desk, seconds: float) -> float:
    """Return how many units a second one client claims and submits."""
    done, since = 0, time.perf_counter()
    while (passed := time.perf_counter() - since) < seconds:
        desk.next()
        done += 1
    return done / passed


def _limit(conninfo: str, desk: Desk, seconds: float) -> float:
    """Return how often a second pgbench sends what our submit sends, and note what it left open."""
    program = binaries.installed()[0].program("pgbench")
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(_script(desk))
        file.flush()
        options = ["-n", "-M", "prepared", "-c", "1", "-j", "1", "-T", str(max(1, round(seconds)))]
        done = subprocess.run(
            [program, *options, "-f", file.name, conninfo],
            capture_output=True,
            text=True,
            check=False,
        )
    _find_open_units(desk)
    for line in done.stdout.splitlines():
        if line.startswith("tps = ") and done.returncode == 0:
            return float(line.split()[2])
    click.echo(done.stderr, err=True)
    raise NoLimit


def _script(desk: Desk) -> str:
    """Return one submit as a pgbench script: the statements it sent, for an instance picked at random."""
    sent: list[tuple[str, Any]] = []
    with db.watched(lambda text, params: sent.append((text, params))):
        before = desk.open[0]
        after = desk.open[0] = desk.submit(before)
    ids = sorted(unit >> 20 for unit in desk.open)
    known = {str(before): f"({_BASE} | (:p_next_seq::bigint - 1))", str(after): _NEW}
    lines = [f"\\set i random({ids[0]}, {ids[-1]})", "begin;"]
    for text, params in sent:
        statement = _spelled(text, params, before >> 20, known)
        end = " \\gset p_" if "for update" in statement and "next_seq" in statement else ";"
        lines.append(" ".join(statement.split()) + end)
    return "\n".join([*lines, "commit;", ""])


_BASE = "(:i::bigint << 20)"
_NEW = f"({_BASE} | :p_next_seq::bigint)"


def _spelled(text: str, params: Any, instance: int, known: dict[str, str]) -> str:
    """Return a statement with its parameters written out, the ids of this round in place of the recorded."""
    if isinstance(params, dict):
        spelled = {name: _literal(value, instance, known) for name, value in params.items()}
        spelled["next_seq"] = "(:p_next_seq::int + 1)"
        return re.sub(r"%\((\w+)\)s", lambda found: spelled[found[1]], text)
    values = iter(params or ())
    return re.sub(r"%s", lambda _: _literal(next(values), instance, known), text)


def _literal(value: Any, instance: int, known: dict[str, str]) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return f"array[{', '.join(_literal(one, instance, known) for one in value)}]::text[]"
    if isinstance(value, bool | int):
        return ":i" if value == instance else str(value)
    # pgbench takes :word for a variable, also inside quotes.
    plain = re.sub(r":(?=[A-Za-z_])", ": ", str(value))
    spelled = "'" + plain.replace("'", "''") + "'"
    for old, new in known.items():
        if old in spelled:
            spelled = f"replace({spelled}, '{old}', {new}::text)"
    if (owned := f'"instance_id":{instance},') in spelled:
        spelled = f"replace({spelled}, '{owned}', '\"instance_id\":' || :i || ',')"
    clock = re.search(r'\[{"id":(\d+),"owner":"unit:', str(value))
    if clock:
        owner = f"'unit:' || {known[min(known)]}"
        found = f"(select id from clocks_clock where owner = {owner} and state <> 'STOPPED')"  # noqa: S608
        spelled = f"replace({spelled}, '\"id\":{clock[1]},', '\"id\":' || {found} || ',')"
    return f"({spelled})" if spelled.startswith("replace") else spelled


def _find_open_units(desk: Desk) -> None:
    found = db.rows("select id from processes_token where state in ('OPEN', 'CLAIMED') order by id")
    desk.open = [row[0] for row in found]


def _flatness(desk: Desk, steps: int = 1000, samples: int = 40) -> float:
    """Return the cost of a unit around the thousandth of an instance over one around the tenth."""
    long = desk.start()
    for _ in range(steps - samples // 2):
        long = desk.submit(long)
    late, early = [], []
    for _ in range(samples):
        short = desk.start()
        for _ in range(9):
            short = desk.submit(short)
        since = time.perf_counter()
        desk.submit(short)
        early.append(time.perf_counter() - since)
        since = time.perf_counter()
        long = desk.submit(long)
        late.append(time.perf_counter() - since)
    return statistics.median(late) / statistics.median(early)
