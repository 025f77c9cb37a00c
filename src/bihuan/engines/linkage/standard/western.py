"""Addresses, numbers and names as they are written in Latin letters: one form for street, unit, postcode, telephone and firm."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bihuan.engines.linkage.standard import text

_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’`´](?=[^\W\d_])")
_UNIT = re.compile(
    r"(?:\b(?:suites?|ste|unit|apartment|apt|room|rm|flat|floor|space|spc)\b\.?\s*#?|#)\s*(\d[\w-]*|[a-z]\d*\b)(?!\w)"
)
_BESIDE = re.compile(
    r"\s(?:between|btwn|bet|near|opposite|opp|corner of|cor|off|at|@)\b\s*.*$|\(.*?\)"
)
_TRAILING = re.compile(
    r"^(.*\b(?:st|rd|ave|dr|pl|ct|blvd|ln|hwy|pkwy|ter|way|cir|sq)(?: (?:n|s|e|w|ne|nw|se|sw))?) (\d+[a-z]?|[a-z])$"
)
_STATE_CODE = re.compile(r"^(.+ [a-z]{2}) (\d{5})(?: \d{4})?$")
_ZIP_4 = re.compile(r"^(\d{5})[- ]?\d{4}$")
_TRADING_AS = re.compile(r"\b(?:d b a|dba|doing business as|trading as|t a|a k a|aka)\b")
_EXTENSION = re.compile(r"\s*(?:ext|x|#)\.?\s*\d{1,6}\s*$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_SHORT = {
    "street": "st", "str": "st", "road": "rd", "avenue": "ave", "av": "ave", "aven": "ave", "drive": "dr", "drv": "dr", "place": "pl", "court": "ct", "crescent": "cres",
    "boulevard": "blvd", "blv": "blvd", "boul": "blvd", "lane": "ln", "close": "cl", "circuit": "cct", "circle": "cir", "parade": "pde", "terrace": "ter", "tce": "ter", "terr": "ter",
    "square": "sq", "highway": "hwy", "parkway": "pkwy", "pky": "pkwy", "plaza": "plz", "turnpike": "tpke", "expressway": "expy", "freeway": "fwy", "trail": "trl", "route": "rte",
    "suite": "ste", "building": "bldg", "floor": "fl", "apartment": "apt", "north": "n", "south": "s", "east": "e", "west": "w", "no": "no",
    "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "mount": "mt", "saint": "st", "fort": "ft", "number": "no", "strasse": "str", "county": "co",
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th", "eighth": "8th", "ninth": "9th", "tenth": "10th",
    "eleventh": "11th", "twelfth": "12th", "the": "",
}  # fmt: skip
_LONGEST_PHONE = 10


@dataclass(frozen=True, slots=True)
class Street:
    """An address: `place` without unit and remarks, `door` with the unit, the first `number`, a `postcode` at its end."""

    place: str = ""
    door: str = ""
    number: str = ""
    postcode: str = ""


@lru_cache(maxsize=20_000)
def read_street(typed: str) -> Street:
    """Read 1658 N. Milwaukee Avenue, Suite 895, Chicago, IL 60622 as 1658 n milwaukee ave chicago il, unit 895, 60622."""
    lower = text.plain(typed).lower()
    unit = _UNIT.search(lower)
    bare = f"{lower[: unit.start()]} {lower[unit.end() :]}" if unit else lower
    without = text.latin(_BESIDE.sub(" ", bare))
    words = text.latin(without if any(map(str.isdigit, without)) else bare).split(" ")
    place = " ".join(filter(None, (_SHORT.get(word, word) for word in words)))
    door, code = unit.group(1) if unit else "", ""
    if found := _STATE_CODE.match(place):
        place, code = found.groups()
    if not door and (found := _TRAILING.match(place)):
        place, door = found.groups()
    if not place:
        place, door = text.latin(lower), ""
    number = _DIGITS.search(place)
    return Street(
        place, f"{place}#{door}" if door else place, number.group() if number else "", code
    )


def postcode(typed: str) -> str:
    """Return letters and digits of a postcode; ZIP+4 without its last four."""
    bare = typed.lower().removesuffix(".0").strip()
    whole = _ZIP_4.match(bare)
    return whole.group(1) if whole else "".join(filter(str.isalnum, bare))


def phone(typed: str) -> str:
    """Return the last ten digits of a number, or as many from seven as it has, however it was typed; empty when it has fewer."""
    digits = "".join(_DIGITS.findall(_EXTENSION.sub("", typed))).lstrip("0")[-_LONGEST_PHONE:]
    return digits if len(digits) >= 7 else ""


def firm(typed: str) -> str:
    """Return the name a firm goes by, in small letters: what stands behind `dba`, apostrophes closed up."""
    whole = text.latin(_APOSTROPHE.sub("", typed))
    before, *after = _TRADING_AS.split(whole)
    return (after[-1].strip() if after else "") or before.strip() or whole
