"""All files of some org units compared by the model (`engines.linkage`): which are one customer, which may be.

Files are brought to the form in which they are compared in parts of their own below BIHUAN_HOME, so a run that was
killed goes on with the next part. A customer with several phones, mails or addresses is compared with each of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bihuan.engines.linkage import clustering, tables
from bihuan.engines.linkage.model import shipped_model
from bihuan.engines.linkage.roles import ColumnMap, Role
from bihuan.kit import db

PORTION: Final = 20_000
_EACH: Final = 3
_ROLES: Final = (
    *(Role.RECORD, Role.SOURCE, Role.UNIT, Role.KIND, Role.FULL_NAME, Role.DATE_OF_BIRTH),
    *(Role.ID, Role.PHONE, Role.EMAIL, Role.ADDRESS),
)
_MAP: Final = ColumnMap({role: (role.value,) for role in _ROLES})
_POINTS: Final = """
array(select {column} from customers_contactpoint p where p.customer_id = c.id and p.kind = '{kind}'
      order by is_primary desc, id limit {each})
"""
_FILES: Final = f"""
select c.id, c.kind, c.name, c.attributes->>'birth_date',
    (select value_norm from customers_identifier i where i.customer_id = c.id and i.is_proven
     and i.kind in ('RESIDENT_ID', 'CREDIT_CODE') order by id limit 1),
    {_POINTS.format(column="value_norm", kind="PHONE", each=_EACH)},
    {_POINTS.format(column="value", kind="EMAIL", each=_EACH)},
    {_POINTS.format(column="value", kind="ADDRESS", each=_EACH)},
    coalesce((select s.title from customers_sourcerow r join customers_source s on s.id = r.source_id
              where r.customer_id = c.id order by s.trust desc, r.id limit 1), '人工录入'),
    u.name
from customers_customer c join org_orgunit u on u.id = c.unit_id
where c.merged_into_id is null and c.erased_at is null and c.unit_id = any(%s) and c.id > %s order by c.id limit {PORTION}
"""  # noqa: S608 -- our own columns
_REFUSED: Final = "select left_id, right_id from customers_pair where state = 'REFUSED'"
_FOUND: Final = """
select least(a, b), greatest(a, b), max(weight), bool_or(is_sure) from (
    select l.record::bigint as a, r.record::bigint as b, d.weight,
        d.decision = 'MERGE' and (l.name = r.name or coalesce(l.id_valid = r.id_valid, false)) as is_sure
    from decided_{kind} d join records l on l.uid = d.l join records r on r.uid = d.r
    where d.decision <> 'APART' and l.record <> r.record
) group by 1, 2
"""
_NUMBERS: Final = """
select record::bigint, min(id_valid) from records where id_valid is not null group by 1
"""

Link = tuple[int, int, float, bool]


@dataclass(frozen=True, slots=True)
class Found:
    """What a comparison gave: `sure` are (customer that goes on, other, weight), each other once; `doubts` pairs."""

    customers: int
    sure: Sequence[tuple[int, int, float]]
    doubts: Sequence[tuple[int, int, float]]
    report: Sequence[dict[str, Any]]


def find(unit_ids: Sequence[int], folder: Path) -> Found:
    """Compare the standing files of these org units with one another; `folder` keeps the parts meanwhile."""
    # Splink takes seconds to load: only who consolidates pays for it.
    from bihuan.engines.linkage import linking, report  # noqa: PLC0415

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_parts(unit_ids, folder)
    first, more = (
        sorted(str(one) for one in folder.glob(f"{kind}-*.parquet")) for kind in ("first", "more")
    )
    database = folder / "linkage.duckdb"
    for leftover in folder.glob(f"{database.name}*"):  # of a run that was killed, its journal too
        leftover.unlink()
    with closing(duckdb.connect(str(database), config={"memory_limit": "2GB"})) as connection:
        if not first:
            return Found(0, (), (), ())
        customers = linking.load(connection, first)
        lines = [asdict(line) for line in report.lines(connection)]
        linking.load(connection, [*first, *more])
        links: list[Link] = []
        for kind in linking.kinds(connection):
            if shipped_model(kind) is not None:
                linking.link(linking.Duck(connection), connection, kind)
                links += connection.execute(_FOUND.format(kind=kind)).fetchall()
        numbers = dict(connection.execute(_NUMBERS).fetchall())
    return Found(customers, *_grouped(links, numbers), lines)


def _write_parts(unit_ids: Sequence[int], folder: Path) -> None:
    """Write the files part by part; a part that is there was written by a run that was stopped."""
    last = max((int(one.stem.split("-")[1]) for one in folder.glob("first-*.parquet")), default=0)
    while rows := db.rows(_FILES, (list(unit_ids), last)):
        last = rows[-1][0]
        copies = [list(_copies(row)) for row in rows]
        _write(folder / f"more-{last:012d}.parquet", [one for some in copies for one in some[1:]])
        _write(folder / f"first-{last:012d}.parquet", [some[0] for some in copies])


def _copies(row: tuple[Any, ...]) -> Iterator[tuple[str | None, ...]]:
    """Yield a file as it is compared, once for each further phone, mail or address."""
    one, kind, name, birth, number, phones, mails, places, source, unit = row
    reached = list(zip_longest(phones, mails, places)) or [(None, None, None)]
    for phone, mail, place in reached:
        yield (
            *(str(one), source, unit, kind.lower(), name, birth, number),
            *(phone or _first(phones), mail or _first(mails), place or _first(places)),
        )


def _first(values: Sequence[str]) -> str | None:
    return values[0] if values else None


def _write(file: Path, rows: Sequence[tuple[str | None, ...]]) -> None:
    if not rows:
        return
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    table = pa.table(columns, names=[role.value for role in _ROLES])
    unfinished = file.with_suffix(".unfinished")
    pq.write_table(tables.read_table(table, _MAP, name="stored"), unfinished)
    unfinished.replace(file)


def _grouped(
    links: Sequence[Link], numbers: dict[int, str]
) -> tuple[list[tuple[int, int, float]], list[tuple[int, int, float]]]:
    """Join the sure pairs, surest first; what somebody refused, and what contradicts itself, is kept apart."""
    links = sorted(links, key=lambda one: (-one[2], one[0], one[1]))
    refused = db.rows(_REFUSED)
    sure = [(left, right) for left, right, _weight, is_sure in links if is_sure]
    leader = clustering.group(sure, numbers, [(row[0], row[1]) for row in refused]).leader
    best: dict[int, float] = {}
    for left, right, weight, is_sure in links:
        for one in (left, right) if is_sure else ():
            best.setdefault(one, weight)
    merges = [(top, one, best.get(one, 0.0)) for one, top in sorted(leader.items()) if one != top]
    doubts: dict[tuple[int, int], float] = {}
    for left, right, weight, _is_sure in links:
        pair = sorted((leader.get(left, left), leader.get(right, right)))
        if pair[0] != pair[1]:
            doubts.setdefault((pair[0], pair[1]), weight)
    apart = {(row[0], row[1]) for row in refused}
    return merges, [(*pair, weight) for pair, weight in doubts.items() if pair not in apart]
