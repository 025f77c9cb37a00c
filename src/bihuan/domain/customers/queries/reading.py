"""What a line of search text may mean."""

import re
import unicodedata
from dataclasses import dataclass

from bihuan.kit import notation

_GAPS = re.compile(r"[\s()-]")
_MASKED = re.compile(r"(\d{3,4})\*{2,8}(\d{4})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line of search text may mean; several at once."""

    name: str = ""
    phone: str = ""
    masked: tuple[str, str] | None = None
    tail: str = ""
    account: str = ""


def read_search(text: str) -> Wanted:
    """Tell what a person may have typed: a name, a number, a masked number, its end, an account."""
    plain = unicodedata.normalize("NFKC", text).strip()
    bare = _GAPS.sub("", plain)
    if found := _MASKED.fullmatch(bare):
        return Wanted(masked=(found.group(1), found.group(2)))
    if not re.search(r"\d", bare):
        return Wanted(name=notation.name_norm(plain))
    wanted = Wanted(
        name="" if bare.isdigit() else notation.name_norm(plain),
        phone=_as_phone(plain),
        tail=bare if re.fullmatch(r"[\d ]{4,20}", plain) and 4 <= len(bare) <= 10 else "",
    )
    account = notation.code_norm(plain)
    is_account = len(account) >= 5 and re.fullmatch(r"[A-Za-z0-9 -]+", plain)
    return Wanted(wanted.name, wanted.phone, None, wanted.tail, account if is_account else "")


def _as_phone(text: str) -> str:
    try:
        return notation.read_phone(text).norm
    except notation.NotAPhone:
        return ""
