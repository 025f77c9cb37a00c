"""Dates of birth in the forms people type them."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bihuan.engines.linkage.standard import text
from bihuan.engines.linkage.standard.flaws import Flaw

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth as YYYY-MM-DD; `digits` (YYYYMMDD, as far as typed) serves to compare mistyped ones."""

    value: str = ""
    digits: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


@lru_cache(maxsize=20_000)
def read_birth(raw: str | None, *, day_first: bool = True) -> Birth:
    """Read 1980-01-02, 1980年1月2日, 19800102, 02/01/1980 (`day_first`), with or without a time behind."""
    typed = text.plain(raw).split("T")[0].split(" ")[0] if raw else ""
    if not typed:
        return Birth(flaw=Flaw.MISSING, wrong="没有出生日期")
    digits = _digits(_NUMBERS.findall(typed), day_first=day_first)
    if len(digits) != 8:
        return Birth("", digits[:8], Flaw.MALFORMED, "出生日期写得不完整，应写成 1980-01-02")
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return Birth("", digits, Flaw.MALFORMED, "没有这一天")
    return Birth(day.isoformat(), digits)


def _digits(parts: list[str], *, day_first: bool) -> str:
    if len(parts) != 3:
        return "".join(parts)
    if len(parts[2]) == 4:
        day, month, year = parts if day_first else (parts[1], parts[0], parts[2])
    else:
        year, month, day = parts
    return f"{year}{month:0>2}{day:0>2}" if len(year) == 4 else "".join(parts)
