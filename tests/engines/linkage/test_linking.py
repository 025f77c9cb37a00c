"""Whole tables: made-up customers and the FEBRL sets are brought together as well as promised."""

import csv
import gzip
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bihuan.engines.linkage import linking, quality, report, sample, tables
from bihuan.engines.linkage.roles import guess_map

FEBRL = Path(__file__).parents[4] / "shared" / "data" / "entity_resolution"


def linked(folder, typed, truth):
    """Return a connection where a table was linked: `records`, `groups`, `truth`."""
    parts = []
    for index, table in enumerate(typed):
        read = tables.read_table(table, guess_map(table.column_names), name=f"file-{index}")
        pq.write_table(read, folder / f"{index}.parquet")
        parts.append(str(folder / f"{index}.parquet"))
    connection = duckdb.connect(config={"threads": 2})
    linking.load(connection, parts)
    connection.register("truth", truth.rename_columns(["record", "customer"]))
    return connection


def link_all(connection):
    kinds = linking.kinds(connection)
    for kind in kinds:
        linking.link(linking.Duck(connection), connection, kind)
    return kinds


def groups(connection):
    found = {}
    for record, leader in connection.execute(
        "select record, leader from groups join records using (uid)"
    ).fetchall():
        found.setdefault(leader, set()).add(record)
    return sorted(sorted(one) for one in found.values())


@pytest.fixture(scope="module")
def customers(tmp_path_factory):
    made = sample.chunk("linking", 0, 3000)
    connection = linked(tmp_path_factory.mktemp("linking"), [made.customers], made.truth)
    return connection, link_all(connection), made


@pytest.mark.parametrize(("is_company", "least"), [(False, 0.98), (True, 0.985)])
def test_made_up_customers_are_brought_together(customers, is_company, least):
    connection, kinds, _ = customers
    where = f"r.is_company = {is_company}"

    linking.group(connection, kinds, reviewed=False)
    assert quality.measure(connection, where=where).precision >= 0.998
    linking.group(connection, kinds, reviewed=True)
    assert quality.measure(connection, where=where).f1 >= least


def test_different_valid_ids_are_different_customers(customers):
    connection, kinds, _ = customers
    linking.group(connection, kinds, reviewed=True)

    mixed = connection.execute(
        "select leader from groups join records using (uid) group by 1 having count(distinct id_valid) > 1"
    )
    assert mixed.fetchall() == []


def test_the_order_of_records_changes_no_group(customers, tmp_path):
    connection, kinds, made = customers
    linking.group(connection, kinds, reviewed=True)
    count = made.customers.num_rows
    turned = made.customers.take(list(range(count - 1, -1, -1)))

    other = linked(tmp_path, [turned.slice(0, 1000), turned.slice(1000)], made.truth)
    linking.group(other, link_all(other), reviewed=True)

    assert groups(other) == groups(connection)


def test_the_report_counts_every_record_once(customers):
    connection, _, made = customers
    lines = report.lines(connection)

    assert sum(line.records for line in lines) == made.customers.num_rows
    assert sum(sum(line.verdicts.values()) for line in lines) == made.customers.num_rows
    assert {line.source for line in lines} == {"policy", "telesales", "callcentre", "legacy"}


def febrl(name):
    """Return a set of FEBRL: every third entity with all its records, as learning from 10,000 takes its time."""
    with gzip.open(FEBRL / f"febrl_{name}.csv.gz", "rt") as file:
        rows = [[cell.strip() or None for cell in row] for row in csv.reader(file)]
    rows = [rows[0], *(row for row in rows[1:] if int(row[0].split("-")[1]) % 3 == 0)]
    columns = zip(*rows[1:], strict=True)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=rows[0])


@pytest.mark.parametrize("names", [["dataset3"], ["dataset4a", "dataset4b"]])
@pytest.mark.skipif(
    not FEBRL.is_dir(), reason="the FEBRL sets are beside the repository, in ../shared"
)
@pytest.mark.timeout(400)  # ten seconds of learning, on a busy machine many more
def test_febrl_is_learned_from_itself(names, tmp_path):
    typed = [febrl(name) for name in names]
    records = [record for table in typed for record in table["rec_id"].to_pylist()]
    truth = pa.table({"record_id": records, "customer_id": [one.split("-")[1] for one in records]})

    connection = linked(tmp_path, typed, truth)
    linking.group(connection, link_all(connection), reviewed=True)

    assert quality.measure(connection).f1 >= 0.98
