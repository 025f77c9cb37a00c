"""Replay with several processes: each takes every n-th incident, some incidents to a transaction.

Correct under interruption by three rules:

1. An incident whose case is there is done: a repeated or restarted worker skips it.
2. A worker whose database goes away waits for it, bounded, and plays the incidents again that are not there.
   The parent lets the database be started again where that is up to us.
3. Commits do not wait for the disk, so a crash of the database may take the last of them back. When
   the workers are through, the parent asks which cases are missing and lets them play again, until
   none is.

A worker that dies is started again, a few times.
"""

import multiprocessing
import pickle
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection

from bihuan.domain.packs import queries as packs
from bihuan.integrations.incident_log.begin import begin
from bihuan.integrations.incident_log.cast import Cast
from bihuan.integrations.incident_log.log import Share, incidents
from bihuan.integrations.incident_log.play import play, source_ref
from bihuan.integrations.incident_log.script import Script, script_of
from bihuan.integrations.incident_log.tally import Tally
from bihuan.kit import db
from bihuan.kit.problems import Refused

DATABASE_MAY_BE_AWAY = 180.0
RESTARTS = 5
# How many incidents share a transaction, and after how many transactions a worker says how far it is.
TOGETHER = 20
TELLS_EVERY = 5
LOST = (OperationalError, InterfaceError)


class WorkerKeepsDying(Refused):
    """A worker ended again and again without finishing its share."""

    message = "回放进程多次异常退出，已停止；再运行一次会接着做。"


class DatabaseStaysAway(Refused):
    """The database did not come back in time."""

    message = "数据库长时间连不上，已停止；恢复后再运行一次会接着做。"


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker is told."""

    path: Path
    zone: str
    cast: Cast
    workers: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What a worker says: its tally so far, and whether it is through."""

    nth: int
    tally: Tally
    done: bool = False


