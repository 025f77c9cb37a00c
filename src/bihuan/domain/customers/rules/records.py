"""What one row of a file says of a customer, and what is wrong with it.

Values are read by `engines.linkage.standard`. What somebody wrote that cannot be true (a wrong check digit, a made-up
number) keeps the row out until it is repaired; what is merely incomplete is taken and counted as missing.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from bihuan.domain.customers.choices import ContactKind, CustomerKind, IdentifierKind
from bihuan.domain.customers.rules.columns import SOFT
from bihuan.engines.linkage import standard
from bihuan.engines.linkage.standard import text as texts
from bihuan.kit.notation import NotAPhone, code_norm, name_norm, read_phone

_KINDS: Final = {
    **dict.fromkeys(("个人", "自然人", "居民", "个体", "person", "individual", "p", "1"), "PERSON"),
    **dict.fromkeys(
        (
            "单位",
            "企业",
            "法人",
            "公司",
            "机构",
            "组织",
            "对公",
            "organisation",
            "company",
            "o",
            "2",
        ),
        "ORGANISATION",
    ),
}
_SEXES: Final = {**dict.fromkeys(("男", "m", "male", "先生", "1"), "男")} | dict.fromkeys(
    ("女", "f", "female", "女士", "2"), "女"
)
_ORGANISATION_ENDS: Final = (
    "公司",
    "集团",
    "厂",
    "店",
    "银行",
    "学校",
    "小学",
    "中学",
    "大学",
    "学院",
    "医院",
    "局",
    "委员会",
    "中心",
    "合作社",
    "酒店",
    "事务所",
    "协会",
    "研究院",
    "研究所",
    "支行",
    "分行",
    "超市",
    "商行",
    "经营部",
)
LONGEST_NAME: Final = 128
LONGEST_KEY: Final = 100
LONGEST_ACCOUNT: Final = 64
LONGEST_POINT: Final = 300


@dataclass(frozen=True, slots=True)
class Point:
    """One way to reach a customer, understood."""

    kind: str
    value: str
    norm: str
    last4: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One customer as one row says; `key` is the source's own number, `digest` of everything else."""

    key: str
    kind: str
    name: str
    name_norm: str
    pinyin: str
    initials: str
    match_key: str
    points: tuple[Point, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    accounts: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def said(self) -> dict[str, Any]:
        """Return what a source row keeps: plain JSON, the origin of every value."""
        return {
            "name": self.name,
            "kind": self.kind,
            "note": self.note,
            "attributes": dict(self.attributes),
            "contacts": [[p.kind, p.value, p.norm, dict(p.parts)] for p in self.points],
            "identifiers": [list(one) for one in self.identifiers],
            "accounts": list(self.accounts),
        }

    def phones(self) -> list[str]:
        """Return the compared forms of its numbers."""
        return [one.norm for one in self.points if one.kind == ContactKind.PHONE]


def digest(said: Mapping[str, Any]) -> str:
    """Return what names a content: equal for equal contents only."""
    return digest_of(orjson.dumps(said, option=orjson.OPT_SORT_KEYS))


def digest_of(packed: bytes) -> str:
    """Return what names a content, packed with its keys in order."""
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def searched_by(name: str) -> tuple[str, str]:
    """Return the pinyin of a name without gaps, and its initials; Latin letters as they are."""
    sounds = texts.letters(texts.plain(name)[:LONGEST_NAME]).split(" ")
    return "".join(sounds)[:256], "".join(one[:1] for one in sounds)[:128]


def match_key(kind: str, name: str, birth: str) -> str:
    """Return what a customer may be found by besides numbers: empty for a person without date of birth."""
    if kind == CustomerKind.ORGANISATION:
        company = standard.read_company(name)
        return f"O:{company.core or name_norm(name)}{company.branch}"[:128]
    return f"P:{name_norm(name)}{birth}"[:128] if birth else ""


class Reader:
    """Reads rows of one file: `columns` says which field each column is."""

    def __init__(self, heading: Sequence[str], columns: Mapping[str, str]) -> None:
        chosen = [(nth, columns[name]) for nth, name in enumerate(heading) if columns.get(name)]
        self._places: dict[str, list[int]] = {}
        for nth, name in chosen:
            self._places.setdefault(name, []).append(nth)
        own = (name for name in self._places if name.startswith("attribute."))
        self._own = tuple((name, name.removeprefix("attribute.")) for name in own)

    def read(self, cells: Sequence[str]) -> tuple[Record | None, dict[str, str]]:
        """Return the record, or None and what is wrong by field."""
        wrong: dict[str, str] = {}
        identifiers = tuple(self._identifiers(cells, wrong))
        kind = self._kind(cells, identifiers)
        name = self._name(cells, kind, wrong)
        points = tuple(self._points(cells, wrong))
        attributes = self._attributes(cells, identifiers, wrong)
        accounts = [code_norm(text) for text in self._all(cells, "account")]
        key = self._first(cells, "key").replace("\x1f", "")
        if any(len(one) > LONGEST_ACCOUNT for one in accounts):
            wrong["account"] = _too_long(LONGEST_ACCOUNT)
        if len(key) > LONGEST_KEY:
            wrong["key"] = _too_long(LONGEST_KEY)
        if wrong:
            return None, wrong
        record = Record(
            key,
            kind,
            name,
            name_norm(name),
            *searched_by(name),
            match_key(kind, name, attributes.get("birth_date", "")),
            points,
            identifiers,
            tuple(dict.fromkeys(one for one in accounts if one)),
            attributes,
            self._first(cells, "note"),
        )
        return record, wrong

    def _all(self, cells: Sequence[str], name: str) -> list[str]:
        return [cells[nth] for nth in self._places.get(name, ()) if cells[nth]]

    def _first(self, cells: Sequence[str], name: str) -> str:
        for nth in self._places.get(name, ()):
            if cells[nth]:
                return cells[nth]
        return ""

    def _kind(self, cells: Sequence[str], identifiers: Iterable[tuple[str, str]]) -> str:
        said = _KINDS.get(self._first(cells, "kind").lower())
        if said:
            return said
        if any(kind == IdentifierKind.CREDIT_CODE for kind, _ in identifiers):
            return CustomerKind.ORGANISATION.value
        name = self._first(cells, "name").rstrip("）) ")
        is_organisation = len(name) > 3 and name.endswith(_ORGANISATION_ENDS)
        return (CustomerKind.ORGANISATION if is_organisation else CustomerKind.PERSON).value

    def _name(self, cells: Sequence[str], kind: str, wrong: dict[str, str]) -> str:
        typed = self._first(cells, "name")
        read: Any = (
            standard.read_person(typed)
            if kind == CustomerKind.PERSON
            else standard.read_company(typed)
        )
        if read.flaw and (read.flaw.is_false or not typed):
            wrong["name"] = read.wrong
        name = texts.plain(typed)
        if (
            max(len(name), len(name_norm(name))) > LONGEST_NAME
        ):  # a capital may have two small letters
            wrong["name"] = _too_long(LONGEST_NAME)
        return name

    def _identifiers(
        self, cells: Sequence[str], wrong: dict[str, str]
    ) -> Iterable[tuple[str, str]]:
        if typed := self._first(cells, "resident_id"):
            read = standard.read_resident_id(typed)
            if read.value:
                yield IdentifierKind.RESIDENT_ID.value, read.value
            else:
                wrong["resident_id"] = read.wrong
        if typed := self._first(cells, "credit_code"):
            code = standard.read_credit_code(typed)
            if code.value:
                yield IdentifierKind.CREDIT_CODE.value, code.value
            elif code.flaw and code.flaw.is_false:
                wrong["credit_code"] = code.wrong

    def _points(self, cells: Sequence[str], wrong: dict[str, str]) -> Iterable[Point]:
        seen: set[tuple[str, str]] = set()
        for point in self._each_point(cells, wrong):
            if max(len(point.value), len(point.norm)) > LONGEST_POINT:
                wrong[point.kind.lower()] = _too_long(LONGEST_POINT)
            elif point.norm and (point.kind, point.norm) not in seen:
                seen.add((point.kind, point.norm))
                yield point

    def _each_point(self, cells: Sequence[str], wrong: dict[str, str]) -> Iterable[Point]:
        for typed in self._all(cells, "phone"):
            yield from _phones(typed, wrong)
        for typed in self._all(cells, "email"):
            mail = standard.read_email(typed)
            if mail.value:
                yield Point(ContactKind.EMAIL.value, mail.value, mail.value)
            else:
                wrong["email"] = mail.wrong
        for typed in self._all(cells, "wechat"):
            yield Point(ContactKind.WECHAT.value, typed, name_norm(typed))
        for typed in self._all(cells, "address"):
            place = standard.read_address(typed)
            if place.flaw and place.flaw.is_false:
                wrong["address"] = place.wrong
            else:
                yield _address(typed, place)

    def _attributes(
        self, cells: Sequence[str], identifiers: Iterable[tuple[str, str]], wrong: dict[str, str]
    ) -> dict[str, str]:
        found = {name: value for name in SOFT if (value := self._first(cells, name))}
        found |= {key: value for name, key in self._own if (value := self._first(cells, name))}
        if "gender" in found:
            found["gender"] = _SEXES.get(found["gender"].lower(), found["gender"])
        if "birth_date" in found:
            birth = standard.read_birth(found["birth_date"])
            found["birth_date"] = birth.value
            if not birth.value:
                wrong["birth_date"] = birth.wrong
        for kind, value in identifiers:
            if kind == IdentifierKind.RESIDENT_ID:
                found.setdefault("birth_date", f"{value[6:10]}-{value[10:12]}-{value[12:14]}")
                found.setdefault("gender", "男" if int(value[16]) % 2 else "女")
        return found


def _too_long(most: int) -> str:
    return f"超过 {most} 个字，请核对"


def _phones(typed: str, wrong: dict[str, str]) -> Iterable[Point]:
    """Read a cell that may hold several numbers; one without its area code is taken as it is."""
    for phone in standard.read_phones(typed):
        if phone.flaw and phone.flaw.is_false:
            wrong["phone"] = phone.wrong
        elif phone.value and phone.kind is standard.PhoneKind.MOBILE:
            yield Point(ContactKind.PHONE.value, phone.value, phone.value, phone.value[-4:])
        elif phone.typed:
            value = phone.value or phone.typed
            try:
                number = read_phone(value)
            except NotAPhone as refused:
                wrong["phone"] = refused.message
            else:
                yield Point(ContactKind.PHONE.value, value, number.norm, number.last4)


def _address(typed: str, place: standard.Address) -> Point:
    parts = {
        "province": place.province,
        "city": place.city,
        "district": place.district,
        "street": place.township or place.road,
        "detail": f"{place.road}{place.number}{place.estate}{place.unit}",
        "home": place.door_key,
    }
    kept = {name: value for name, value in parts.items() if value}
    return Point(ContactKind.ADDRESS.value, typed, place.value or name_norm(typed), parts=kept)
