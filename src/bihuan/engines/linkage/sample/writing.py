"""Chunks of made-up records: each chunk can be made by itself, so many can be made side by side."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from bihuan.engines.linkage.sample import people, stock
from bihuan.engines.linkage.sample.clerks import SOURCES, Clerk
from bihuan.engines.linkage.sample.people import Customer

CUSTOMERS = pa.schema(
    [
        (name, pa.string())
        for name in (
            "record_id", "source", "unit", "kind", "name", "sex", "birth_date", "id_number", "phone", "email", "address",
        )
    ]
)  # fmt: skip
TRUTH = pa.schema([("record_id", pa.string()), ("customer_id", pa.string())])
COMPANIES = 0.30
UNITS = ("华东分公司", "华南分公司", "华北分公司", "西南分公司", "华中分公司", "总部直属")
_AGENTS = 400
_RECORDS_EACH = (0.50, 0.75, 0.88, 0.96, 1.0)
_FAKE = 0.004
_FAMILY = 0.22
_GROUP = 0.04
_BRANCH = 0.25


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some records and whose they are."""

    customers: pa.Table
    truth: pa.Table


def chunk(seed: str, index: int, size: int) -> Chunk:
    """Return the `index`-th chunk of a data set: the same seed gives the same records on every machine."""
    dice = random.Random(f"{seed}/{index}")  # noqa: S311 - made-up people, not secrets
    shared = random.Random(f"{seed}/agents")  # noqa: S311 - see above
    agents = [people.a_mobile(shared) for _ in range(_AGENTS)]
    rows: list[tuple[str | None, ...]] = []
    for customer in _customers(dice, f"C{index:05d}"):
        rows.extend(_records(dice, customer, agents))
        if len(rows) >= size:
            break
    del rows[size:]
    dice.shuffle(rows)
    return _tables(rows, index)


def _customers(dice: random.Random, prefix: str) -> Iterator[Customer]:
    """Yield customers without end: 30 % companies, some of one family or group, a few made up by clerks."""
    known: list[Customer] = []
    groups: list[Customer] = []
    number = 0
    while True:
        number += 1
        name = f"{prefix}-{number:06d}"
        if dice.random() < COMPANIES:
            made = _company(dice, name, groups)
        elif dice.random() < _FAKE:
            made = _fake(dice, name)
        else:
            kin = dice.choice(known) if known and dice.random() < _FAMILY else None
            made = people.a_person(dice, name, kin)
            _remember(dice, known, made)
        yield made


def _company(dice: random.Random, name: str, groups: list[Customer]) -> Customer:
    group = dice.choice(groups) if groups and dice.random() < _GROUP else None
    made = people.a_company(dice, name, group)
    if group and dice.random() < _BRANCH:
        city = made.homes[0].city.removesuffix("市")
        made.branch, made.form = f"{city}分公司", group.form
    _remember(dice, groups, made)
    return made


def _remember(dice: random.Random, known: list[Customer], made: Customer) -> None:
    if dice.random() < 0.3:
        known.append(made)
        if len(known) > 3000:
            known.pop(dice.randrange(3000))


def _fake(dice: random.Random, number: str) -> Customer:
    made = people.a_person(dice, number, None)
    made.name = dice.choice(stock.FAKE_NAMES)
    made.phones = [dice.choice(stock.FAKE_PHONES)]
    made.code, made.email, made.is_fake = dice.choice(stock.FAKE_IDS), "", True
    return made


def _records(
    dice: random.Random, customer: Customer, agents: list[str]
) -> Iterator[tuple[str | None, ...]]:
    chance = dice.random()
    count = (
        1
        if customer.is_fake
        else next(n for n, most in enumerate(_RECORDS_EACH, 1) if chance <= most)
    )
    unit = dice.choice(UNITS)
    for _ in range(count):
        source = dice.choices(SOURCES, [one.share for one in SOURCES])[0]
        clerk = Clerk(dice, source, agents)
        name = clerk.person_name(customer) if customer.is_person else clerk.company_name(customer)
        kind = "person" if customer.is_person else "organisation"
        sex = customer.sex if customer.sex and dice.random() < 0.8 else None
        at = unit if dice.random() < 0.9 else dice.choice(UNITS)
        numbers = (clerk.birth(customer), clerk.code(customer), clerk.phone(customer))
        yield (
            source.name,
            at,
            kind,
            name,
            sex,
            *numbers,
            clerk.email(customer),
            clerk.address(customer),
            customer.number,
        )


def _tables(rows: list[tuple[str | None, ...]], index: int) -> Chunk:
    ids = [f"R{index:05d}-{place:06d}" for place in range(len(rows))]
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(ids), *(pa.array(column, pa.string()) for column in columns[:-1])]
    truth = pa.table([pa.array(ids), pa.array(columns[-1], pa.string())], schema=TRUTH)
    return Chunk(pa.table(arrays, schema=CUSTOMERS), truth)
