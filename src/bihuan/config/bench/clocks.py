"""`bihuan bench clocks`: a sweep over a million running clocks.

In a database of its own, a million clocks run of which none is due. Two dispatchers are started as in
production. Then a thousand clocks fall due at once, and one of the dispatchers is killed with `kill -9`
after a part of them. Measured is the time from the moment they fall due until each has its fact.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import click
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bihuan.config import console, database, serving
from bihuan.kit.problems import Refused

DISPATCHERS = 2
BATCH = 50
PATIENCE = 120.0

_LOAD = """
insert into clocks_clock (owner, root, kind, calendar_revision, limit_text, warn_texts, budget_us,
    used_us, since, due_at, warn_at, next_moment_at, level, enforced, state, started_at)
select 'bench:' || n, 'bench:' || n, 'LIMIT', 1, 'P30D', '{}', 2592000000000, 0,
    now(), now() + interval '30 days' + n * interval '1 second', '{}',
    now() + interval '30 days' + n * interval '1 second', 0, true, 'RUNNING', now()
from generate_series(1, %s) as n
"""
_MAKE_DUE = """
with reach as (select min(id) as first, (max(id) - min(id)) / %(due)s as step from clocks_clock)
update clocks_clock set due_at = now(), next_moment_at = now()
from reach, generate_series(0, %(due)s - 1) as n where id = first + n * step
"""
_COUNT = (
    "select count(*), count(distinct data->>'clock') from ledger_fact where name = 'clock.overdue'"
)
_READY = """
select count(*) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and query ilike '%%clocks_clock%%'
"""


class BenchFailed(Refused):
    """A program of the measurement failed or did not do its work in time."""

    status = 500
    message = "测量所用的进程没有按时完成，请查看其输出。"


@dataclass(frozen=True)
class Sweep:
    """What one sweep came to. `killed_after` is how many had fired when a dispatcher was killed."""

    seconds: float
    fired: int
    twice: int
    killed_after: int


@click.command()
@click.option(
    "--clocks", type=console.COUNT, default=1_000_000, show_default=True, help="Running clocks."
)
@click.option(
    "--due", type=console.COUNT, default=1000, show_default=True, help="How many of them fall due."
)
@click.option(
    "--runs",
    type=console.COUNT,
    default=1,
    show_default=True,
    help="Sweeps; the worst is reported.",
)
@console.as_json
def command(clocks: int, due: int, runs: int, *, as_json: bool) -> int:
    """Fire 1,000 of 1,000,000 running clocks with two dispatchers, one killed midway."""
    sweeps = []
    with scratch_database() as conninfo:
        for _ in range(runs):
            _fill(conninfo, clocks)
            sweeps.append(_sweep(conninfo, due))
    worst = max(sweeps, key=lambda one: (one.twice, one.fired != due, one.seconds))
    keys = {
        "clocks": clocks,
        "due": due,
        "seconds": round(worst.seconds, 3),
        "fired": worst.fired,
        "twice": worst.twice,
        "killed_after": worst.killed_after,
        "all_seconds": [round(one.seconds, 3) for one in sweeps],
    }
    console.report(keys, as_json=as_json)
    return 0 if worst.fired == due and not worst.twice else 1


@contextmanager
def scratch_database() -> Iterator[str]:
    """Make a database with our tables on the same server, and drop it afterwards."""
    name = f"bihuan_bench_{os.getpid()}"
    make = sql.SQL("create database {} template template0").format(sql.Identifier(name))
    drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(database.conninfo(), autocommit=True) as admin:
        admin.execute(make)
        try:
            conninfo = database.conninfo(name)
            if _run(conninfo, "manage", "migrate", "--verbosity", "0").wait():
                raise BenchFailed
            yield conninfo
        finally:
            admin.execute(drop)


def _fill(conninfo: str, clocks: int) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("truncate clocks_clock")
        connection.execute("set synchronous_commit = off")
        connection.execute(_LOAD, (clocks,))
        connection.execute("vacuum analyze clocks_clock")


def _sweep(conninfo: str, due: int) -> Sweep:
    with ExitStack() as stack:
        watch = stack.enter_context(psycopg.connect(conninfo, autocommit=True))
        before = _counts(watch)[0]
        programs = [_run(conninfo, "dispatch", "--batch", str(BATCH)) for _ in range(DISPATCHERS)]
        for program in programs:
            stack.callback(_end, program)
        _wait_until_ready(watch)
        watch.execute(_MAKE_DUE, {"due": due})
        since = time.monotonic()
        killed_after = 0
        while (fired := _counts(watch)[0] - before) < due:
            if fired >= due // 4 and not killed_after:
                programs[0].kill()
                killed_after = fired
            if time.monotonic() - since > PATIENCE:
                raise BenchFailed
            time.sleep(0.002)
        seconds = time.monotonic() - since
        time.sleep(1)  # whatever would fire twice does so now
        total, distinct = _counts(watch)
        return Sweep(seconds, total - before, total - distinct, killed_after)


def _counts(connection: psycopg.Connection) -> tuple[int, int]:
    row = connection.execute(_COUNT).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def _wait_until_ready(connection: psycopg.Connection) -> None:
    """Both dispatchers have asked the database for work."""
    since = time.monotonic()
    while True:
        row = connection.execute(_READY).fetchone()
        if row and row[0] >= DISPATCHERS:
            return
        if time.monotonic() - since > PATIENCE:
            raise BenchFailed
        time.sleep(0.05)


def _run(conninfo: str, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DATABASE_URL": url_of(conninfo)}
    return subprocess.Popen([*serving.COMMAND, *arguments], env=environment)


def _end(program: "subprocess.Popen[bytes]") -> None:
    program.terminate()
    program.wait(10)


def url_of(conninfo: str) -> str:
    """Return a connection string as an address, for DATABASE_URL."""
    parts = {key: quote(str(value), safe="") for key, value in conninfo_to_dict(conninfo).items()}
    user = parts.get("user", "")
    login = f"{user}:{parts['password']}" if "password" in parts else user
    port = f":{parts['port']}" if "port" in parts else ""
    return f"postgres://{login}@{parts.get('host', '')}{port}/{parts['dbname']}"
