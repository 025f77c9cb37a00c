"""Resident identity numbers (GB 11643) and unified social credit codes (GB 32100)."""

import re
from dataclasses import dataclass
from datetime import date

from stdnum.cn import ric, uscc

from bihuan.engines.linkage.standard import text
from bihuan.engines.linkage.standard.flaws import Flaw

_NOISE = re.compile(r"[^0-9A-Z*]")
_EIGHTEEN = re.compile(r"\d{17}[\dX]")
_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}")
_OLD_COMPANY = re.compile(r"\d{13,15}")
_EARLIEST = 1850
_PROVINCES = text.words(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 "
    "52 53 54 61 62 63 64 65 71 81 82 83"
)
# Printed in textbooks and typed to fill a field.
_SAMPLES = frozenset(
    {
        "110101199001011234",
        "11010519491231002X",
        "110101199003070011",
        "440524188001010014",
        "123456789012345678",
    }
)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """A resident id of 18 characters; `digits` is what was typed, to compare mistyped ones; `sex` is M or F."""

    value: str = ""
    digits: str = ""
    birth: str = ""
    sex: str = ""
    region: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A unified social credit code; `digits` is what was typed, cleaned; `organisation` is its nine-character code."""

    value: str = ""
    digits: str = ""
    organisation: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


def read_resident_id(raw: str | None) -> ResidentId:
    """Read a resident id; 15 digits of the time before 1999 become 18 with their check character."""
    typed = text.tight(raw)
    digits = _NOISE.sub("", typed)
    if not digits:
        return ResidentId(typed=typed, flaw=Flaw.MISSING, wrong="没有身份证号")
    if len(digits) == 15 and digits.isdigit():
        digits = f"{digits[:6]}19{digits[6:]}"
        digits += ric.calc_check_digit(digits + "0")
    flaw, wrong = _flaw_of_resident(digits)
    if flaw in {Flaw.FAKE, Flaw.MALFORMED}:
        return ResidentId("", digits, typed=typed, flaw=flaw, wrong=wrong)
    birth, sex = _birth(digits), "M" if int(digits[16]) % 2 else "F"
    if flaw:
        return ResidentId("", digits, birth, typed=typed, flaw=flaw, wrong=wrong)
    return ResidentId(digits, digits, birth, sex, digits[:6], typed)


def read_credit_code(raw: str | None) -> CreditCode:
    """Read a unified social credit code; a registration number of the time before 2015 is INCOMPLETE."""
    typed = text.tight(raw)
    digits = _NOISE.sub("", typed)
    if not digits:
        return CreditCode(typed=typed, flaw=Flaw.MISSING, wrong="没有统一社会信用代码")
    flaw, wrong = _flaw_of_code(digits)
    if flaw:
        return CreditCode("", digits, typed=typed, flaw=flaw, wrong=wrong)
    return CreditCode(digits, digits, digits[8:17], typed)


def _flaw_of_resident(digits: str) -> tuple[Flaw | None, str]:
    if digits in _SAMPLES or _is_filler(digits):
        return Flaw.FAKE, "像是随手填写的证件号"
    if not _EIGHTEEN.fullmatch(digits):
        return Flaw.MALFORMED, _of_length(digits)
    if not _birth(digits) or digits[:2] not in _PROVINCES:
        wrong = "其中的地区代码不存在" if _birth(digits) else "其中的出生日期不存在"
        return Flaw.MALFORMED, wrong
    if ric.calc_check_digit(digits) != digits[17]:
        return Flaw.CHECK_DIGIT, "最后一位校验码不对，有数字写错了"
    return None, ""


def _flaw_of_code(digits: str) -> tuple[Flaw | None, str]:
    if _is_filler(digits):
        return Flaw.FAKE, "像是随手填写的代码"
    if _OLD_COMPANY.fullmatch(digits):
        return Flaw.INCOMPLETE, "这是旧的工商注册号，请补统一社会信用代码"
    if not _CODE.fullmatch(digits):
        return Flaw.MALFORMED, "统一社会信用代码应为 18 位数字和大写字母，不含 I、O、S、V、Z"
    if uscc.calc_check_digit(digits[:17]) != digits[17]:
        return Flaw.CHECK_DIGIT, "最后一位校验码不对，有字符写错了"
    return None, ""


def _is_filler(digits: str) -> bool:
    return len(set(digits)) <= 2 and len(digits) > 5


def _birth(digits: str) -> str:
    try:
        day = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return ""
    return day.isoformat() if day.year >= _EARLIEST else ""


def _of_length(digits: str) -> str:
    if len(digits) in {15, 18}:
        return "身份证号中有不该出现的字符"
    return f"身份证号应为 18 位，这里有 {len(digits)} 位"
