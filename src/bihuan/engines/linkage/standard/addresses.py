"""Chinese addresses: province to district by the official table, then township, road, number, estate, unit and room.

What the table leaves open stays empty (a 鼓楼区 without its city), because a wrong city is worse than none: parsers that
guess send people to the wrong end of the country.
"""

import re
from dataclasses import dataclass

from bihuan.engines.linkage.standard import divisions, text
from bihuan.engines.linkage.standard.divisions import Place
from bihuan.engines.linkage.standard.flaws import Flaw

_NOISE = re.compile(r"[,;。.、:()\[\]【】_\"']+")
_ZONE = re.compile(
    r"^[\u4e00-\u9fff]{0,8}?(?:高新技术产业开发区|经济技术开发区|经济开发区|开发区|高新区|新区|工业园区|保税区)"
)
_ROAD = re.compile(
    r"^(?P<road>[\u4e00-\u9fffA-Z0-9]{1,14}?(?:大道|大街|公路|胡同|路|街(?!道)|道|巷|弄|里))"
    r"(?:(?P<lane>\d+)弄)?(?P<number>\d+(?:[-之]\d+)?)?(?:号院|号|弄|院)?(?!楼|栋|幢|座)"
)
_TOWNSHIP = re.compile(r"^[\u4e00-\u9fff]{2,8}?(?:街道|镇)(?=.)")
_CHINESE_NUMBER = re.compile(
    r"([一二三四五六七八九十百零两]+)(?=号|弄|栋|幢|座|单元|室|层|楼|门|户|组)"
)
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_ESTATE = re.compile(r"^([\u4e00-\u9fff]{2,16}?)(?=[A-Z]?\d|[A-Z]座|[A-Z]栋|$)")
_UNIT_PARTS = re.compile(r"[A-Z]?\d+|[A-Z](?=座|栋|幢|区)")
_FAKE = re.compile(
    r"(?:测试|不详|未知|暂无|无|没有|同上|地址|略|某地|本地|[A-Z]{1,6}|\d{1,6}|(.)\1*)$"
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address in parts. `value` is the whole in one form, `road_key` and `door_key` compare house and home."""

    value: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    code: str = ""
    township: str = ""
    road: str = ""
    number: str = ""
    estate: str = ""
    unit: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""

    @property
    def road_key(self) -> str:
        """Return road and number, or the estate; empty when the address is no more exact than a road."""
        if self.road and self.number:
            return f"{self.road}{self.number}"
        return self.estate if self.unit else ""

    @property
    def door_key(self) -> str:
        """Return what names one home or office: house and room; empty when there is no room."""
        return f"{self.road_key}#{self.unit}" if self.road_key and self.unit else ""


def read_address(raw: str | None) -> Address:
    """Read an address as it was typed. Foreign addresses keep their text only."""
    typed = text.plain(raw)
    if not typed:
        return Address(flaw=Flaw.MISSING, wrong="没有地址")
    if not text.has_han(typed):
        return _foreign(text.latin(typed), typed)
    # What stood apart by a comma may be one letter without it (h and a cedilla).
    bare = text.tight(_NOISE.sub("", text.tight(typed))).removeprefix("中国")
    if _FAKE.fullmatch(bare):
        return Address(typed=typed, flaw=Flaw.FAKE, wrong="像是随手填写的地址")
    return _parsed(_arabic(bare), typed)


def _foreign(value: str, typed: str) -> Address:
    if not value or _FAKE.fullmatch(value.replace(" ", "").upper()):
        return Address(typed=typed, flaw=Flaw.FAKE, wrong="像是随手填写的地址")
    return Address(value, typed=typed)


def _parsed(bare: str, typed: str) -> Address:
    place, rest = divisions.locate(bare)
    value = _head(place) + rest
    # What was read once must be read the same again, however odd the text; a known district is.
    for _ in range(0 if place.district else 3):
        again, tail = divisions.locate(value)
        if _head(again) + tail == value and again == place:
            break
        place, rest, value = again, tail, _head(again) + tail
    township, rest = divisions.township(place, rest.removeprefix(place.said))
    rest = rest if township else _TOWNSHIP.sub("", rest)
    street = _ROAD.match(rest := _without_zone(rest, place))
    road, number = _road(street)
    rest = rest[street.end() :] if street and road else rest
    estate = _ESTATE.match(rest)
    name = estate.group(1) if estate else ""
    unit = "-".join(_UNIT_PARTS.findall(rest[len(name) :]))
    flaw, wrong = _judged(place, road, name)
    parts = (place.province, place.city, place.district, place.code, township)
    return Address(value, *parts, road, number, name, unit, typed, flaw, wrong)


def _head(place: Place) -> str:
    city = "" if place.city == place.province else place.city
    return place.province + city + place.district


def _without_zone(rest: str, place: Place) -> str:
    zone = _ZONE.match(rest) if place.code and not place.district else None
    return rest[zone.end() :] if zone else rest


def _road(street: re.Match[str] | None) -> tuple[str, str]:
    if street is None:
        return "", ""
    lane, number = street["lane"] or "", street["number"] or ""
    return street["road"], f"{lane}弄{number}" if lane else number


def _judged(place: Place, road: str, estate: str) -> tuple[Flaw | None, str]:
    if place.choices:
        return Flaw.AMBIGUOUS, f"全国有 {place.choices} 个同名区县，请写明城市"
    if not place.code:
        return Flaw.INCOMPLETE, "缺少省、市、区县"
    if not road and not estate:
        return Flaw.INCOMPLETE, "只到区县，缺少街道门牌"
    whole = place.district or (len(place.code) == 4 and not divisions.has_districts(place.code))
    return (None, "") if whole else (Flaw.INCOMPLETE, "缺少区县")


def _arabic(bare: str) -> str:
    return _CHINESE_NUMBER.sub(lambda found: str(_number(found.group(1))), bare)


def _number(said: str) -> int | str:
    if not any(char in said for char in "十百"):
        return "".join(str(_DIGITS[char]) for char in said)
    total, digit = 0, 0
    for char in said:
        if char == "百":
            total, digit = total + (digit or 1) * 100, 0
        elif char == "十":
            total, digit = total + (digit or 1) * 10, 0
        else:
            digit = _DIGITS[char]
    return total + digit
