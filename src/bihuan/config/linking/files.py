"""Tables people have: Parquet, CSV (any delimiter, UTF-8 or GB18030, also packed) and XLSX, read in portions as text."""

import csv
import gzip
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from bihuan.engines.tables import records_of
from bihuan.kit.problems import Invalid

PORTION = 20_000
_SAMPLE = 65_536


class TableUnreadable(Invalid):
    """A file is no table that can be read."""

    message = "这个文件读不了，请使用 Parquet、CSV 或 XLSX。"


class NoHeadings(TableUnreadable):
    """A file has not even a first line."""

    message = "文件是空的，没有表头。"


def headings(file: Path) -> list[str]:
    """Return the headings of a table, without spaces around them."""
    try:
        return [name.strip() for name in next(portions(file)).column_names]
    except NoHeadings as wrong:
        raise NoHeadings(f"{file.name} 是空的，没有表头。") from wrong


def portions(file: Path) -> Iterator[pa.Table]:
    """Yield a table in portions of `PORTION` rows, every value as text; an empty table is one empty portion."""
    suffixes = [one.lower() for one in file.suffixes[-2:]]
    if suffixes[-1:] == [".parquet"]:
        yield from _parquet(file)
    elif suffixes[-1:] == [".xlsx"]:
        yield from _rows_of(_sheet(file))
    else:
        yield from _csv(file, packed=suffixes[-1:] == [".gz"])


def _parquet(file: Path) -> Iterator[pa.Table]:
    try:
        opened = pq.ParquetFile(file)
    except pa.ArrowInvalid as wrong:
        raise TableUnreadable(f"{file.name} 不是完整的 Parquet 文件。") from wrong
    with opened:
        for batch in opened.iter_batches(PORTION):
            yield _texts(pa.Table.from_batches([batch]))
        if not opened.metadata.num_rows:
            yield _texts(opened.schema_arrow.empty_table())


def _texts(table: pa.Table) -> pa.Table:
    """Return the table with all columns as text; lists and the like say nothing here."""
    simple = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    return pa.table({name.strip(): table.column(name).cast(pa.string()) for name in simple})


def _csv(file: Path, *, packed: bool) -> Iterator[pa.Table]:
    encoding = _encoding(file, packed=packed)
    with _open(file, encoding, packed=packed) as lines:
        start = (lines.read(_SAMPLE).splitlines() or [""])[0]
        lines.seek(0)
        try:
            delimiter = csv.Sniffer().sniff(start, ",;\t|").delimiter
        except csv.Error:
            delimiter = ","
        width = len(next(csv.reader([start], delimiter=delimiter), []))
        yield from _rows_of(_cells(lines, delimiter, width))


def _cells(lines: IO[str], delimiter: str, width: int) -> Iterator[list[str]]:
    """Yield the cells of each row. Where a quotation mark is left open a row is taken as it stands (decision 0385)."""
    for one in records_of(lines, delimiter, width, is_spaced=True):
        yield [cell.removeprefix('"') for cell in one.cells] if one.is_torn else list(one.cells)


def _open(file: Path, encoding: str, *, packed: bool) -> IO[str]:
    if packed:
        return gzip.open(file, "rt", encoding=encoding, newline="")
    return file.open(encoding=encoding, newline="")


def _encoding(file: Path, *, packed: bool) -> str:
    with gzip.open(file) if packed else file.open("rb") as raw:
        try:
            for piece in iter(lambda: raw.read(1 << 20), b""):
                piece.decode("utf-8", "strict") if piece.isascii() else _whole_letters(piece)
        except UnicodeDecodeError:
            return "gb18030"
        except (OSError, EOFError) as wrong:
            raise TableUnreadable(f"{file.name} 打不开或不完整。") from wrong
    return "utf-8-sig"


def _whole_letters(piece: bytes) -> None:
    """Decode a piece that may begin and end within a letter."""
    start = next((index for index, byte in enumerate(piece[:4]) if byte & 0xC0 != 0x80), 0)
    try:
        piece[start:].decode("utf-8")
    except UnicodeDecodeError as wrong:
        if wrong.end < len(piece) - start or len(piece) - start - wrong.start > 3:
            raise


def _sheet(file: Path) -> Iterator[list[str]]:
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, InvalidFileException) as wrong:
        raise TableUnreadable(f"{file.name} 不是可读的 XLSX 文件。") from wrong
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield ["" if value is None else str(value) for value in row]


def _rows_of(rows: Iterator[list[str]]) -> Iterator[pa.Table]:
    names = _names(next(rows, []))
    if not names:
        raise NoHeadings
    first = True
    while (portion := list(islice(rows, PORTION))) or first:
        first = False
        filled = [[*row, *[""] * (len(names) - len(row))] for row in portion if any(row)]
        columns = [[row[index].strip() or None for row in filled] for index in range(len(names))]
        yield pa.table([pa.array(column, pa.string()) for column in columns], names=names)


def _names(row: list[str]) -> list[str]:
    names: list[str] = []
    for index, cell in enumerate(row):
        name = cell.strip() or f"column_{index + 1}"
        names.append(name if name not in names else f"{name}_{index + 1}")
    return names
