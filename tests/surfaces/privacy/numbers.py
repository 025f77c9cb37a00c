"""Phone numbers to be typed where people type them, and finding them again however they are written."""

import html
import io
import itertools
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

_GAPS = re.compile(r"(?<=\d)[\s\-－—.()（）\u200b]+(?=\d)")
_NUMBER = re.compile(r"1377\d{7}")
_STAFF = re.compile(r"13900000\d{3}")
_SPELLINGS = (
    lambda n: n,
    lambda n: f"+86{n}",
    lambda n: f"{n[:3]} {n[3:7]} {n[7:]}",
    lambda n: n.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    lambda n: f"+86 {n[:3]}-{n[3:7]}-{n[7:]}",
    lambda n: f"0086{n}",
    lambda n: f"0{n}",
)


@dataclass(frozen=True)
class Typed:
    """Where a number was typed, and in which org units one must hold `customer.see_phone` to see it."""

    where: str
    units: tuple[str, ...]
    is_number: bool = False


@dataclass
class Numbers:
    """Every number is typed in one place only, so a leak tells where it comes from."""

    typed: dict[str, Typed] = field(default_factory=dict)
    _count: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def bare(self, where: str, *units: str) -> str:
        """Return a number for a field that holds a phone number and nothing else."""
        return self._new(Typed(where, units, is_number=True))[1]

    def said(self, where: str, *units: str) -> str:
        """Return a sentence with a number in it, each time in another spelling."""
        count, number = self._new(Typed(where, units))
        return f"请回电{_SPELLINGS[count % len(_SPELLINGS)](number)}，谢谢配合"

    def _new(self, typed: Typed) -> tuple[int, str]:
        count = next(self._count)
        number = f"1377{count * 1117 % 10_000_000:07d}"
        self.typed[number] = typed
        return count, number


def found_in(text: str) -> set[str]:
    """Return the numbers of ours that a text holds, in any spelling or escaping."""
    found: set[str] = set()
    for plain in {text, html.unescape(text), unquote_plus(text), _unescaped(text)}:
        joined = _GAPS.sub("", unicodedata.normalize("NFKC", plain))
        found |= set(_NUMBER.findall(joined)) | set(_STAFF.findall(joined))
    return found


def text_of(content: bytes) -> str:
    """Return what can be read in a response, the parts of a workbook included."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist())
    return content.decode("utf-8", "replace")


def _unescaped(text: str) -> str:
    return re.sub(r"\\u[0-9a-fA-F]{4}", lambda m: json.loads(f'"{m.group()}"'), text)
