"""Files that are broken or odd: read as far as they mean something, else refused with a reason."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from bihuan.engines.tables import NotReadable, QuoteLeftOpen, look_at, read_rows


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


@pytest.mark.parametrize("rows", [3, 40_000], ids=["a few rows", "more than a cell may hold"])
def test_a_quote_left_open_is_told_with_its_line(rows):
    content = 'a,b\n1,"x\ny"\n2,z\n3,"z\n' + "4,z\n" * rows
    with pytest.raises(QuoteLeftOpen) as raised:
        read(content.encode())
    assert raised.value.line == 5
    assert read(b'a,b\n1,"x ""y"""')[1] == ("1", 'x "y"')
