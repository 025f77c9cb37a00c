"""What is asked of a pair is answered alike by DuckDB and by Python."""

import dataclasses

import duckdb
import pyarrow as pa
import pytest

from bihuan.engines.linkage import deciding, sample, scoring, tables
from bihuan.engines.linkage.comparisons import Kind, comparisons
from bihuan.engines.linkage.records import COLUMNS
from bihuan.engines.linkage.roles import guess_map

KINDS = {
    Kind.CHINESE_PERSON: False,
    Kind.CHINESE_COMPANY: True,
    Kind.PERSON: False,
    Kind.COMPANY: True,
}


@pytest.fixture(scope="module")
def pairs():
    """Return pairs of records of which many are nearly alike."""
    made = sample.chunk("asking", 0, 1500).customers
    records = tables.read_table(made, guess_map(made.column_names), name="x")
    connection = duckdb.connect()
    connection.register("records", records)
    near = " or ".join(
        f"l.{one} = r.{one}" for one in ("road", "letters", "family", "phone", "region")
    )
    left, right = ([f"{side}.{one} as {one}_{side}" for one in COLUMNS] for side in "lr")
    found = connection.table("records").set_alias("l")
    found = found.join(
        connection.table("records").set_alias("r"),
        f"l.record < r.record and l.is_company = r.is_company and ({near})",
    )
    found.project(", ".join([*left, *right])).create("pairs")
    return connection


def sides(row):
    left = {name.removesuffix("_l"): value for name, value in row.items() if name.endswith("_l")}
    right = {name.removesuffix("_r"): value for name, value in row.items() if name.endswith("_r")}
    return left, right


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_the_same_in_sql_and_in_python(pairs, kind):
    levels = [level for one in comparisons(kind, COLUMNS) for level in one.levels]
    asked = ", ".join(
        f"coalesce({level.test.sql('duckdb')}, false) as level_{index}"
        for index, level in enumerate(levels)
    )
    rows = (
        pairs.table("pairs")
        .filter(f"is_company_l = {KINDS[kind]}")
        .project(f"*, {deciding.veto_sql(kind)} as vetoed, {asked}")
        .limit(2000)
        .to_arrow_table()
        .to_pylist()
    )

    assert len(rows) > 500
    for row in rows:
        left, right = sides(row)
        said = [level.test.holds(left, right) for level in levels]
        assert said == [row[f"level_{index}"] for index in range(len(levels))], (left, right)
        assert deciding.is_vetoed(kind, left, right) == bool(row["vetoed"]), (left, right)


def test_the_columns_of_a_table_are_the_fields_of_a_record():
    assert tables.SCHEMA.names == [field.name for field in dataclasses.fields(scoring.Record)]
    assert tables.SCHEMA.field("grams").type == pa.list_(pa.string())
