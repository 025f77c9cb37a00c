"""Pure decisions about names and numbers: how they are compared, and how they are hidden."""

import re
import unicodedata
from dataclasses import dataclass

from bihuan.kit.problems import Invalid

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SERVICE = re.compile(r"(?:400|800)\d{7}|1[0-2]\d{1,3}|9\d{4,7}")
_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d{2})[2-9]\d{6,7}")
_LOCAL = re.compile(r"[2-9]\d{6,7}")
_ABROAD = re.compile(r"\+\d{7,15}")
_EXTENSIONS = (
    re.compile(r"^(.*?)\s*(?:转分机|转|分机|ext\.?|x|#|,)\s*(\d{1,6})$", re.IGNORECASE),
    re.compile(r"^(\D*\d{3,4}[- ]?\d{7,8})-(\d{1,6})$"),
)
_NOISE = re.compile(r"[\s\-‐-―()()./·_]")
_MASKED = re.compile(r"(\d{3,4})\*{2,8}(\d{4})")


class NotAPhone(Invalid):
    """The text is no phone number that could be called."""

    message = "电话号码有误，请填写手机号、带区号的座机或 400 号码。"


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number as it is compared: digits, `+` only for numbers abroad, extension after `x`."""

    digits: str
    extension: str = ""

    @property
    def norm(self) -> str:
        """Return the form in which two notations of one number are equal."""
        return f"{self.digits}x{self.extension}" if self.extension else self.digits

    @property
    def last4(self) -> str:
        """Return the digits that stay visible under a mask; the extension is not among them."""
        return self.digits[-4:]


def read_phone(text: str) -> Phone:
    """Read a phone number written in any usual way, or refuse with NotAPhone.

    Understands full-width digits, spaces, dashes and brackets, +86/0086/86, a long-distance 0 before
    a mobile, area codes, 400/800 and short service numbers, extensions (转 8012, -8012, ext. 8012).
    """
    written, extension = unicodedata.normalize("NFKC", text).strip(), ""
    for pattern in _EXTENSIONS:
        if found := pattern.match(written):
            written, extension = found.groups()
            break
    digits = _at_home(_NOISE.sub("", written))
    known = (_MOBILE, _LANDLINE, _SERVICE, _LOCAL, _ABROAD)
    if not any(pattern.fullmatch(digits) for pattern in known):
        raise NotAPhone(fields={"phone": NotAPhone.message})
    return Phone(digits, extension)


def _at_home(digits: str) -> str:
    """Drop what only matters to whoever dials: our country's code, a long-distance 0."""
    if found := re.fullmatch(r"(?:\+86|0086|86)(\d{10,12})", digits):
        inland = found.group(1)
        if _MOBILE.fullmatch(inland) or _LANDLINE.fullmatch(inland):
            return inland
        if _LANDLINE.fullmatch(f"0{inland}"):
            return f"0{inland}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        return digits[1:]
    return digits


def name_norm(name: str) -> str:
    """Return the form in which names are compared: NFKC, lower case, no spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).lower()


def account_norm(number: str) -> str:
    """Return the form in which account numbers are compared."""
    return re.sub(r"[^A-Z0-9-]", "", unicodedata.normalize("NFKC", number).upper())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line of search text may mean; several at once."""

    name: str = ""
    phone: str = ""
    masked: tuple[str, str] | None = None
    last4: str = ""
    account: str = ""


def read_search(text: str) -> Wanted:
    """Tell what a person may have typed: a name, a number, a masked number, its end, an account."""
    plain = unicodedata.normalize("NFKC", text).strip()
    bare = _NOISE.sub("", plain)
    if found := _MASKED.fullmatch(bare):
        return Wanted(masked=(found.group(1), found.group(2)))
    if not re.search(r"\d", bare):
        return Wanted(name=name_norm(plain))
    wanted = Wanted(
        name="" if bare.isdigit() else name_norm(plain),
        phone=_as_phone(plain),
        last4=bare if re.fullmatch(r"\d{4}", bare) else "",
    )
    account = account_norm(plain)
    is_account = len(account) >= 5 and re.fullmatch(r"[A-Za-z0-9 -]+", plain)
    return Wanted(wanted.name, wanted.phone, None, wanted.last4, account if is_account else "")


def _as_phone(text: str) -> str:
    try:
        return read_phone(text).norm
    except NotAPhone:
        return ""


def mask_email(address: str) -> str:
    """Return a mail address of which only the first letter and the domain are seen."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if domain else "***"
