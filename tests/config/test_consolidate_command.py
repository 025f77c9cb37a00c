"""`bihuan generate customers` and `bihuan customers consolidate`, as they are typed."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from bihuan.config.cli import generate
from bihuan.config.linking import command, engines, files, standardising
from bihuan.engines.linkage import linking, sample, tables
from bihuan.engines.linkage.roles import Role

pytestmark = pytest.mark.timeout(300)  # the commands start processes of their own


def run(*typed):
    done = CliRunner().invoke(command.consolidate, [str(one) for one in typed])
    return done.exit_code, done.output + str(done.exception or "")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    customers = ["customers", "900", "--out", str(folder), "--processes", "1", "--json"]
    done = CliRunner().invoke(generate.command, customers)
    assert done.exit_code == 0, done.output
    return folder


def test_made_up_customers_have_a_truth_for_every_record(made):
    customers = pq.read_table(made / "customers.parquet")
    truth = pq.read_table(made / "truth.parquet")

    assert customers.schema == sample.CUSTOMERS
    assert truth.column_names == ["record_id", "customer_id"]
    assert sorted(customers["record_id"].to_pylist()) == sorted(truth["record_id"].to_pylist())
    assert len(set(customers["record_id"].to_pylist())) == 900


def test_the_same_seed_makes_the_same_customers():
    assert sample.chunk("7", 3, 50).customers == sample.chunk("7", 3, 50).customers
    assert sample.chunk("7", 3, 50).customers != sample.chunk("8", 3, 50).customers


def test_consolidation_prints_its_figures_and_writes_the_groups(made, tmp_path):
    options = ("--truth", made / "truth.parquet", "--out", tmp_path, "--json")
    status, output = run("--input", made / "customers.parquet", *options)

    assert status == 0, output
    found = json.loads(output.splitlines()[-1])
    assert found["records"] == 900
    assert found["f1"] > 0.95
    assert {"clusters", "pairs", "precision", "recall", "seconds", "peak_mb"} <= set(found)
    assert found["automatic"]["precision"] >= 0.998
    groups = pq.read_table(tmp_path / "groups.parquet")
    assert len(set(groups["customer_id"].to_pylist())) == found["clusters"]
    assert pq.read_table(tmp_path / "review.parquet").num_rows == found["review"]


def test_two_results_are_compared_pair_by_pair(made, tmp_path):
    alone = pq.read_table(made / "truth.parquet")["record_id"]
    nobody = pa.table({"record_id": alone, "customer_id": alone, "automatic_customer_id": alone})
    pq.write_table(nobody, tmp_path / "other.parquet")
    typed = ("--input", made / "customers.parquet", "--out", tmp_path, "--json", "--compare-with")

    first = json.loads(run(*typed, tmp_path / "other.parquet")[1].splitlines()[-1])["compared"]
    again = json.loads(run(*typed, tmp_path / "groups.parquet")[1].splitlines()[-1])["compared"]

    assert first["accepted"]["other_pairs"] == 0
    assert (first["automatic"]["differing"], first["accepted"]["differing"]) == (1.0, 1.0)
    assert again["accepted"]["common"] == first["accepted"]["pairs"] > 0
    assert (again["automatic"]["differing"], again["accepted"]["differing"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (None, "没有找到 Java"),
        ('openjdk version "11.0.2"', "找到的是 Java 11"),
        ('version "1.8.0"', "Java 8"),
    ],
)
def test_what_spark_lacks_is_said_before_it_begins(tmp_path, monkeypatch, said, wrong):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    if said:
        java = tmp_path / "bin" / "java"
        java.parent.mkdir()
        java.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
        java.chmod(0o700)

    with pytest.raises(engines.JavaMissing, match=wrong):
        engines.need_java()


def test_a_run_that_was_stopped_goes_on_from_its_stages(made, tmp_path, monkeypatch):
    typed = ("--input", made / "customers.parquet", "--out", tmp_path, "--json")

    def stopped(*_args, **_options):
        raise MemoryError

    with monkeypatch.context() as once:
        once.setattr(linking, "group", stopped)
        assert run(*typed)[0] == 1
    assert len(list(tmp_path.glob("stages-*/decided_*.parquet"))) == 2
    with monkeypatch.context() as again:
        again.setattr(linking, "link", stopped)
        again.setattr(tables, "read_table", stopped)
        status, output = run(*typed)

    assert status == 0, output
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["groups.parquet", "review.parquet"]


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ('[columns]\nname = "nickname"', "角色“nickname”不存在"),
        ('[columns]\nsurname = "family name"', "表里没有列“surname”"),
        ("columns = 3", "缺少 [columns]"),
        ("[columns", "不是 TOML"),
        ('[columns]\nphone = "phone"', "没有姓名或单位名称的列"),
    ],
)
def test_a_map_that_does_not_fit_is_refused_in_words(tmp_path, written, wrong):
    (tmp_path / "people.csv").write_text("name,phone\n张伟,13762435679\n", "utf-8")

    with pytest.raises(standardising.MapUnusable) as refused:
        standardising.column_map(tmp_path / "people.csv", written.encode())

    assert wrong in str(refused.value)


def test_columns_are_known_by_their_headings(tmp_path):
    (tmp_path / "people.csv").write_text("编号, 姓名 ,手机号,备注\n1,张伟,13762435679,x\n", "utf-8")

    found = standardising.column_map(tmp_path / "people.csv", None).columns

    assert found == {Role.RECORD: ["编号"], Role.FULL_NAME: ["姓名"], Role.PHONE: ["手机号"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_are_read_in_any_usual_form(tmp_path, encoding, delimiter):
    file = tmp_path / "people.csv"
    file.write_text(f"姓名{delimiter}地址\n张伟{delimiter}杭州市\n王芳{delimiter}\n", encoding)

    read = pa.concat_tables(files.portions(file)).to_pylist()

    assert read == [{"姓名": "张伟", "地址": "杭州市"}, {"姓名": "王芳", "地址": None}]


def test_a_file_without_the_option_is_a_table_and_never_means_the_stored_customers(
    tmp_path, monkeypatch
):
    """The stored customers were looked through, and merged, instead of the file."""
    meant = []
    monkeypatch.setattr(command.stored, "consolidate", lambda *_a, **_o: meant.append("stored"))
    monkeypatch.setattr(
        command.consolidating, "consolidate", lambda wanted, _: meant.append(wanted)
    )
    file = tmp_path / "people.csv"
    file.touch()

    run(file)
    status, output = run("--out", tmp_path)

    assert [one.inputs for one in meant] == [(file,)]
    assert (status, "请用 --input 指明文件" in output) == (1, True)


def test_a_quotation_mark_left_open_takes_no_other_row_with_it(tmp_path):
    file = tmp_path / "people.csv"
    file.write_text(
        '姓名,地址\n"张伟,杭州市\n王芳, "宁波市, 镇海区"\n李娜,"温州市\n鹿城区"\n', "utf-8"
    )

    read = pa.concat_tables(files.portions(file)).to_pylist()

    assert [tuple(one.values()) for one in read] == [
        ("张伟", "杭州市"),
        ("王芳", "宁波市, 镇海区"),
        ("李娜", "温州市\n鹿城区"),
    ]


@pytest.mark.parametrize(
    ("table", "truth", "wrong"),
    [
        ("", None, "t.csv 是空的，没有表头。"),
        ("编号,姓名\n", None, "文件里没有记录。"),
        ("编号,姓名\n1,张伟\n1,王芳\n", None, "记录号“1”不止一条记录在用"),
        ("编号,姓名\n1,张伟\n", "id,cluster\n1,1\n", "缺少列 record_id、customer_id"),
        ("编号,姓名\n1,张伟\n", "record_id,customer_id\n9,1\n", "这里写的像“9”，输入里的像“1”"),
        ("编号,姓名\n1,张伟\n", "record_id,customer_id\n1,1\n1,2\n", "“1”出现了不止一次"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path, table, truth, wrong):
    (tmp_path / "t.csv").write_text(table, "utf-8")
    typed = ["--input", tmp_path / "t.csv"]
    if truth:
        (tmp_path / "truth.csv").write_text(truth, "utf-8")
        typed += ["--truth", tmp_path / "truth.csv"]

    status, output = run(*typed)

    assert status != 0
    assert wrong in output