Tell = Callable[[Tally], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """What the parent does meanwhile: tell how far the work is, and bring back a database that is gone."""

    tell: Tell
    revive: Callable[[], None] = lambda: None


def replay(job: Job, watch: Watch) -> Tally:
    """Play every incident that is not there yet; return the tally of all of them."""
    before = len(played(job.cast.pack))
    while True:
        tally = _round(job, watch)
        there = len(_patiently(lambda: played(job.cast.pack)))
        missing = tally.incidents - there - tally.refused - tally.silent
        if missing <= 0:
            break
    db.settle(there - before)
    return tally


def played(pack: str) -> set[str]:
    """Return the source refs of the incidents that are there."""
    prefix = source_ref(pack, "")
    found = db.rows("select source_ref from cases_case where source_ref like %s", (f"{prefix}%",))
    return {row[0] for row in found}


def _round(job: Job, watch: Watch) -> Tally:
    """Let all workers run to their end once."""
    if job.workers == 1:
        return _share_of(job, 0, watch.tell)
    connection.close()
    context = multiprocessing.get_context("spawn")
    heard: Any = context.Queue()
    told = pickle.dumps(job)
    crew = _Crew(lambda nth: context.Process(target=begin, args=(told, nth, heard), daemon=True))
    crew.start(job.workers)
    try:
        return _listen(job, crew, heard, watch)
    finally:
        crew.stop()


def _listen(job: Job, crew: "_Crew", heard: Any, watch: Watch) -> Tally:
    tallies: dict[int, Tally] = {}
    through: set[int] = set()
    while len(through) < job.workers:
        try:
            news: Heard = pickle.loads(heard.get(timeout=0.5))  # noqa: S301 — our own workers'
        except queue.Empty:
            crew.revive(through)
            _keep_up(watch)
            continue
        tallies[news.nth] = news.tally
        if news.done:
            through.add(news.nth)
        watch.tell(Tally().join(tallies.values()))
    return Tally().join(tallies.values())


def _keep_up(watch: Watch) -> None:
    """Have the database started again when it is gone; the workers wait for it meanwhile."""
    try:
        connection.ensure_connection()
        db.one("select 1")
    except LOST:
        with suppress(Refused, *LOST):
            watch.revive()
    finally:
        _hang_up()


class _Crew:
    """The worker processes, each started again when it dies."""

    def __init__(self, make: Callable[[int], BaseProcess]) -> None:
        self._make = make
        self._members: dict[int, BaseProcess] = {}
        self._restarts = 0

    def start(self, count: int) -> None:
        for nth in range(count):
            self._members[nth] = self._make(nth)
            self._members[nth].start()

    def revive(self, through: set[int]) -> None:
        """Start again who died before the end of its share."""
        for nth, member in list(self._members.items()):
            if nth in through or member.is_alive():
                continue
            if member.exitcode == _STAYS_AWAY:
                raise DatabaseStaysAway
            self._restarts += 1
            if self._restarts > RESTARTS:
                raise WorkerKeepsDying
            self._members[nth] = self._make(nth)
            self._members[nth].start()

    def stop(self) -> None:
        for member in self._members.values():
            member.join(timeout=1)
            if member.is_alive():
                member.terminate()


_STAYS_AWAY = 75


def work(job: Job, nth: int, heard: Any) -> None:
    """Work one share in a process of its own and say how it goes."""
    try:
        tally = _share_of(job, nth, lambda so_far: heard.put(pickle.dumps(Heard(nth, so_far))))
    except DatabaseStaysAway:
        raise SystemExit(_STAYS_AWAY) from None
    heard.put(pickle.dumps(Heard(nth, tally, done=True)))


def _share_of(job: Job, nth: int, tell: Tell) -> Tally:
    tally = Tally()
    there = _patiently(lambda: played(job.cast.pack))
    _patiently(_hurry)
    with packs.remembering():
        for told, scripts in enumerate(_together(_scripts(job, nth)), start=1):
            waiting = [one for one in scripts if _ref(job, one) not in there]
            refused = _play_together(job, waiting) if waiting else {}
            for script in scripts:
                if (number := script.incident.number) in refused:
                    tally.refuse(script, refused[number])
                else:
                    tally.add(script)
            if told % TELLS_EVERY == 0:
                tell(tally)
    return tally


def _together(scripts: Iterator[Script]) -> Iterator[list[Script]]:
    while found := list(islice(scripts, TOGETHER)):
        yield found


def _ref(job: Job, script: Script) -> str:
    return source_ref(job.cast.pack, script.incident.number)


def _scripts(job: Job, nth: int) -> Iterator[Script]:
    share = Share(nth, job.workers)
    return (script_of(one) for one in incidents(job.path, ZoneInfo(job.zone), share))


def _play_together(job: Job, scripts: list[Script]) -> dict[str, str]:
    """Play incidents in one transaction; when one is refused, each in its own.

    Returns the numbers of those refused, with the reason.
    """
    try:
        _patiently(_Attempt(scripts, job.cast))
    except (Refused, IntegrityError) as refusal:
        if len(scripts) == 1:
            return {scripts[0].incident.number: _reason(refusal)}
        alone = [_play_together(job, [script]) for script in scripts]
        return {number: reason for found in alone for number, reason in found.items()}
    return {}


def _reason(refusal: Exception) -> str:
    return refusal.code if isinstance(refusal, Refused) else type(refusal).__name__


@dataclass(slots=True)
class _Attempt:
    """Play some incidents. Those that are there, perhaps from an attempt before, are left alone."""

    scripts: list[Script]
    cast: Cast
    tried: bool = False

    def __call__(self) -> None:
        if self.tried:
            _hurry()
        self.tried = True
        play(self.scripts, self.cast)


def _hurry() -> None:
    """Let this connection's commits not wait for the disk (rule 3)."""
    db.run("set synchronous_commit = off")


def _patiently(work: Callable[[], Any]) -> Any:
    """Do some work; when the database goes away, wait until it is back and do it again."""
    since = None
    while True:
        try:
            return work()
        except LOST as lost:
            since = since or time.monotonic()
            if time.monotonic() - since > DATABASE_MAY_BE_AWAY:
                raise DatabaseStaysAway from lost
            _hang_up()
            time.sleep(0.5)


def _hang_up() -> None:
    try:
        connection.close()
    except Error:
        connection.connection = None
