"""Mail addresses, with the mistakes that are made in their domains."""

import re
from dataclasses import dataclass
from functools import lru_cache

from bihuan.engines.linkage.standard import text
from bihuan.engines.linkage.standard.flaws import Flaw

_SHAPE = re.compile(r"[a-z0-9._%+'-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_SLIPS = str.maketrans({"。": ".", "，": ".", ",": ".", "、": ".", "＠": "@", "；": ".", ";": "."})
_MEANT = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gamil.com": "gmail.com", "gmail.con": "gmail.com", "gmail.cn": "gmail.com",
    "qq.con": "qq.com", "qq.cm": "qq.com", "qq.cn": "qq.com", "qqcom": "qq.com", "163.con": "163.com", "163.cn": "163.com", "163com": "163.com",
    "126.con": "126.com", "126.cn": "126.com", "sina.con": "sina.com", "hotmial.com": "hotmail.com", "hotmail.con": "hotmail.com",
    "outlook.con": "outlook.com", "yahoo.con": "yahoo.com", "foxmial.com": "foxmail.com",
}  # fmt: skip
_FAKE_BOX = re.compile(
    r"(?:test|abc|aaa|xxx|asdf|none|null|no|noreply|no-reply|unknown|example|1+|123|1234|12345|123456|0+)\d*"
)
_FAKE_DOMAIN = re.compile(r"(?:example|test|none|abc|xxx)\.(?:com|cn|org|net)")


@dataclass(frozen=True, slots=True)
class Email:
    """A mail address in small letters."""

    value: str = ""
    domain: str = ""
    typed: str = ""
    flaw: Flaw | None = None
    wrong: str = ""


@lru_cache(maxsize=20_000)
def read_email(raw: str | None) -> Email:
    """Read one mail address."""
    typed = text.plain(raw)
    if not typed:
        return Email(flaw=Flaw.MISSING, wrong="没有邮箱")
    value = typed.translate(_SLIPS).replace(" ", "").lower().removeprefix("mailto:").strip(".<>\"'")
    box, _, domain = value.rpartition("@")
    if domain in _MEANT:
        return Email(
            "", domain, typed, Flaw.MALFORMED, f"邮箱域名可能写错了，是不是 {_MEANT[domain]}"
        )
    if not _SHAPE.fullmatch(value):
        return Email("", "", typed, Flaw.MALFORMED, "邮箱写法不对，应像 name@company.com")
    if _FAKE_BOX.fullmatch(box) or _FAKE_DOMAIN.fullmatch(domain):
        return Email("", domain, typed, Flaw.FAKE, "像是随手填写的邮箱")
    return Email(value, domain, typed)
