"""CSV, XLSX and JSON read as one thing: a heading, and rows of text with the line each stands on."""

import codecs
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from statistics import mode
from typing import IO, Any, Final, Literal, cast

from bihuan.engines.tables.delimited import LOOKED_AT, Line, delimiter_of, records

Kind = Literal["CSV", "XLSX", "JSON"]
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# UTF-8 is hardly ever met by chance; every file of bytes is some GB18030, so it is tried last.
ENCODINGS: Final = ("utf-8", "gb18030")
_PIECE: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_LONGEST_CELL: Final = 4000


class NotReadable(ValueError):
    """The bytes are none of the kinds that are read; the text says which were tried."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is to be read: `heading` are its columns, `first_line` the line of the heading.

    `width` is how many cells its rows have, empty ones at their end too; 0 where nobody looked.
    """

    kind: Kind
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    heading: tuple[str, ...] = ()
    first_line: int = 1
    width: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `line` as an editor or Excel counts it, `cells` as text, as many as columns.

    `is_torn`: a quotation mark is left open in it, and its cells are as the line stands.
    """

    line: int
    cells: tuple[str, ...]
    is_torn: bool = False


def look_at(stream: IO[bytes]) -> Layout:
    """Tell how a file is to be read. The whole of it is looked at: one line may give its encoding away."""
    head = stream.read(4)
    stream.seek(0)
    if head.startswith(_ZIP):
        return _workbook_layout(stream)
    encoding = _encoding(stream)
    start = _text(stream, encoding).read(1 << 16).lstrip("\ufeff").lstrip()
    if start[:1] in ("{", "["):
        names = {_clean(name): None for one in _objects(stream, encoding) for name in one}
        return Layout("JSON", encoding, heading=tuple(names), first_line=0)
    delimiter = delimiter_of(start)
    lines = list(islice(records(stream, encoding, delimiter), LOOKED_AT))
    line, heading = _heading(lines)
    width = mode(len(one.cells) for one in lines if one.line >= line)
    return Layout("CSV", encoding, delimiter, heading=heading, first_line=line, width=width)


def read_rows(stream: IO[bytes], layout: Layout) -> Iterator[Row]:
    """Yield every row below the heading that has something in it, in the order of the file."""
    width = len(layout.heading)
    for line, cells, is_torn in _lines(stream, layout):
        if line > layout.first_line and any(cells):
            kept = _within(cells, width, layout.delimiter) if is_torn else cells
            short = [cell.strip()[:_LONGEST_CELL] for cell in kept[:width]]
            yield Row(line, (*short, *[""] * (width - len(short))), is_torn)


def _within(cells: Sequence[str], width: int, delimiter: str) -> Sequence[str]:
    """Return cells of which none is beyond the last column: somebody is to mend them."""
    return [*cells[: width - 1], delimiter.join(cells[width - 1 :])]


def _lines(stream: IO[bytes], layout: Layout) -> Iterator[Line]:
    stream.seek(0)
    if layout.kind == "XLSX":
        return _workbook(stream, layout.sheet)
    if layout.kind == "JSON":
        found = (
            {_clean(name): value for name, value in one.items()}
            for one in _objects(stream, layout.encoding)
        )
        names = layout.heading
        return (Line(n, [_cell(one.get(name)) for name in names]) for n, one in enumerate(found, 1))
    width = layout.width or len(layout.heading)
    return records(stream, layout.encoding, layout.delimiter, width)


def _encoding(stream: IO[bytes]) -> str:
    head = stream.read(4)
    marked = next((name for mark, name in BOMS if head.startswith(mark)), "")
    for name in (marked,) if marked else ENCODINGS:
        stream.seek(0)
        if _reads_as(stream, name):
            return name
    raise NotReadable("UTF-8、GB18030")


def _reads_as(stream: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := stream.read(_PIECE):
            if "\x00" in decoder.decode(piece):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _text(stream: IO[bytes], encoding: str) -> IO[str]:
    stream.seek(0)
    reader: Any = codecs.getreader(encoding)(stream)
    return cast("IO[str]", reader)


def _objects(stream: IO[bytes], encoding: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, of a list inside an object, or of one object a line."""
    text = _text(stream, encoding).read()
    try:
        whole = json.loads(text)
    except RecursionError:
        raise NotReadable("JSON") from None
    except ValueError:
        yield from _objects_by_line(text)
        return
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        whole = lists[0] if lists else [whole]
    yield from (one for one in whole if isinstance(one, dict))


def _objects_by_line(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.strip():
            try:
                one = json.loads(line)
            except (ValueError, RecursionError):
                raise NotReadable("JSON") from None
            if isinstance(one, dict):
                yield one


def _opened(stream: IO[bytes]) -> Any:
    from openpyxl import load_workbook  # noqa: PLC0415 - most of the program reads no workbook

    return load_workbook(stream, read_only=True, data_only=True)


def _workbook_layout(stream: IO[bytes]) -> Layout:
    try:
        book = _opened(stream)
        name = book.worksheets[0].title
    except Exception as wrong:
        raise NotReadable("XLSX") from wrong
    book.close()
    line, heading = _heading(list(islice(_workbook(stream, name), LOOKED_AT)))
    return Layout("XLSX", sheet=name, heading=heading, first_line=line)


def _workbook(stream: IO[bytes], sheet: str) -> Iterator[Line]:
    stream.seek(0)
    book = _opened(stream)
    try:
        for line, cells in enumerate(book[sheet].iter_rows(values_only=True), 1):
            yield Line(line, [_cell(value) for value in cells])
    except Exception as wrong:  # whatever openpyxl meets in a sheet that is cut off or made up
        raise NotReadable("XLSX") from wrong
    finally:
        book.close()


def _cell(value: Any) -> str:
    """Return a value as a person would have typed it: whole numbers without .0, days as days."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        is_day = not (value.hour or value.minute)
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else _clean(str(value))


def _clean(text: str) -> str:
    """Return a text without what no database keeps: NUL, and halves of characters that JSON can name."""
    return (
        text if text.isprintable() else text.replace("\x00", "").encode(errors="replace").decode()
    )


def _heading(lines: Iterable[Line]) -> tuple[int, tuple[str, ...]]:
    """Return the line of the heading and its columns: the first nearly as full as the fullest line.

    A title or a remark above the table fills a cell or two.
    """
    known = [(one.line, [cell.strip() for cell in one.cells]) for one in lines]
    full = max((sum(map(bool, cells)) for _line, cells in known), default=0)
    if not full:
        raise NotReadable("没有内容")
    line, cells = next(
        (line, cells) for line, cells in known if sum(map(bool, cells)) >= full * 0.6
    )
    while cells and not cells[-1]:
        cells.pop()
    return line, tuple(cell or f"第 {nth} 列" for nth, cell in enumerate(cells, 1))
