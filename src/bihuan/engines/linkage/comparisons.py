"""How records of a kind are compared: chosen by the roles a table has, the same for every table of the kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bihuan.engines.linkage.asking import All, Begins, Like, Near, Same, Shares, Swapped, Test
from bihuan.engines.linkage.records import MOST_OTHERS


class Kind(StrEnum):
    """What a set of records is about and how its names are written."""

    CHINESE_PERSON = "chinese_person"
    CHINESE_COMPANY = "chinese_company"
    PERSON = "person"
    COMPANY = "company"

    @property
    def is_company(self) -> bool:
        """Return whether the records are of companies."""
        return self in {Kind.CHINESE_COMPANY, Kind.COMPANY}

    @property
    def is_chinese(self) -> bool:
        """Return whether the names are written in Chinese characters."""
        return self in {Kind.CHINESE_COMPANY, Kind.CHINESE_PERSON}


@dataclass(frozen=True, slots=True)
class Level:
    """One answer of a comparison. `said` tells a reviewer; `rare` names the column whose rare values count more."""

    said: str
    test: Test
    rare: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field that is compared: what must be known in both, and the answers from the best to `else`."""

    name: str
    label: str
    needs: tuple[str, ...]
    levels: tuple[Level, ...]


def comparisons(kind: Kind, present: Iterable[str]) -> list[Comparison]:
    """Return the comparisons that a table with these columns filled in can bear."""
    known = set(present)
    wanted = [*_names(kind), *_numbers(kind), *_places(kind), *_others()]
    return [one for one in wanted if set(one.needs) <= known]


def _names(kind: Kind) -> Sequence[Comparison]:
    if kind.is_company:
        return (_company_name(kind),)
    if kind is Kind.CHINESE_PERSON:
        levels = (
            Level("姓名相同", Same(("name",)), "name"),
            Level("姓名同音", Same(("letters",))),
            Level("姓名读音差一个字母", Near("letters")),
            Level("姓名读音相近", Like("letters", 0.92)),
        )
        return (Comparison("name", "姓名", ("name", "letters"), levels),)
    return (_latin_name("given", "名"), _latin_name("family", "姓"))


def _latin_name(column: str, label: str) -> Comparison:
    levels = (
        Level(f"{label}相同", Same((column,)), column),
        Level("姓和名写反", Swapped("given", "family")),
        Level(f"{label}差一个字母", Near(column)),
        Level(f"{label}只写了开头", Begins(column)),
        Level(f"{label}相近", Like(column, 0.88)),
        Level(f"{label}有些相近", Like(column, 0.75)),
    )
    return Comparison(column, label, (column,), levels)


def _company_name(kind: Kind) -> Comparison:
    turned = [] if kind.is_chinese else [Level("名称用词相同", Same(("family",)))]
    levels = (
        Level("名称相同", Same(("name",)), "name"),
        *turned,
        Level("字号相同，一个是简称", All((Same(("brand",)), Begins("name")))),
        Level("名称差一个字母", Near("letters")),
        Level("名称同音或很相近", Like("letters", 0.95)),
        Level("名称大部分相同", Shares("grams", 0.75)),
        Level("字号相同", Same(("brand",)), "brand"),
        Level("名称相近", Like("letters", 0.85)),
        Level("名称有一半相同", Shares("grams", 0.5)),
    )
    return Comparison("name", "名称", ("name", "letters", "brand", "grams"), levels)


def _numbers(kind: Kind) -> Sequence[Comparison]:
    code = "统一社会信用代码" if kind is Kind.CHINESE_COMPANY else "证件号"
    ids = (
        Level(f"{code}相同", Same(("id_typed",))),
        Level(f"{code}差一位", Near("id_typed")),
        Level(f"{code}差两位", Near("id_typed", 2)),
    )
    phones = (Level("电话相同", Same(("phone",)), "phone"), Level("电话差一位", Near("phone")))
    births = (
        Level("出生日期相同", Same(("birth",))),
        Level("出生日期差一位", Near("birth")),
        Level("出生日期一个只有年份", Begins("birth")),
        Level("出生日期差两位", Near("birth", 2)),
        Level("出生年份相同", Same(("year",))),
    )
    mails = (
        Level("邮箱相同", Same(("email",))),
        Level("邮箱用户名相同", Same(("box",))),
        Level("邮箱用户名差一位", Near("box")),
    )
    made = (
        Comparison("id", code, ("id_typed",), ids),
        Comparison("phone", "电话", ("phone",), phones),
        Comparison("email", "邮箱", ("email", "box"), mails),
    )
    birth = Comparison("birth", "出生日期", ("birth", "year"), births)
    return made if kind.is_company else (*made, birth)


