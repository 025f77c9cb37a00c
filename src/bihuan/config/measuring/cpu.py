"""CPU time of the service, read from /proc: the web server's processes and the database server's.

A process counts with everything it ran, children that have ended included, so nothing is lost when a worker
or a database process ends between two readings. Database processes that serve other databases are left out:
the server may have other work.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_BACKENDS = """
select pg_backend_pid(), coalesce(array_agg(pid) filter (where datname <> current_database()), '{}')
from pg_stat_activity
"""


@dataclass(frozen=True, slots=True)
class Process:
    """One process: its parent, its own CPU time and that of its ended children, in ticks."""

    pid: int
    parent: int
    own: int
    ended: int


@dataclass(frozen=True, slots=True)
class Reading:
    """CPU time used up to a moment, in ticks; `others` by process, those that serve other databases."""

    web: int
    database: int
    others: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Used:
    """CPU time used between two readings, in seconds."""

    web: float
    database: float

    def minus(self, idle: "Used", share: float) -> "Used":
        """Return what is left without a share of what was used while idle, never less than nothing."""
        return Used(
            max(0.0, self.web - idle.web * share), max(0.0, self.database - idle.database * share)
        )

    @property
    def total(self) -> float:
        """Return web and database together."""
        return self.web + self.database


class Meter:
    """Reads the CPU time of one web server and of the database server behind a connection."""

    def __init__(self, web_pid: int, connection: psycopg.Connection) -> None:
        self._web_pid = web_pid
        self._connection = connection

    def read(self) -> Reading:
        """Return what was used up to now."""
        found = self._connection.execute(_BACKENDS).fetchone()
        mine, foreign = (found[0], found[1]) if found else (0, [])
        known = processes()
        server = known[mine].parent
        return Reading(
            tree_ticks(known, self._web_pid),
            tree_ticks(known, server),
            {pid: known[pid].own for pid in foreign if pid in known},
        )


def used(before: Reading, after: Reading) -> Used:
    """Return what was used between two readings.

    What other databases' processes used is taken off; of one that ended in between only what it had used
    before, which its parent has counted since.
    """
    others = sum(ticks - before.others.get(pid, 0) for pid, ticks in after.others.items())
    gained = after.database - before.database - others
    return Used((after.web - before.web) / TICKS_PER_SECOND, gained / TICKS_PER_SECOND)


def tree_ticks(known: Mapping[int, Process], root: int) -> int:
    """Return the CPU time of a process and all below it, ended ones included."""
    return sum(known[pid].own + known[pid].ended for pid in _below(known, {root}) if pid in known)


def _below(known: Mapping[int, Process], roots: Collection[int]) -> set[int]:
    found, last = set(roots), set(roots)
    while last:
        last = {one.pid for one in known.values() if one.parent in last} - found
        found |= last
    return found


def processes() -> dict[int, Process]:
    """Return all processes of this machine by id."""
    found: dict[int, Process] = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            one = process(int(entry.name), (entry / "stat").read_text("utf-8", "replace"))
        except OSError:  # it has ended since
            continue
        found[one.pid] = one
    return found


def process(pid: int, stat: str) -> Process:
    """Return a process from its line in /proc; its name may hold blanks and brackets."""
    values = stat.rpartition(")")[2].split()
    user, system, ended_user, ended_system = map(int, values[11:15])
    return Process(pid, int(values[1]), user + system, ended_user + ended_system)
