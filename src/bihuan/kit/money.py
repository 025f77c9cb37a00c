"""An amount with its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

CENT = Decimal("0.01")


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies cannot be added or compared."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """A decimal amount, rounded half up to cents, in an ISO 4217 currency."""

    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", self.amount.quantize(CENT, ROUND_HALF_UP))

    @classmethod
    def of(cls, text: str, currency: str = "CNY") -> Self:
        """Return the amount written in `text`, e.g. `"90.00"`."""
        return cls(Decimal(text), currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other).amount, self.currency)

    def __str__(self) -> str:
        sign = "¥" if self.currency == "CNY" else f"{self.currency} "
        return f"{sign}{self.amount:.2f}"

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other
