"""Tables of records: columns as they were typed in, columns as they are compared out."""

from collections.abc import Sequence

import pyarrow as pa

from bihuan.engines.linkage.records import COLUMNS, LISTS, Record, read_record
from bihuan.engines.linkage.roles import ColumnMap, Role

SCHEMA = pa.schema([(name, _type) for name, _type in (
    (name, pa.bool_() if name == "is_company" else pa.list_(pa.string()) if name in LISTS else pa.string()) for name in COLUMNS
)])  # fmt: skip


def read_table(batch: pa.Table, mapping: ColumnMap, *, name: str, first: int = 0) -> pa.Table:
    """Bring a table of typed records to `SCHEMA`.

    `name` is the source where no column says one, and with the row number from `first` the record where no column does.
    """
    columns = {
        role: [_texts(batch, heading) for heading in headings]
        for role, headings in mapping.columns.items()
    }
    companies = (
        Role.FULL_NAME not in columns
        and Role.GIVEN_NAME not in columns
        and Role.FAMILY_NAME not in columns
    )
    records = columns.pop(
        Role.RECORD, [[f"{name}:{first + row}" for row in range(batch.num_rows)]]
    )[0]
    sources = columns.pop(Role.SOURCE, [[name] * batch.num_rows])[0]
    rows: list[Record] = []
    for row in range(batch.num_rows):
        typed = {role: [column[row] for column in lists] for role, lists in columns.items()}
        record = records[row] or f"{name}:{first + row}"
        rows.append(read_record(typed, record, sources[row] or name, companies=companies))
    return pa.table(
        [pa.array([getattr(row, one.name) for row in rows], one.type) for one in SCHEMA],
        schema=SCHEMA,
    )


def _texts(batch: pa.Table, heading: str) -> Sequence[str | None]:
    column = batch.column(heading)
    values: Sequence[str | None] = column.cast(pa.string()).to_pylist()
    return values
