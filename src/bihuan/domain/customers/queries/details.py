"""What may be noted of a customer beside name and numbers: soft attributes, and the fields of packs (CUS-06, CUS-12)."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.ports import DAY, MONEY, NUMBER, TEXT
from bihuan.domain.customers.queries.profile_rules import TITLES, own_fields

LONGEST: Final = 200
_PERSON, _ORGANISATION = CustomerKind.PERSON.value, CustomerKind.ORGANISATION.value
# Soft attributes every file may have, by key: the type, and whose file has it; empty for everybody's.
SOFT: Final = {
    "gender": (TEXT, _PERSON),
    "birth_date": (DAY, _PERSON),
    "occupation": (TEXT, _PERSON),
    "industry": (TEXT, _ORGANISATION),
    "interests": (TEXT, _PERSON),
    "family": (TEXT, _PERSON),
    "means": (TEXT, ""),
    "needs": (TEXT, ""),
    "settlement_day": (TEXT, ""),
}
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,4})?")
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


@dataclass(frozen=True, slots=True)
class Detail:
    """Something to note of a customer; `type` is a word of `customers.ports`, `is_own` tells that a pack added it."""

    key: str
    title: str
    type: str = TEXT
    unit: str = ""
    is_own: bool = False


def details_of(kind: str) -> list[Detail]:
    """Return what may be noted of a kind of customer: what every file has, then what packs add."""
    plain = [
        Detail(key, TITLES[key], type_)
        for key, (type_, whose) in SOFT.items()
        if whose in ("", kind)
    ]
    own = [
        Detail(one.key, one.title, one.type, one.unit, is_own=True)
        for one in own_fields()
        if not one.applies or kind in one.applies
    ]
    known = {one.key for one in own}
    return [*(one for one in plain if one.key not in known), *own]


def types_of_details() -> dict[str, str]:
    """Return the type of everything that may be noted, by key; packs overrule."""
    return {key: type_ for key, (type_, _) in SOFT.items()} | {
        one.key: one.type for one in own_fields()
    }


def read_detail(type_: str, text: str) -> str:
    """Return a value as it is kept, numbers plain and days as 2026-03-01; a ValueError says in words what is wrong."""
    text = text.strip()
    if not text or type_ in ("", TEXT):
        if len(text) > LONGEST:
            raise ValueError(f"最多 {LONGEST} 字")
        return text
    return _day(text) if type_ == DAY else _number(text)


def _number(text: str) -> str:
    plain = text.replace(",", "").replace("，", "")
    if not _NUMBER.fullmatch(plain):
        raise ValueError("应是数字，如 12000 或 0.5")
    return f"{Decimal(plain):f}"


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    try:
        return date(*map(int, found.groups())).isoformat() if found else _unreadable_day()
    except ValueError:
        return _unreadable_day()


def _unreadable_day() -> str:
    raise ValueError("应是日期，如 2026-03-01")


def worded(detail: Detail, value: str) -> str:
    """Return a value as people read it: amounts with thousands, units behind."""
    if detail.type in (NUMBER, MONEY) and _NUMBER.fullmatch(value):
        number = Decimal(value)
        value = f"{number:,.2f}" if number % 1 and detail.type == MONEY else f"{number:,f}"
    return f"{value} {detail.unit}".rstrip()
