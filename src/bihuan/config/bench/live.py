"""`bihuan bench live`: how long a warning takes to 200 supervisors' screens while 500 facts a second flow.

In a database of its own, a few thousand varied cases stand. The web server and the dispatcher run as in production. A
program writes the facts of submits of units, four in a transaction as a submit does, on these cases. Units' clocks are
set to warn at known moments; the dispatcher fires them. Measured at each screen that may see the case: from the moment
of the warning until the drawn line of the case has come. Screens ask for their side panels as the page does.
"""

import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import psycopg

from bihuan.config import console, serving
from bihuan.config.bench.clocks import BenchFailed, url_of
from bihuan.config.bench.submit import scratch_database
from bihuan.config.measuring import copies, seeds
from bihuan.config.measuring.client import Client
from bihuan.config.measuring.screens import Screen, watch_all
from bihuan.domain.cases import queries as cases
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import actions as people, queries as org
from bihuan.domain.processes.choices import turn_in_sql
from bihuan.kit import clock

PASSWORD = "supervising-the-bench-0220"
PLACES = ("csc", "chengzhou", "linyuan", "qingxi", "tongshan", "binhu", "maoling")
POSTS = ("team_lead", "service_manager")
SUPERVISORS = 20
LEAD, TAIL = 6.0, 5.0
PATIENCE = 120.0
# What one submit records.
A_SUBMIT = ("unit.submitted", "clock.stopped", "unit.opened", "clock.started")
_CALM = """
select c.id, t.id, k.id from processes_token t
join processes_processinstance i on i.id = t.instance_id
join cases_case c on i.root = 'case:' || c.id
join clocks_clock k on k.owner = 'unit:' || t.id and k.state = 'RUNNING'
where t.kind = 'USER' and t.state in ('OPEN', 'CLAIMED') and i.state = 'RUNNING'
    and (select count(*) from processes_token o where o.instance_id = i.id and o.kind = 'USER'
        and o.state in ('OPEN', 'CLAIMED')) = 1
order by random() limit %s
"""
_WARN = """
update clocks_clock set warn_texts = '{30m}', warn_at = array[%(warn)s::timestamptz], level = 0,
    overdue_at = null, due_at = %(due)s, next_moment_at = %(warn)s, failures = 0, retry_at = null
where id = %(clock)s
"""
_UNIT = (
    "update processes_token set warn_at = %(warn)s, due_at = %(due)s, rank_at = %(due)s,"  # noqa: S608 -- our own text
    f" turn_at = {turn_in_sql('%(due)s::timestamptz', 'priority')} where id = %(unit)s"
)
_QUIET = f"""
update processes_token set warn_at = null, due_at = now() + interval '30 days',
    rank_at = now() + interval '30 days', turn_at = {turn_in_sql("now() + interval '30 days'", "priority")}
where kind = 'USER' and state in ('OPEN', 'CLAIMED') and rank_at <= now() + interval '1 hour'
    and id % 4 <> 0
"""  # noqa: S608 -- our own text
_DRAINED = "select count(*) from clocks_clock where state = 'RUNNING' and next_moment_at <= now() and failures = 0"


@dataclass(frozen=True, slots=True)
class Warned:
    """A case whose warning falls due at `at`, seconds since 1970."""

    case_id: int
    at: float


