"""Files that are broken or odd: read as far as they mean something, else refused with a reason."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from bihuan.engines.tables import NotReadable, look_at, read_rows


def read(content: bytes) -> list[tuple[str, ...]]:
    layout = look_at(io.BytesIO(content))
    return [layout.heading, *(row.cells for row in read_rows(io.BytesIO(content), layout))]


def cut_off() -> bytes:
    """Return a workbook whose sheet ends in the middle."""
    book, whole, cut = Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(("姓名", "电话"))
    book.save(whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(cut, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    return cut.getvalue()


def test_columns_of_json_are_those_of_all_its_objects():
    assert read('[{"姓名": "张三"}, {"姓名": "李四", "电话": 1}]'.encode()) == [
        ("姓名", "电话"),
        ("张三", ""),
        ("李四", "1"),
    ]


def test_what_no_database_keeps_is_left_out_of_columns_and_cells():
    assert read(rb'[{"a\u0000": 1, "b": "x\ud800y\u0000"}]') == [("a", "b"), ("1", "x?y")]


@pytest.mark.parametrize("content", [b"[" * 200_000, cut_off()], ids=["JSON", "workbook"])
def test_what_is_broken_is_not_readable(content):
    with pytest.raises(NotReadable):
        read(content)


HEADING = "编号,姓名,电话,性别,备注"
BROKEN = 'C1,"梁文彬,136,女,'
PLAIN = [f"B{nth},张晓岚,138{nth},女," for nth in range(9)]


def torn(*lines: str) -> tuple[list[int], list[int]]:
    """Return the lines of a file that are broken, and those that are read."""
    content = "\n".join([HEADING, *lines]).encode()
    rows = list(read_rows(io.BytesIO(content), look_at(io.BytesIO(content))))
    return tuple([row.line for row in rows if row.is_torn is so] for so in (True, False))


@pytest.mark.parametrize(
    "behind",
    [
        [],
        ['D1,"何秀英",139,男,'],
        ['D1,"",139,男,', 'D2,"何秀英",139,男,'],
        ['D1,何秀英",139,男,'],
        ['D1,何秀英,139,男,"'],
        ['"'],
        ['D1,",何",139,男,', "D2,何秀英,139,男,"],
        ['D1,"何 ""秀"" 英",139,男,', 'D2,"何\n秀英",139,男,'],
    ],
    ids=[
        "no other mark",
        "a cell in marks",
        "an empty cell in marks",
        "a mark never opened",
        "a mark never opened at the end",
        "a mark alone",
        "a cell that begins with the sign",
        "marks within marks",
    ],
)
@pytest.mark.parametrize("between", [0, 1, 9, 9000], ids=lambda count: f"{count} between")
def test_a_quote_left_open_breaks_its_own_line_only(between, behind):
    plain = (PLAIN * 1000)[:between]
    last = len("\n".join([HEADING, *PLAIN, BROKEN, *plain, *behind]).split("\n"))
    inner = sum("\n" in line for line in behind)

    broken, read = torn(*PLAIN, BROKEN, *plain, *behind)

    assert broken[0] == 11
    assert len(broken) + len(read) == last - 1 - inner


def test_a_broken_line_is_shown_as_it_stands():
    content = f"{HEADING}\n{BROKEN}\n{PLAIN[0]}\n".encode()
    row, _ = read_rows(io.BytesIO(content), look_at(io.BytesIO(content)))
    assert (row.line, row.cells) == (2, ("C1", '"梁文彬', "136", "女", ""))


@pytest.mark.parametrize(
    "line",
    [
        'A1,张晓岚,138,女,"一\n二\n三"',
        'A1,张晓岚,138,女,"一, 二\n三, 四, 五"',
        '"A\n1",张晓岚,138,女,一',
        'A1,"张\n\n晓岚","1\n3\n8",女,"一 ""二""\n三"',
        'A1,"张\n晓岚"',
        'A1,"张\r\n晓岚",138,女,"一\r\n二"',
    ],
)
def test_a_cell_of_several_lines_is_read_as_one(line):
    broken, read = torn(PLAIN[0], line, PLAIN[1])
    assert (broken, len(read)) == ([], 3)


def test_marks_that_are_not_doubled_stay_as_they_are():
    assert read(b'a,b\n1,"x\ny"\n2,12" z\n3,"x ""y"""\n')[1:] == [
        ("1", "x\ny"),
        ("2", '12" z'),
        ("3", 'x "y"'),
    ]
