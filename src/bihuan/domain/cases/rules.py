"""Pure decisions about cases."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.domain.cases.choices import Grade
from bihuan.domain.ledger.events import Actor

_ORDER = [Grade.ROUTINE, Grade.IMPORTANT, Grade.MAJOR]
_NUMBER = re.compile(r"[A-Za-z]{0,6}\d{4,8}(-\d{1,6})?$")


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a case weighs, each from 1 (low) to 3 (high) (TKT-14)."""

    importance: int = 2
    urgency: int = 2
    scope: int = 2

    @property
    def total(self) -> int:
        return self.importance + self.urgency + self.scope


def grade_by_weight(weight: Weight, default: str) -> Grade:
    """Return the grade of a case whose class names no decision table, never below the class's own."""
    if weight.total >= 8:
        found = Grade.MAJOR
    elif max(weight.importance, weight.urgency, weight.scope) == 3:
        found = Grade.IMPORTANT
    else:
        found = Grade.ROUTINE
    return max(found, Grade(default), key=_ORDER.index)


def handled_it(by: Actor, handlers: Iterable[str]) -> bool:
    """Tell whether the person who asks the customer is one of those who handled the case.

    Whoever acts and whoever's work it is both count; the system itself never handles.
    """
    people = {ref for ref in (by.ref, by.on_behalf_of) if ref and not ref.startswith("system:")}
    return not people.isdisjoint(handlers)


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
    left, right = _pairs(one), _pairs(other)
    if not left or not right:
        return 0.0
    return 2 * len(left & right) / (len(left) + len(right))


def _pairs(text: str) -> set[str]:
    kept = re.sub(r"[\W_]+", "", text.lower())
    return {kept[n : n + 2] for n in range(len(kept) - 1)}
