"""CSV read record by record; a line that does not end where it should is told, and takes no other line with it."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import IO, Final, NamedTuple

DELIMITERS: Final = ",\t;|"
LOOKED_AT: Final = 20
# Stands behind the last line: no text has it in it.
_END: Final = "\x00"
_FEW: Final = 2


class Line(NamedTuple):
    """One record: the line it ends on, its cells, and whether a quotation mark is left open in it."""

    line: int
    cells: Sequence[str]
    is_torn: bool = False


def delimiter_of(start: str) -> str:
    """Return what divides the columns: the sign found equally often, and often, in the first lines."""
    lines = [line for line in start.splitlines()[:LOOKED_AT] if line.strip()]

    def likely(sign: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=sign)]
        usual = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(usual) if usual > 1 else 0, usual)

    return max(DELIMITERS, key=likely)


def records(stream: IO[bytes], encoding: str, delimiter: str, width: int = 0) -> Iterator[Line]:
    """Yield the records of a file whose rows have `width` cells, 0 where that is not known yet.

    Of a record that is torn only its first line is yielded, its cells as they stand; what was read behind it is
    read again as lines of their own (decision 0385).
    """
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding, newline="")
    try:
        yield from records_of(text, delimiter, width)
    finally:
        # A reader that stops half way may have closed the stream before us.
        with suppress(ValueError):
            text.detach()


def records_of(
    text: Iterable[str], delimiter: str, width: int = 0, *, is_spaced: bool = False
) -> Iterator[Line]:
    """Yield the records of lines, their ends on them, as `records` does; `is_spaced`: a space follows the delimiter."""
    return iter(_Records(text, width, _Form(delimiter, is_spaced)))


class _Form(NamedTuple):
    """How cells are parted."""

    delimiter: str
    is_spaced: bool

    def reader(self, lines: Iterable[str], *, is_strict: bool = False) -> Iterator[list[str]]:
        return csv.reader(
            lines, delimiter=self.delimiter, skipinitialspace=self.is_spaced, strict=is_strict
        )


class _Records:
    """The records of a text, and the lines that the one being read has taken so far."""

    def __init__(self, text: Iterable[str], width: int, form: _Form) -> None:
        self._text, self._width, self._form = text, width, form
        self._again: deque[str] = deque()
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[Line]:
        reader = self._form.reader(self._lines())
        taken, number = self._taken, 0
        while (cells := self._next(reader)) != [_END]:
            if cells is None or (len(taken) > 1 and self._is_torn(cells)):
                self._again.extendleft(reversed(taken[1:]))
                number += 1
                yield Line(number, self._as_it_stands(taken[0]), is_torn=True)
            else:
                number += len(taken)
                yield Line(number, cells)
            taken.clear()

    def _lines(self) -> Iterator[str]:
        """Yield what is to be read again, then the text, then a sign for its end."""
        text = iter(self._text)
        while True:
            if self._again:
                line = self._again.popleft()
            else:
                line = next(text, _END)
                if line is not _END:
                    line = line.replace(_END, "")
            self._taken.append(line)
            yield line

    def _next(self, reader: Iterator[list[str]]) -> list[str] | None:
        """Return the next record; None where one cell takes all that is left, or more than a cell can hold."""
        try:
            cells = next(reader)
        except csv.Error:
            return None
        is_cut = cells and cells[-1][-1:] == _END and self._taken[0] is not _END
        return None if is_cut else cells

    def _is_torn(self, cells: Sequence[str]) -> bool:
        """Tell whether a mark was left open in these lines and another one, of a later row, closed it.

        Then something follows that mark where the next cell should begin, or the lines are whole rows by themselves, or
        the first is and what it became is none.
        """
        lines = self._taken
        try:
            list(self._form.reader(lines, is_strict=True))
        except csv.Error:
            return True
        whole = [len(self._as_it_stands(line)) == self._width for line in lines if line.strip()]
        first, *behind = whole
        # In the first cell of a row several lines end with what looks like a row.
        judged = behind if first else behind[:-1]
        least = max(len(judged) / 2, 2 if self._width <= _FEW else 1)
        is_spoilt = first and len(cells) != self._width
        return self._width > 1 and (is_spoilt or sum(judged) >= least)

    def _as_it_stands(self, line: str) -> list[str]:
        """Return the cells of one line, a mark that is not closed in it as any other character."""
        try:
            cells = next(self._form.reader([line]), [])
        except csv.Error:
            return line.rstrip("\r\n").split(self._form.delimiter)
        rest = '"' + cells[-1].replace('"', '""') if cells else ""
        if rest and line.endswith(rest):
            return cells[:-1] + rest.rstrip("\r\n").split(self._form.delimiter)
        return cells
