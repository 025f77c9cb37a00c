"""China's administrative divisions (Statistics Bureau codes, 2023): where a text says it is.

`data/divisions.csv.gz` holds code,name of 31 provinces, 342 cities, 2,978 districts and 41,352 townships, made from
modood/Administrative-divisions-of-China (WTFPL).
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

_PEOPLES = "朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|傣族|白族|哈尼族|壮族|景颇族|傈僳族|回族|蒙古族|蒙古|哈萨克|柯尔克孜|维吾尔"
_PROVINCE_END = re.compile(f"(?:(?:{_PEOPLES}|维吾尔)*自治区|特别行政区|省|市)$")
_CITY_END = re.compile(f"(?:(?:{_PEOPLES})*自治州|地区|盟|市)$")
_DISTRICT_END = re.compile("(?:区|县|市|旗)$")
# 北京路 is a road and not a city, 恩施市 is not the prefecture 恩施.
_GOES_ON = re.compile(
    "[市县区州旗]|(?:[东南西北中内外新老]|[一二三四五六七八九十]+)?(?:路|街|道|大道|大街|巷|弄|胡同|里|桥|村|花园|小区|大厦|广场|公寓)"
)
_SEATS = {"11", "12", "31", "50"}
_FILLERS = ("市辖区", "县")


@dataclass(frozen=True, slots=True)
class Place:
    """The part of an address that the official table knows; `code` is the narrowest, empty parts are unknown.

    `choices` counts the districts of the name `said` when it could not be told which is meant (鼓楼区 is in four cities).
    """

    province: str = ""
    city: str = ""
    district: str = ""
    code: str = ""
    said: str = ""
    choices: int = 0


class _Names:
    """Names that a text may begin with, found by their first two characters, the longest first."""

    def __init__(self) -> None:
        self._by_head: dict[str, dict[str, list[str]]] = {}

    def add(self, name: str, code: str) -> None:
        self._by_head.setdefault(name[:2], {}).setdefault(name, []).append(code)

    def settle(self) -> None:
        for head, names in self._by_head.items():
            self._by_head[head] = dict(sorted(names.items(), key=lambda one: -len(one[0])))

    def starting(self, text: str) -> Iterator[tuple[str, list[str]]]:
        """Yield the names a text begins with and their codes."""
        for name, codes in self._by_head.get(text[:2], {}).items():
            if text.startswith(name):
                yield name, codes


@dataclass(slots=True)
class _Table:
    names: dict[str, str] = field(default_factory=dict)
    provinces: _Names = field(default_factory=_Names)
    cities: _Names = field(default_factory=_Names)
    districts: _Names = field(default_factory=_Names)
    short_districts: _Names = field(default_factory=_Names)
    townships: dict[str, _Names] = field(default_factory=dict)


def locate(text: str) -> tuple[Place, str]:
    """Return where a text without spaces begins by saying it is, and the rest of it.

    A district without its city is placed only when one city in the country has one of that name.
    """
    province, rest = _province(text)
    city, rest = _city(rest, province)
    scope = city or province
    district, rest, said, choices = _district(rest, scope)
    return _place(scope, district, said, choices), rest


def township(place: Place, text: str) -> tuple[str, str]:
    """Return the township (街道、镇、乡) a text begins with, empty when the district has none of that name."""
    code = place.code if len(place.code) == 6 else f"{place.code}00"
    known = _table().townships.get(code)
    for name, _ in known.starting(text) if known else ():
        return name, text[len(name) :]
    return "", text


def has_districts(city: str) -> bool:
    """Return whether a city is divided into districts; 东莞 and three others have townships only."""
    return f"{city}00" not in _table().townships


def _province(text: str) -> tuple[str, str]:
    table = _table()
    for name, codes in table.provinces.starting(text):
        if _may_stop(text, name, table.names[codes[0]]):
            return codes[0], text[len(name) :]
    return "", text


def _city(text: str, province: str) -> tuple[str, str]:
    if province in _SEATS:
        return f"{province}01", _without_seat(text, province)
    table = _table()
    for name, known in table.cities.starting(text):
        codes = [one for one in known if one.startswith(province)]
        if len(codes) == 1 and _may_stop(text, name, table.names[codes[0]]):
            return codes[0], text[len(name) :]
    return "", text


def _without_seat(text: str, province: str) -> str:
    name = _table().names[province]
    for said in (name, *_FILLERS):
        text = text.removeprefix(said)
    return text


def _district(text: str, scope: str) -> tuple[str, str, str, int]:
    """Return code, rest, or else the name that several districts have and how many they are."""
    table = _table()
    below = scope[:2] if scope[:2] in _SEATS else scope
    for name, known in table.districts.starting(text):
        codes = [one for one in known if one.startswith(below)]
        if codes:
            return _one_of(codes, name, text)
    for name, known in table.short_districts.starting(text) if len(scope) == 4 else ():
        codes = [one for one in known if one.startswith(below)]
        if len(codes) == 1 and _may_stop(text, name, ""):
            return codes[0], text[len(name) :], "", 0
    return "", text, "", 0


def _one_of(codes: list[str], name: str, text: str) -> tuple[str, str, str, int]:
    if len(codes) == 1:
        return codes[0], text[len(name) :], "", 0
    return "", text, name, len(codes)


def _may_stop(text: str, name: str, full: str) -> bool:
    """Return whether a name ends here: a short one does not before 路 (a road) or 市 (another place)."""
    return name == full or not _GOES_ON.match(text, len(name))


def _place(scope: str, district: str, said: str, choices: int) -> Place:
    names = _table().names
    code = district or scope
    province = names.get(code[:2], "")
    city = _city_name(code[:4], province) if len(code) >= 4 else ""
    return Place(province, city, names.get(district, ""), code, said, choices)


def _city_name(code: str, province: str) -> str:
    if code[:2] in _SEATS:
        return province
    name = _table().names.get(code, "")
    return "" if "直辖" in name else name


@cache
def _table() -> _Table:
    file = resources.files("bihuan.engines.linkage") / "data" / "divisions.csv.gz"
    table = _Table()
    for line in gzip.decompress(file.read_bytes()).decode("utf-8").splitlines():
        code, _, name = line.partition(",")
        _enter(table, code, name)
    levels = (table.provinces, table.cities, table.districts, table.short_districts)
    for names in (*levels, *table.townships.values()):
        names.settle()
    return table


def _enter(table: _Table, code: str, name: str) -> None:
    if len(code) == 9:
        table.townships.setdefault(code[:6], _Names()).add(name, code)
        return
    table.names[code] = name
    if len(code) == 2:
        _enter_both(table.provinces, code, name, _PROVINCE_END)
    elif len(code) == 4 and name not in _FILLERS and "直辖" not in name:
        _enter_both(table.cities, code, name, _CITY_END)
    elif len(code) == 6 and not code.endswith("00"):
        table.districts.add(name, code)
        short = _DISTRICT_END.sub("", name)
        if len(short) > 1:
            table.short_districts.add(short, code)


def _enter_both(names: _Names, code: str, name: str, end: re.Pattern[str]) -> None:
    names.add(name, code)
    short = end.sub("", name)
    if short != name and len(short) > 1:
        names.add(short, code)


def districts() -> list[tuple[str, str, str, str]]:
    """Return (province, city, district, code) of every district; the city is the province in 北京 and the like."""
    found = []
    for code, name in _table().names.items():
        if len(code) == 6 and not code.endswith("00") and name[-1] in "区县市旗":
            province = _table().names[code[:2]]
            city = _city_name(code[:4], province)
            if city:
                found.append((province, city, name, code))
    return found
