"""Labelled texts are read from spreadsheets and CSV files, and learnt from by a command."""

import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from bihuan.config.cli.classify import command
from bihuan.engines.classification import Model
from bihuan.integrations.labelled_texts import ColumnMissing, NotATable, read_labelled
from bihuan.kit.problems import Invalid

REAL = Path(__file__).parents[3] / "shared" / "data" / "gov_messages"
HEAD = ("主题", "详情", "一级分类")
ROWS = [
    ("停电", "楼里停电", "故障"),
    ("", "", "故障"),
    ("电费高", None, None),
    ("账单", "错", "费用"),
]


def write(path: Path, encoding: str = "utf-8-sig") -> Path:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in (HEAD, *ROWS):
            book.worksheets[0].append(row)
        book.save(path)
    else:
        lines = [",".join(cell or "" for cell in row) for row in (HEAD, *ROWS)]
        path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "encoding"), [("a.xlsx", ""), ("a.csv", "utf-8-sig"), ("a.csv", "gb18030")]
)
def test_rows_without_text_or_label_are_told_with_their_line(
    tmp_path: Path, name: str, encoding: str
) -> None:
    read = read_labelled(write(tmp_path / name, encoding), texts=["主题", "详情"], label="一级分类")
    assert (read.texts, read.labels) == ([("停电", "楼里停电"), ("账单", "错")], ["故障", "费用"])
    assert read.rejected == [(3, "没有文字"), (4, "没有标签")]


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ColumnMissing, match=r"「正文」.*主题、详情、一级分类"):
        read_labelled(write(tmp_path / "a.xlsx"), texts=["正文"], label="一级分类")


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x81")
    with pytest.raises(NotATable):
        read_labelled(tmp_path / name, texts=["主题"], label="一级分类")


def test_too_few_of_a_class_is_said_in_one_sentence(tmp_path: Path) -> None:
    arguments = [
        "evaluate",
        str(write(tmp_path / "a.csv")),
        "--text",
        "主题",
        "--label",
        "一级分类",
    ]
    refused = CliRunner().invoke(command, arguments)
    assert isinstance(refused.exception, Invalid)
    assert "每类至少 5 条" in refused.exception.message


def test_real_messages_are_told_apart_and_the_model_is_kept(tmp_path: Path, settings) -> None:
    found = sorted(REAL.glob("*labelled_495.xlsx"))
    if not found:
        pytest.skip("the labelled messages are not in ../shared/data")
    settings.HOME = tmp_path
    columns = ["--text", "留言主题", "--text", "留言详情", "--label", "一级分类"]
    done = CliRunner().invoke(command, ["train", str(found[0]), *columns, "--json"])
    said = json.loads(done.stdout.splitlines()[-1])
    assert (said["rows"], said["classes"]) == (495, 7)
    assert said["accuracy"] >= 0.80
    model = Model.from_bytes((tmp_path / "models" / "class.npz").read_bytes())
    assert model.suggest(("医院收费不透明", "看病难看病贵"))[0].label == "卫生计生"