@click.command()
@click.option("--screens", default=200, show_default=True, help="Screens open.")
@click.option("--facts", default=500, show_default=True, help="Facts a second.")
@click.option("--seconds", default=40, show_default=True, help="How long facts flow.")
@click.option("--warnings", default=100, show_default=True, help="Warnings in that time.")
@click.option("--cases", "cased", default=6000, show_default=True, help="Cases loaded.")
@click.option("--seeds", "seeded", default=100, show_default=True, help="Cases worked one by one.")
@click.option("--workers", default=1, show_default=True, help="Processes of the web server.")
@console.as_json
def command(*, as_json: bool, **asked: int) -> None:
    """Measure how soon a warning is on every supervisor's screen."""
    load = os.getloadavg()[0]
    with scratch_database() as conninfo:
        at = clock.now()
        seeds.lay(asked["seeded"], at=at)
        copies.multiply(conninfo, max(1, asked["cased"] // asked["seeded"]))
        staff = _supervisors(at)
        with psycopg.connect(conninfo, autocommit=True) as connection, ExitStack() as stack:
            connection.execute(_QUIET)
            url = stack.enter_context(_web_server(conninfo, asked["workers"]))
            stack.enter_context(_program(conninfo, "dispatch"))
            _wait_until_drained(connection)
            screens = _screens(url, staff, asked["screens"])
            warned, written = _run(connection, conninfo, screens, asked)
    keys = _figures(screens, warned) | {
        "facts_per_s": written,
        "screens": len(screens),
        "cases": asked["cased"],
        "web_processes": asked["workers"],
        "cores": os.cpu_count(),
        "load_before": round(load, 1),
    }
    console.report(keys, as_json=as_json)


def _run(
    connection: psycopg.Connection, conninfo: str, screens: Sequence[Screen], asked: dict[str, int]
) -> tuple[list[Warned], float]:
    async def measured() -> tuple[list[Warned], float]:
        opened = asyncio.Event()
        whole = LEAD + asked["seconds"] + TAIL
        watching = asyncio.create_task(watch_all(screens, whole, opened))
        await asyncio.wait({watching, waiting := asyncio.create_task(opened.wait())},
                           return_when=asyncio.FIRST_COMPLETED)  # fmt: skip
        waiting.cancel()
        if not opened.is_set():
            await watching
        warned = await asyncio.to_thread(_set_warnings, connection, screens, asked)
        writing = _writer(conninfo, asked["facts"], LEAD + asked["seconds"])
        await watching
        said, _ = writing.communicate(timeout=PATIENCE)
        return warned, float(json.loads(said)["facts_per_s"])

    return asyncio.run(measured())


def _set_warnings(
    connection: psycopg.Connection, screens: Sequence[Screen], asked: dict[str, int]
) -> list[Warned]:
    """Let units' clocks warn at moments spread over the run; tell each screen which it may see."""
    begin, warned = clock.now().timestamp() + LEAD, []
    found = connection.execute(_CALM, (asked["warnings"] * 3,)).fetchall()
    chosen = list({row[0]: row for row in found}.values())[: asked["warnings"]]
    for number, (case_id, unit_id, clock_id) in enumerate(chosen):
        moment = begin + asked["seconds"] * number / max(1, len(chosen))
        warn = datetime.fromtimestamp(moment, UTC)
        values = {
            "warn": warn,
            "due": warn + timedelta(minutes=30),
            "clock": clock_id,
            "unit": unit_id,
        }
        connection.execute(_UNIT, values)
        connection.execute(_WARN, values)
        warned.append(Warned(case_id, moment))
    involved = cases.involved_units([one.case_id for one in warned])
    for screen in screens:
        scope = _SCOPES[screen.cookies["bench"]]
        screen.wanted = frozenset(
            one.case_id for one in warned if any(unit in scope for unit in involved[one.case_id])
        )
    return warned


_SCOPES: dict[str, Any] = {}


def _figures(screens: Sequence[Screen], warned: Sequence[Warned]) -> dict[str, Any]:
    due = {one.case_id: one.at for one in warned}
    took = sorted(
        1000 * (screen.heard[case_id] - due[case_id])
        for screen in screens
        for case_id in screen.wanted
        if case_id in screen.heard
    )
    expected = sum(len(screen.wanted) for screen in screens)
    if not took:
        raise BenchFailed
    return {
        "p95_ms": round(took[int(len(took) * 0.95)]),
        "p50_ms": round(took[len(took) // 2]),
        "max_ms": round(took[-1]),
        "warnings": len(warned),
        "expected": expected,
        "lost": expected - len(took),
        "early": sum(one < 0 for one in took),
        "resyncs": sum(max(0, screen.resyncs - 1) for screen in screens),
        "requests": sum(screen.requests for screen in screens),
    }


# ---------------------------------------------------------------- people
def _supervisors(at: datetime) -> list[tuple[str, int]]:
    """Take supervisors on in the centre and in regions, so that not all see the same."""
    made = []
    for number in range(SUPERVISORS):
        login = f"bench{number}"
        new = people.NewStaff(
            login_name=login,
            name=f"督办{number}",
            first_password=PASSWORD,
            must_change_password=False,
        )
        person = people.create_staff(new=new, by=seeds.SYSTEM, at=at)
        people.hold_post(
            staff_id=person.pk,
            post_code=POSTS[number % 2],
            unit_id=org.unit_by_code(PLACES[number % len(PLACES)]).id,
            period=people.Period(at),
            by=seeds.SYSTEM,
            at=at,
        )
        made.append((login, person.pk))
    return made


def _screens(url: str, staff: Sequence[tuple[str, int]], count: int) -> list[Screen]:
    made = []
    signed: dict[str, dict[str, str]] = {}
    for number in range(count):
        login, staff_id = staff[number % len(staff)]
        if login not in signed:
            client = Client(url)
            client.sign_in(login, PASSWORD)
            client.get("/command/")
            client.close()
            signed[login] = {**client.cookies, "bench": login}
            _SCOPES[login] = org.access_of(staff_id, clock.now()).scope("case.view")
        made.append(Screen(url, signed[login], f"board:command,duty.,staff:{staff_id}"))
    return made


# ---------------------------------------------------------------- programs
def _wait_until_drained(connection: psycopg.Connection) -> None:
    """Let the dispatcher fire what fell due while the load was laid."""
    until = time.monotonic() + PATIENCE
    while (row := connection.execute(_DRAINED).fetchone()) and row[0]:
        if time.monotonic() > until:
            raise BenchFailed
        time.sleep(0.2)


@contextmanager
def _program(conninfo: str, *arguments: str) -> Iterator[int]:
    environment = os.environ | {"DATABASE_URL": url_of(conninfo)}
    program = subprocess.Popen([*serving.COMMAND, *arguments], env=environment)
    try:
        yield program.pid
    finally:
        program.terminate()
        program.wait(30)


@contextmanager
def _web_server(conninfo: str, workers: int) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    arguments = ["web", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    with _program(conninfo, *arguments):
        until = time.monotonic() + PATIENCE
        while not serving.is_healthy(url):
            if time.monotonic() > until:
                raise BenchFailed
            time.sleep(0.1)
        yield url


def _writer(conninfo: str, rate: int, seconds: float) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"DATABASE_URL": url_of(conninfo)}
    call = f"from bihuan.config.bench.live import write; write({rate}, {seconds})"
    setup = "import bihuan.config.wsgi; "
    return subprocess.Popen(
        [sys.executable, "-c", setup + call], env=environment, stdout=subprocess.PIPE
    )


def write(rate: int, seconds: float) -> None:
    """Record the facts of submits at a steady rate; print the rate reached as JSON. A program of its own."""
    from bihuan.kit import db  # noqa: PLC0415 -- after Django is set up

    known = [row[0] for row in db.rows("select id from cases_case where closure_id is null")]
    dice = random.Random(7)  # noqa: S311 -- the same facts every time
    begin, written = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        while written < rate * passed:
            ledger.record_many(_submit(dice.choice(known), written))
            written += len(A_SUBMIT)
        time.sleep(0.004)
    click.echo(json.dumps({"facts_per_s": round(written / (time.monotonic() - begin), 1)}))


def _submit(case_id: int, number: int) -> list[Fact]:
    root, at, by = f"case:{case_id}", clock.now(), Actor("system:bench")
    subject = f"unit:{10**15 + number}"
    return [Fact(name, subject, root, at, by, data={"title": "办理"}) for name in A_SUBMIT]
