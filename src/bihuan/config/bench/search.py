"""`bihuan bench search`: how soon customers are shown while somebody types, among very many.

A database of its own, kept for the next time, holds as many made-up customers as asked for (`measuring.customers`), a case
for every third. What people type (a surname, two letters, the end of a number …) is taken from customers picked
by chance and asked as the pages ask: with the person's scope, leaving a fact. `kinds` has the 50th and 95th percentile of
each kind, in milliseconds; `p95_ms` is over all of them, each kind asked equally often.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final

import click

from bihuan.config import console, database
from bihuan.config.measuring import customers, seeds
from bihuan.config.scratch import kept_database, kept_name
from bihuan.domain.cases import queries as cases
from bihuan.domain.customers.actions import look_up
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.org.queries import Access
from bihuan.kit import clock, db

WANTED_MS: Final = 80
SIZE: Final = 20
WARM_UP: Final = 60
# One who sees all customers, and one whose office has a few.
ASKERS: Final = ("linxiao", "zhouli")
COMMONEST: Final = "王李张刘陈杨黄赵"
_PICKED: Final = """
select c.name_norm, c.kind = 'ORGANISATION', c.name_pinyin, c.name_initials,
    coalesce((select value_norm from customers_contactpoint p where p.customer_id = c.id and p.kind = 'PHONE' limit 1), ''),
    coalesce((select number from customers_account a where a.customer_id = c.id limit 1), ''), c.id
from customers_customer c where id = any(%s)
"""

Person = tuple[str, bool, str, str, str, str, int]
Typed = Callable[[Person, Random], str]


def _middle(name: str, random: Random, width: int) -> str:
    start = random.randrange(1, max(2, len(name) - width + 1))
    return name[start : start + width]


KINDS: Final[Mapping[str, Typed]] = {
    "one_character": lambda one, random: random.choice([*COMMONEST, one[0][0]]),
    "two_characters": lambda one, random: one[0][:2],
    "name": lambda one, random: one[0],
    "fragment": lambda one, random: _middle(one[0], random, 2),
    "long_fragment": lambda one, random: _middle(one[0], random, 4) if one[1] else one[0][1:],
    "two_initials": lambda one, random: one[3][:2],
    "initials": lambda one, random: one[3],
    "pinyin_begun": lambda one, random: one[2][: random.randint(1, 6)],
    "pinyin": lambda one, random: one[2],
    "phone_tail": lambda one, random: one[4][-4:],
    "long_tail": lambda one, random: one[4][-6:],
    "phone": lambda one, random: one[4],
    "account": lambda one, random: one[5],
    "account_begun": lambda one, random: one[5][:5],
    "case_number": lambda one, random: f"B{one[6] // 3 * 3:09d}",
}


@click.command()
@click.option(
    "--customers",
    "many",
    type=console.COUNT,
    default=2_000_000,
    show_default=True,
    help="Customers.",
)
@click.option(
    "--asked", type=console.COUNT, default=100, show_default=True, help="Questions a kind."
)
@console.as_json
def command(many: int, asked: int, *, as_json: bool) -> int:
    """Search among very many customers. Exit status 1 when the 95th percentile is too slow."""
    at = clock.now()
    conninfo = database.conninfo(kept_name(_name(many)))
    is_whole = customers.is_loaded(conninfo, many)
    with kept_database(_name(many), is_whole=is_whole):
        since = time.monotonic()
        if not is_whole:
            seeds.lay(40, at=at)
            units = sorted(org.tree().units)
            customers.load(conninfo, many, units, at=at, told=console.progress(many, "customers"))
        loading = time.monotonic() - since
        keys = {"customers": many, "loading_s": round(loading, 1), **_asked(many, asked, at)}
    console.report(keys, as_json=as_json)
    return 0 if keys["p95_ms"] <= WANTED_MS else 1


def _name(many: int) -> str:
    return f"customers_{many}"


def _asked(many: int, asked: int, at: datetime) -> dict[str, Any]:
    random = Random(many)  # noqa: S311  the same questions every time
    askers = [org.access_of(org.staff_by_login(login).pk, at) for login in ASKERS]
    picked = _picked(many, asked * 2, random)
    walls: dict[str, list[float]] = {kind: [] for kind in KINDS}
    found = dict.fromkeys(KINDS, 0)
    turns = [(kind, nth) for nth in range(asked) for kind in KINDS]
    random.shuffle(turns)
    for nth, (kind, turn) in enumerate([*turns[:WARM_UP], *turns]):
        text = _text(KINDS[kind], picked, random)
        since = time.perf_counter()
        shown = _ask(kind, askers[turn % 2], text, at)
        if nth >= WARM_UP:
            walls[kind].append(time.perf_counter() - since)
            found[kind] += shown > 0
    return {
        **_figures([one for kind in walls.values() for one in kind]),
        "asked": asked * len(KINDS),
        "wanted_ms": WANTED_MS,
        "kinds": {
            kind: {**_figures(found_in), "found": round(found[kind] / asked, 2)}
            for kind, found_in in walls.items()
        },
    }


def _text(typed: Typed, picked: Sequence[Person], random: Random) -> str:
    return next(text for _ in range(1000) if (text := typed(random.choice(picked), random)))


def _ask(kind: str, access: Access, text: str, at: datetime) -> int:
    if kind == "case_number":
        return len(cases.search(access, text, size=SIZE))
    return len(look_up(access=access, text=text, size=SIZE, by=Actor(access.ref), at=at))


def _figures(walls: Sequence[float]) -> dict[str, float]:
    ordered = sorted(walls)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
        "worst_ms": round(ordered[-1] * 1000, 1),
    }


def _picked(many: int, count: int, random: Random) -> list[Person]:
    ids = [random.randint(1, many) for _ in range(count)]
    return [(*row,) for row in db.rows(_PICKED, (ids,))]
