"""What a person typed, understood: numbers, phones, and how alike two texts are. Pure."""

import re
from collections.abc import Callable

_SIGNS = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"[A-Za-z]{0,6}\d{4,20}(-\d{1,6})?$")


def digits_of(phone: str) -> str:
    """Return the digits by which a phone number is found, without +86."""
    digits = re.sub(r"\D", "", phone)
    return digits[2:] if len(digits) == 13 and digits.startswith("86") else digits[:20]


def looks_like_number(text: str) -> bool:
    """Tell whether a search text can be (the beginning of) a case number: `261118-0387`."""
    return bool(_NUMBER.match(text))


def masked_phone_parts(text: str) -> tuple[str, str] | None:
    """Return head and tail of a masked phone number as people copy it: `138****2046`."""
    found = re.fullmatch(r"(\d{2,4})\*{2,}(\d{2,4})", text)
    return (found[1], found[2]) if found else None


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are: the share of character pairs they have in common, 0 to 1."""
    return likeness_to(one)(other)


def likeness_to(one: str) -> Callable[[str], float]:
    """Return what tells how alike other texts are to this one."""
    left = pairs(one)

    def alike(other: str) -> float:
        right = pairs(other)
        return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0

    return alike


def pairs(text: str) -> set[str]:
    """Return the pairs of characters of a text, signs and blanks left out."""
    kept = _SIGNS.sub("", text.lower())
    return {kept[n : n + 2] for n in range(len(kept) - 1)}
