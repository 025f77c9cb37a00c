"""How people write names and numbers, brought to the form in which they are compared."""

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


def code_norm(number: str) -> str:
    """Return the form in which codes and account numbers are compared: capitals, digits, dashes."""
    return re.sub(r"[^A-Z0-9-]", "", unicodedata.normalize("NFKC", number).upper())
