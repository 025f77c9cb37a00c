"""`bihuan bench http`: server CPU per request, web and database, with 100,000 cases loaded.

In a database of its own, a few hundred varied cases are opened and worked by the actions people use, then
copied until there are as many as asked for. A web server runs as in production, with one worker. Clients ask
one at a time and two at a time; measured is the CPU time of the web server's and the database server's
processes, less what they use while nobody asks. The worse of the two counts, and the worst of the runs.
"""

import json
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

import click
import psycopg

from bihuan.config import console, serving
from bihuan.config.bench.clocks import BenchFailed, url_of
from bihuan.config.bench.submit import scratch_database
from bihuan.config.measuring import copies, seeds
from bihuan.config.measuring.client import Client
from bihuan.config.measuring.cpu import Meter, Used, used
from bihuan.domain.org import actions as people, queries as org
from bihuan.domain.org.actions import NewToken
from bihuan.kit import clock

AGENT, PASSWORD = "linxiao", "bihuan-demo"
SCOPES = ("case.open", "case.view", "customer.view", "customer.see_phone")
PROGRAMS, PATIENCE = 2, 30.0
WARM_UP = 60

Request = Callable[[Client, int], object]


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of request: who sends it, and the n-th of it."""

    name: str
    client: Callable[[], Client]
    request: Request


@dataclass(frozen=True, slots=True)
class Figure:
    """What a kind of request cost each time, in milliseconds."""

    cpu_ms: float
    web_ms: float
    database_ms: float
    p50_ms: float


@click.command()
@click.option(
    "--cases", type=console.COUNT, default=100_000, show_default=True, help="Cases loaded."
)
@click.option(
    "--seeds",
    "seeded",
    type=console.COUNT,
    default=200,
    show_default=True,
    help="Cases worked one by one.",
)
@click.option(
    "--requests", type=console.COUNT, default=300, show_default=True, help="Requests of each kind."
)
@click.option(
    "--runs", type=console.COUNT, default=1, show_default=True, help="Runs; the worst is reported."
)
@click.option("--only", multiple=True, help="Measure this kind only; may be repeated.")
@console.as_json
def command(
    cases: int, seeded: int, requests: int, runs: int, only: Sequence[str], *, as_json: bool
) -> None:
    """Measure the server's CPU time per request with many cases loaded."""
    keys: dict[str, Any] = {"cases": cases, "requests": requests}
    with scratch_database() as conninfo:
        since, at = time.monotonic(), clock.now()
        seeds.lay(seeded, at=at)
        copies.multiply(conninfo, max(1, cases // seeded))
        keys["loading_s"] = round(time.monotonic() - since, 1)
        with _web_server(conninfo) as (url, pid), psycopg.connect(conninfo) as connection:
            connection.autocommit = True
            meter = Meter(pid, connection)
            loads = [one for one in _loads(url, connection, at) if not only or one.name in only]
            found = [_figures(load, meter, requests) for load in loads for _ in range(runs)]
    for name in dict.fromkeys(one for one, _ in found):
        keys |= _worst(name, [figures for one, figures in found if one == name])
    console.report(keys, as_json=as_json)


def _worst(name: str, runs: Sequence[dict[str, Figure]]) -> dict[str, Any]:
    """Return what is reported of one kind of request."""
    all_ = [figure for figures in runs for figure in figures.values()]
    worst = max(all_, key=lambda figure: figure.cpu_ms)
    return {
        f"{name}_cpu_ms": worst.cpu_ms,
        f"{name}_p50_ms": statistics.median(figures["alone"].p50_ms for figures in runs),
        f"{name}_web_database_ms": [worst.web_ms, worst.database_ms],
        f"{name}_all_cpu_ms": [figure.cpu_ms for figure in all_],
    }


# ---------------------------------------------------------------- requests
def _loads(url: str, connection: psycopg.Connection, at: datetime) -> list[Load]:
    numbers = _numbers(connection)
    bodies = _bodies(connection)

    def agent() -> Client:
        made = Client(url)
        made.sign_in(AGENT, PASSWORD)
        return made

    key = _token(at)

    def program() -> Client:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return Client(url, headers)

    def create(client: Client, turn: int) -> object:
        return client.send("POST", "/api/v1/cases", bodies(turn), expect=201)

    def queue(client: Client, _turn: int) -> object:
        return client.get("/")

    def case(client: Client, turn: int) -> object:
        return client.get(f"/cases/{numbers[turn % len(numbers)]}/")

    def context(client: Client, turn: int) -> object:
        return client.get(f"/cases/{numbers[turn % len(numbers)]}/context/")

    def intake(client: Client, turn: int) -> object:
        return client.post("/intake/", _form(json.loads(bodies(turn))), expect=302)

    return [
        Load("create", program, create),
        Load("queue", agent, queue),
        Load("case", agent, case),
        Load("context", agent, context),
        Load("intake", agent, intake),
    ]


def _numbers(connection: psycopg.Connection) -> list[str]:
    connection.execute("select setseed(0.5)")
    found = connection.execute("select number from cases_case order by random() limit 3000")
    return [number for (number,) in found.fetchall()]


def _bodies(connection: psycopg.Connection) -> Callable[[int], bytes]:
    """Return what the n-th request to open a case says."""
    found = connection.execute(
        "select c.customer_id, c.contact_name, c.contact_phone, k.code from cases_case c "
        "join cases_caseclass k on k.id = c.cls_id where mod(c.id, 37) = 0 limit 3000"
    ).fetchall()

    def body(turn: int) -> bytes:
        customer_id, name, phone, code = found[turn % len(found)]
        subject = seeds.SUBJECTS[turn % len(seeds.SUBJECTS)]
        values = {
            "pack": seeds.PACK,
            "unit": "csc",
            "class_code": code,
            "title": f"{subject}，{turn}号楼",
            "description": f"{subject}。{seeds.SAID}",
            "channel": seeds.CHANNELS[turn % len(seeds.CHANNELS)],
            "customer_id": customer_id,
            "contact_name": name,
            "contact_phone": phone,
            "urgency": turn % 3 + 1,
            "importance": turn % 2 + 1,
        }
        return json.dumps(values, ensure_ascii=False).encode()

    return body


def _form(values: dict[str, Any]) -> dict[str, str]:
    """Return the same request as the intake form sends it."""
    code = str(values["class_code"]).split(".")
    levels = {f"class_{n}": ".".join(code[:n]) for n in range(1, len(code) + 1)}
    kept = ("pack", "title", "description", "channel", "contact_name", "contact_phone", "urgency")
    return {
        **{name: str(values[name]) for name in kept},
        **levels,
        "customer_id": str(values["customer_id"] or ""),
    }


def _token(at: datetime) -> str:
    staff_id = org.staff_by_login(AGENT).pk
    new = NewToken(staff_id, "bench", SCOPES)
    return people.issue_token(new=new, by=seeds.SYSTEM, at=at)[1]


# ---------------------------------------------------------------- measuring
def _figures(load: Load, meter: Meter, requests: int) -> tuple[str, dict[str, Figure]]:
    """Measure one client alone and two together."""
    turns = cycle(range(1_000_000))
    with ThreadPoolExecutor(PROGRAMS) as pool:
        clients = [load.client() for _ in range(PROGRAMS)]
        try:
            _run(pool, load.request, clients, [next(turns) for _ in range(WARM_UP)])
            figures = {}
            for name, chosen in (("alone", clients[:1]), ("together", clients)):
                wanted = [next(turns) for _ in range(requests)]
                figures[name] = _figure(pool, load.request, chosen, wanted, meter)
        finally:
            for client in clients:
                client.close()
    return load.name, figures


def _figure(
    pool: ThreadPoolExecutor,
    request: Request,
    clients: Sequence[Client],
    turns: Sequence[int],
    meter: Meter,
) -> Figure:
    before, since = meter.read(), time.monotonic()
    walls = _run(pool, request, clients, turns)
    busy, seconds = used(before, meter.read()), time.monotonic() - since
    idle = _idle(meter, seconds)
    return per_request(busy.minus(idle, 1.0), walls)


def _idle(meter: Meter, seconds: float) -> Used:
    before = meter.read()
    time.sleep(seconds)
    return used(before, meter.read())


def per_request(spent: Used, walls: Sequence[float]) -> Figure:
    """Return the cost of one request out of what all of them spent; `walls` are seconds each took."""
    each = 1000 / len(walls)
    return Figure(
        cpu_ms=round(spent.total * each, 2),
        web_ms=round(spent.web * each, 2),
        database_ms=round(spent.database * each, 2),
        p50_ms=round(statistics.median(walls) * 1000, 1),
    )


def _run(
    pool: ThreadPoolExecutor, request: Request, clients: Sequence[Client], turns: Sequence[int]
) -> list[float]:
    """Send the requests, shared out among the clients; return what each took."""
    shares = [turns[start :: len(clients)] for start in range(len(clients))]

    def work(client: Client, share: Sequence[int]) -> list[float]:
        walls = []
        for turn in share:
            since = time.perf_counter()
            request(client, turn)
            walls.append(time.perf_counter() - since)
        return walls

    return [wall for walls in pool.map(work, clients, shares) for wall in walls]


# ---------------------------------------------------------------- the server
@contextmanager
def _web_server(conninfo: str) -> Iterator[tuple[str, int]]:
    """Run the web server on a free port of this machine; yield its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": url_of(conninfo)}
    arguments = ["web", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    program = subprocess.Popen([*serving.COMMAND, *arguments], env=environment)
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait(url, program)
        yield url, program.pid
    finally:
        program.terminate()
        program.wait(20)


def _wait(url: str, program: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while not serving.is_healthy(url):
        if program.poll() is not None or time.monotonic() > until:
            raise BenchFailed
        time.sleep(0.05)
