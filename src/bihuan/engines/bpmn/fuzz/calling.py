"""What must hold between processes that call each other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bihuan.engines.bpmn.fuzz.marking import hold


@dataclass(frozen=True, slots=True)
class Member:
    """One instance: who called it, as (instance, token), and its own call activities that are open."""

    id: int
    caller: tuple[int, int] | None
    ended: bool
    calls: tuple[int, ...]


def check_calls(members: Iterable[Member]) -> None:
    """Raise `Violation` unless each open call activity waits for one running process, and each of those is waited for."""
    found = list(members)
    waiting = Counter((one.id, token) for one in found for token in one.calls)
    going = Counter(one.caller for one in found if one.caller is not None and not one.ended)
    lost = sorted(map(str, waiting - going))
    hold(not lost, f"call activities wait for nothing: {lost}")
    unwanted = sorted(map(str, going - waiting))
    hold(not unwanted, f"processes run that nobody waits for: {unwanted}")
