"""Names that lower packages call and higher packages fill.

The dependency rule lets nobody import upwards. Where a lower package must reach a higher one (a clock
falls due, a diagram asks for a verb) it asks a registry that the higher one filled in its `apps.py`.
"""

from collections.abc import ItemsView, Iterator, ValuesView
from typing import Generic, TypeVar

T = TypeVar("T")


class NotRegistered(LookupError):
    """Nothing is registered under this name."""


class Registry(Generic[T]):
    """Things by name, each registered once."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, T] = {}

    def register(self, key: str, value: T) -> T:
        """Register `value`; the same value again is harmless, another one is refused."""
        if self._entries.setdefault(key, value) is not value:
            raise ValueError(f"{self._what} {key!r} is registered already")
        return value

    def get(self, key: str) -> T:
        """Return what is registered, or say what exists."""
        try:
            return self._entries[key]
        except KeyError:
            known = ", ".join(sorted(self._entries)) or "none"
            raise NotRegistered(f"{self._what} {key!r} is unknown; known: {known}") from None

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def items(self) -> ItemsView[str, T]:
        """Return names and values in order of registration."""
        return self._entries.items()

    def values(self) -> ValuesView[T]:
        """Return the values in order of registration."""
        return self._entries.values()
