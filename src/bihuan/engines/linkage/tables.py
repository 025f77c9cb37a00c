"""Tables of records: columns as they were typed in, columns as they are compared out."""

import re
from collections.abc import Sequence

import pyarrow as pa

from bihuan.engines.linkage.records import COLUMNS, LISTS, Record, read_record
from bihuan.engines.linkage.roles import ColumnMap, Role

SCHEMA = pa.schema([(name, _type) for name, _type in (
    (name, pa.bool_() if name == "is_company" else pa.list_(pa.string()) if name in LISTS else pa.string()) for name in COLUMNS
)])  # fmt: skip

_ENDS_IN_YEAR = re.compile(r"\s*(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})\b")


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
        if mapping.month_first:
            typed |= _day_first(typed.get(Role.DATE_OF_BIRTH, ()))
        rows.append(read_record(typed, record, sources[row] or name, companies=companies))
    return pa.table(
        [pa.array([getattr(row, one.name) for row in rows], one.type) for one in SCHEMA],
        schema=SCHEMA,
    )


def _day_first(typed: Sequence[str | None]) -> dict[Role, list[str | None]]:
    turned = [value and _ENDS_IN_YEAR.sub(r"\2/\1/\3", value) for value in typed]
    return {Role.DATE_OF_BIRTH: turned}


def is_month_first(batch: pa.Table, mapping: ColumnMap) -> bool:
    """Return whether dates like 02/01/1980 begin with the month: what the map says, else what more of the table's dates allow."""
    if mapping.month_first is not None:
        return mapping.month_first
    typed = [
        one for name in mapping.columns.get(Role.DATE_OF_BIRTH, ()) for one in _texts(batch, name)
    ]
    found = [
        (int(one[1]), int(one[2])) for value in typed if (one := _ENDS_IN_YEAR.match(value or ""))
    ]
    return sum(second > 12 >= first for first, second in found) > sum(
        first > 12 >= second for first, second in found
    )


def _texts(batch: pa.Table, heading: str) -> Sequence[str | None]:
    column = batch.column(heading)
    values: Sequence[str | None] = column.cast(pa.string()).to_pylist()
    return values
