"""Telephone numbers: mainland mobiles and landlines, service numbers, numbers abroad, and made-up ones."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers

from bihuan.engines.linkage.standard import text
from bihuan.engines.linkage.standard.flaws import Flaw

_EXTENSION = re.compile(r"^(.*?)(?:转分机|转|分机|EXT\.?|X|#)(\d{1,6})$")
_DASHED = re.compile(r"^(\D*(?:0?\d{2,4}[-])?\d{7,8})-(\d{1,6})$")
_PARTS = re.compile(r"[/、;；|或]|,(?=\s*\+?\d{5})")
_NOISE = re.compile(r"[^0-9+]")
# A mobile behind +86, a long-distance 0 or a carrier's calling prefix.
_MOBILE = re.compile(r"(?:\+?86|0086)?0?(?:17951|17909|12593|17911)?(1[3-9]\d{9})")
_SERVICE = re.compile(r"(?:400|800)\d{7}|1[0-2]\d{1,3}|9[56]\d{3,6}")
_MAINLAND = 86


class PhoneKind(StrEnum):
    """What answers at a number."""

    MOBILE = "MOBILE"
    LANDLINE = "LANDLINE"
    SERVICE = "SERVICE"
    ABROAD = "ABROAD"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number: mainland numbers by digits (landlines with 0 and area code), others with `+`; extension behind `x`."""

    value: str = ""
    kind: PhoneKind | None = None
    extension: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


def read_phones(raw: str | None) -> list[Phone]:
    """Read a field that may hold several numbers."""
    typed = text.plain(raw)
    return [read_phone(part) for part in _PARTS.split(typed) if part.strip()] or [read_phone(None)]


@lru_cache(maxsize=20_000)
def read_phone(raw: str | None, *, region: str = "CN") -> Phone:
    """Read one number; `region` (ISO 3166) is where a number without country code is at home."""
    typed = text.plain(raw)
    if not typed:
        return Phone(flaw=Flaw.MISSING, wrong="没有电话")
    number, extension = _extension(typed.upper().replace(" ", ""))
    digits = _NOISE.sub("", number)
    if region == "CN" and (found := _MOBILE.fullmatch(digits)):
        return _checked(Phone(found.group(1), PhoneKind.MOBILE, extension, typed), found.group(1))
    if region == "CN" and _SERVICE.fullmatch(digits):
        return Phone(digits, PhoneKind.SERVICE, extension, typed)
    return _other(digits, extension, typed, region)


def _other(digits: str, extension: str, typed: str, region: str) -> Phone:
    if looks_made_up(digits.lstrip("+")):
        return Phone("", None, extension, typed, Flaw.FAKE, "像是随手填写的号码")
    try:
        parsed = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return Phone("", None, extension, typed, Flaw.MALFORMED, "不是电话号码")
    if parsed.country_code == _MAINLAND:
        return _mainland(parsed, extension, typed)
    if not phonenumbers.is_possible_number(parsed):
        return Phone("", None, extension, typed, Flaw.MALFORMED, "号码位数不对")
    value = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return _checked(Phone(_with(value, extension), PhoneKind.ABROAD, extension, typed), value)


def _mainland(parsed: phonenumbers.PhoneNumber, extension: str, typed: str) -> Phone:
    national = str(parsed.national_number)
    if not phonenumbers.is_valid_number(parsed):
        near = len(national) in {10, 12} and national[0] == "1"
        wrong = "手机号应为 11 位" if near else "没有这样的号码，请核对位数和区号"
        if len(national) in {7, 8}:
            return Phone("", None, extension, typed, Flaw.INCOMPLETE, "座机缺少区号")
        return Phone("", None, extension, typed, Flaw.MALFORMED, wrong)
    return _checked(
        Phone(_with(f"0{national}", extension), PhoneKind.LANDLINE, extension, typed), national
    )


def _checked(phone: Phone, digits: str) -> Phone:
    """Refuse what no subscriber has: phonenumbers accepts every number that a carrier could give out."""
    if looks_made_up(digits.lstrip("+")):
        return Phone("", phone.kind, phone.extension, phone.typed, Flaw.FAKE, "像是随手填写的号码")
    return phone


def looks_made_up(digits: str) -> bool:
    """Return whether a number looks typed to fill a field: 13800138000, 13888888888, 13012345678, 11111111111."""
    tail = digits[-8:]
    if len(tail) < 7 or re.fullmatch(r"13800\d{3}500|13[5-9]00138\d00", digits):
        return len(tail) >= 7
    runs = any(run in tail for run in ("1234567", "7654321", "2345678", "8765432", "9876543"))
    return runs or len(set(tail)) == 1 or digits.startswith("1380013") or _is_seven_alike(tail)


def _is_seven_alike(tail: str) -> bool:
    return max(tail.count(digit) for digit in set(tail)) >= len(tail) - 1 and "0" in tail[-2:]


def _extension(number: str) -> tuple[str, str]:
    for pattern in (_EXTENSION, _DASHED):
        if found := pattern.match(number):
            return found.group(1), found.group(2)
    return number, ""


def _with(value: str, extension: str) -> str:
    return f"{value}x{extension}" if extension else value
