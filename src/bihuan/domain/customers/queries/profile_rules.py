"""What packs say about customers' files: fields of their own, and what should be known (CUS-05, CUS-12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.ports import TEXT
from bihuan.domain.packs import queries as packs
from bihuan.engines.contacting import House, Quiet

KIND: Final = "customer_file"
DEFAULT: Final[Mapping[str, Mapping[str, int]]] = {
    CustomerKind.PERSON.value: {
        "phone": 30,
        "identifier": 20,
        "address": 20,
        "birth_date": 10,
        "gender": 5,
        "email": 5,
        "occupation": 10,
    },
    CustomerKind.ORGANISATION.value: {
        "phone": 25,
        "identifier": 30,
        "address": 20,
        "industry": 15,
        "email": 10,
    },
}
TITLES: Final[Mapping[str, str]] = {
    "phone": "电话",
    "identifier": "证件",
    "address": "地址",
    "email": "邮箱",
    "wechat": "微信",
    "account": "户号",
    "gender": "性别",
    "birth_date": "出生日期",
    "industry": "行业",
    "occupation": "职业",
    "interests": "爱好",
    "family": "家庭状况",
    "means": "经济能力",
    "needs": "需求与心声",
    "settlement_day": "对账日",
}
_BY_KIND: Final = {
    "PHONE": "phone",
    "EMAIL": "email",
    "WECHAT": "wechat",
    "ADDRESS": "address",
    "ACCOUNT": "account",
}


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field that a pack adds to customers' files; `type` is TEXT, NUMBER, MONEY or DAY."""

    key: str
    title: str
    applies: tuple[str, ...]
    type: str = TEXT
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer: kinds of contacts and numbers, and attributes."""

    kinds: frozenset[str]
    attributes: frozenset[str]

    @property
    def fields(self) -> frozenset[str]:
        """Return the words that weights are given for."""
        named = {_BY_KIND.get(kind, "identifier") for kind in self.kinds}
        return frozenset(named) | self.attributes


def own_fields() -> tuple[OwnField, ...]:
    """Return the fields of all installed packs, each key once."""
    found: dict[str, OwnField] = {}
    for one in _definitions():
        for said in one.get("fields", []):
            field = OwnField(
                said["key"],
                said["title"],
                tuple(said.get("applies", ())),
                str(said.get("type", TEXT)).upper(),
                said.get("unit", ""),
            )
            found.setdefault(field.key, field)
    return tuple(found.values())


def weights_for(kind: str) -> Mapping[str, int]:
    """Return what should be known of a kind of customer, with its weight; packs overrule the default."""
    for one in _definitions():
        weights: Mapping[str, int] | None = one.get("completeness", {}).get(kind)
        if weights:
            return weights
    return DEFAULT[kind]


@dataclass(frozen=True, slots=True)
class Selection:
    """Customers a pack offers to hand over together: each of `where` holds, the file is `months` old."""

    code: str
    title: str
    where: tuple[Mapping[str, Any], ...]
    months: int


def selections() -> tuple[Selection, ...]:
    """Return what all installed packs offer, each code once."""
    found: dict[str, Selection] = {}
    for definition in _definitions():
        for one in definition.get("handovers", ()):
            made = Selection(
                one["code"], one["title"], tuple(one.get("where", ())), int(one.get("months", 0))
            )
            found.setdefault(made.code, made)
    return tuple(found.values())


def first_call() -> tuple[str, str]:
    """Return within how long a customer who was handed over is called, and by which calendar (section 0.6)."""
    for one in _definitions():
        if said := one.get("first_call"):
            return said["limit"], said["calendar"]
    return "1wd", "base.office"


def house() -> House:
    """Return what the house holds itself to when it contacts somebody of its own accord: what all installed packs want."""
    found = _definitions()
    hours = [said for one in found if (said := one.get("quiet_hours"))]
    return House(
        tuple(
            Quiet(time.fromisoformat(one["from"]), time.fromisoformat(one["until"]))
            for one in hours
        ),
        care_needs_consent=any(one.get("care_needs_consent") for one in found),
    )


def field_title(key: str) -> str:
    """Return how a field is called."""
    own = {one.key: one.title for one in own_fields()}
    return own.get(key) or TITLES.get(key, key)


def _definitions() -> list[Mapping[str, Any]]:
    return [one.compiled for one in packs.definitions(kind=KIND)]
