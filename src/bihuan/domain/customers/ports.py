"""What of customers is compared, and what they ask of the apps above: rows that move along, readings of behaviour."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

from django.db.models import Model

from bihuan.domain.ledger.events import Actor
from bihuan.kit.registry import Registry

Key = str
"""What a record is found by: a letter for the kind (`BY_NUMBER` and the like), and a value."""

BY_NUMBER: Final = "n"
BY_CONTACT: Final = "c"
BY_ACCOUNT: Final = "a"
BY_NAME: Final = "m"


@dataclass(frozen=True, slots=True)
class Facets:
    """What of a customer is compared; `identifiers` holds proven numbers only, by kind.

    `match_key` is what else it may be found by: a company's name without region and form, a person's
    name with the date of birth.
    """

    kind: str
    name: str
    pinyin: str = ""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    birth: str = ""
    match_key: str = ""

    def joined(self, other: "Facets") -> "Facets":
        """Return both as one: what a customer is compared by after a record joined."""
        return replace(
            self,
            identifiers={**other.identifiers, **self.identifiers},
            phones=self.phones | other.phones,
            mails=self.mails | other.mails,
            homes=self.homes | other.homes,
            accounts=self.accounts | other.accounts,
            birth=self.birth or other.birth,
            match_key=self.match_key or other.match_key,
        )


@dataclass(frozen=True, slots=True)
class Move:
    """From one customer to another; `only` these rows, or all when None."""

    from_id: int
    to_id: int
    by: Actor
    at: datetime
    only: Collection[int] | None = None


class Follower(Protocol):
    """A table whose rows belong to customers."""

    def move(self, move: Move) -> Sequence[int]:
        """Move the rows and return which; in the caller's transaction."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Customers who become anonymous, and the words that named or reached them.

    `alone` are those words that reach nobody else: numbers and mail addresses no other customer has.
    """

    customer_ids: tuple[int, ...]
    words: frozenset[str]
    alone: frozenset[str]


class Eraser(Protocol):
    """An app above that keeps what concerns customers, also where no key says so."""

    def standing_in_the_way(self, erasure: Erasure) -> str:
        """Return what must be finished first, in one sentence; empty for nothing."""

    def theirs(self, erasure: Erasure) -> Mapping[type[Model], Collection[Any]]:
        """Return rows that concern them without a key of theirs, by model: the words are taken out of these and what hangs on them."""

    def erase(self, erasure: Erasure) -> int:
        """Drop what is theirs and no text; return how many rows changed. In the caller's transaction, the texts still whole."""


ERASERS: Registry[Eraser] = Registry("eraser of customers")
"""By app: who keeps copies of customers' names and numbers."""

FOLLOWERS: Registry[Follower] = Registry("follower of customers")
"""By table: every table with a key to a customer that customers does not own."""


RATED: Registry[Callable[[int], None]] = Registry("follower of ratings")
"""By app: told the id of a rating that has just changed what tiers give its customers, in its transaction."""


# What a reading is: a number, an amount of money, a text, a day (ISO 8601), or one of some words.
NUMBER: Final = "NUMBER"
MONEY: Final = "MONEY"
TEXT: Final = "TEXT"
DAY: Final = "DAY"
CHOICE: Final = "CHOICE"


@dataclass(frozen=True, slots=True)
class Reading:
    """Something customers are judged or chosen by: one value for each.

    `sql` is a select of (customer_id, value), each customer once, which may use the parameter `at`; who is not
    among its rows has `empty`. Without `sql`, `column` is an expression on the customer's own row, `c`. Both are
    ours, never from input; what a pack named comes as a parameter, `name`.
    """

    key: str
    title: str
    type: str = NUMBER
    unit: str = ""
    sql: str = ""
    column: str = ""
    empty: int | None = 0
    name: str = ""
    choices: Sequence[tuple[str, str]] = ()


READINGS: Registry[Reading] = Registry("reading of customers")
"""By key: what apps above know of customers' behaviour."""
