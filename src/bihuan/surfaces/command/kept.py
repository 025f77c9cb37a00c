"""What many screens ask for within a moment is worked out once, for all who see the same."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final, TypeVar, cast

T = TypeVar("T")
_MOST: Final = 500
_kept: dict[Hashable, tuple[object, float]] = {}
_lock = threading.Lock()


def kept(key: Hashable, seconds: float, make: Callable[[], T], *, fresh: bool = False) -> T:
    """Return what was made for a key in the last `seconds`, or make it; `fresh` makes it in any case."""
    now = time.monotonic()
    with _lock:
        known = _kept.get(key)
        if known is not None and not fresh and now - known[1] < seconds:
            return cast("T", known[0])
    made = make()
    with _lock:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = (made, now)
    return made


def forget() -> None:
    """Make everything anew when it is next asked for."""
    with _lock:
        _kept.clear()