def _places(kind: Kind) -> Sequence[Comparison]:
    levels: tuple[Level, ...]
    if kind.is_chinese:
        levels = (
            Level("住址到门户相同", Same(("door",))),
            Level("道路门牌相同", All((Same(("road",)), Same(("area",))))),
            Level("道路门牌相同，一处未写区县", Same(("road",))),
            Level("区县相同", Same(("area",))),
        )
        return (Comparison("address", "地址", ("road",), levels), _postcode())
    levels = (
        Level("地址相同，房号也相同", Same(("road",)), "place"),
        Level("楼的地址相同，房号不同或一处未写", Same(("place",)), "place"),
        Level("地址很相近", All((Like("place", 0.92), Same(("place_number",))))),
        Level("地址一个是另一个的开头", Begins("place")),
        Level("地址相近", Like("place", 0.88)),
        Level("门牌号相同，地址有些相近", All((Same(("place_number",)), Like("place", 0.7)))),
        Level("地址有些相近", Like("place", 0.75)),
    )
    return (Comparison("address", "地址", ("place", "road"), levels), _postcode())


def _postcode() -> Comparison:
    levels = (
        Level("邮编相同", Same(("postcode",)), "postcode"),
        Level("邮编差一位", Near("postcode")),
        Level("邮编差两位", Near("postcode", 2)),
    )
    return Comparison("postcode", "邮编", ("postcode",), levels)


def _others() -> Sequence[Comparison]:
    names = [f"other_{index}" for index in range(1, MOST_OTHERS + 1)]
    return [
        Comparison(
            name,
            f"其他 {index}",
            (name,),
            (
                Level("相同", Same((name,)), name),
                Level("差一两个字母", All((Near(name, 2), Like(name, 0.8)))),
                Level("相近", Like(name, 0.9)),
            ),
        )
        for index, name in enumerate(names, 1)
    ]


_CHINESE_PERSON = "id_typed phone email name,birth name,road door letters,birth letters,road letters,phone birth,road family,birth,area name,area name,other_1,other_2"
_CHINESE_COMPANY = "id_typed phone email name,area name,road name,region brand,road brand,area letters,area letters,region door name brand,region"
_PERSON = (
    "id_typed phone email given,family family,birth given,birth birth,postcode family,postcode given,postcode place family,place given,place "
    "given_code,family_code,year family_code,birth given_code,birth given_code,family_code,postcode birth given,family_code family,given_code "
    "given,year,other_1 family,year,other_1 postcode,place_number letters family,year given,year "
    "family,other_1 family,other_2 family_code,postcode given_code,postcode given,other_1,other_2"
)
_COMPANY = (
    "id_typed phone email name family place brand,postcode brand,place_number postcode,place_number letters brand,other_1 postcode,other_1 "
    "postcode brand place_number,other_1 name,other_1"
)
BLOCKS = {
    Kind.CHINESE_PERSON: _CHINESE_PERSON,
    Kind.CHINESE_COMPANY: _CHINESE_COMPANY,
    Kind.PERSON: _PERSON,
    Kind.COMPANY: _COMPANY,
}
"""Which columns must be equal for two records to be compared at all, each list once, the surest first."""

_SURE = {
    Kind.CHINESE_PERSON: "id_typed name,birth,phone name,phone,road",
    Kind.CHINESE_COMPANY: "id_typed name,phone name,road",
    Kind.PERSON: "id_typed email given,family,birth given,family,place given,family,postcode,phone",
    Kind.COMPANY: "id_typed name,phone name,place name,email",
}
_TRAIN = {
    Kind.CHINESE_PERSON: "birth phone id_typed name,area",
    Kind.CHINESE_COMPANY: "name phone id_typed",
    Kind.PERSON: "birth given,family postcode place phone id_typed",
    Kind.COMPANY: "name postcode phone place id_typed",
}


def blocks(kind: Kind, present: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the columns by which records are brought together, as far as the table has them."""
    return _usable(BLOCKS[kind], present)


def sure_blocks(kind: Kind, present: Iterable[str]) -> list[tuple[str, ...]]:
    """Return what is nearly always the same customer, to learn how many pairs there are."""
    return _usable(_SURE[kind], present)


def training_blocks(kind: Kind, present: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the columns that are held equal while the other comparisons are learned."""
    return _usable(_TRAIN[kind], present)


def _usable(written: str, present: Iterable[str]) -> list[tuple[str, ...]]:
    known = set(present)
    lists = [tuple(one.split(",")) for one in written.split()]
    return [one for one in lists if set(one) <= known]
