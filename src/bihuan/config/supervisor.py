"""Keeps the programs of `bihuan serve` running, and stops them together.

Each program is a child in a session of its own, so that Ctrl-C reaches the supervisor alone, and is
told to stop by the kernel if the supervisor is killed. Programs start in order, each when the one
before is ready, and stop in the opposite order. One that ends is started again, with growing pauses.
"""

import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bihuan.kit.children import SignalQueue, dies_with_parent

log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 15.0
_STEADY_AFTER = 30.0  # a program that ran this long starts again without a pause
_STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
REFUSED = 2


@dataclass(frozen=True)
class Program:
    """One program to keep running."""

    name: str
    command: Sequence[str]
    patience: float = 20.0  # seconds it may take to stop
    ready: Callable[[], bool] | None = None  # asked before the next program starts
    once: bool = False  # runs to its end before the next program starts


@dataclass
class _Watched:
    program: Program
    child: subprocess.Popen[bytes] | None = None
    restarts: int = 0
    began: float = 0.0
    pause: float = _FIRST_PAUSE
    again_at: float = field(default=0.0)

    @property
    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None


class ProgramFailed(Exception):
    """A program ended before the service was up; it has said why itself."""

    def __init__(self, name: str, status: int) -> None:
        self.name = name
        self.status = status
        super().__init__(f"{name} ended with {status}")


class Supervisor:
    """Runs programs until told to stop by SIGTERM or SIGINT."""

    def __init__(
        self, programs: Sequence[Program], state_file: Path, about: Mapping[str, str]
    ) -> None:
        self._watched = [_Watched(program) for program in programs]
        self._state_file = state_file
        self._about = dict(about)
        self._up = False

    def run(self) -> None:
        """Start everything, keep it running, and stop it all before returning.

        Raises `ProgramFailed` when one ends while the service is still starting.
        """
        self._state_file.unlink(missing_ok=True)  # left behind by one that was killed
        with SignalQueue(signal.SIGTERM, signal.SIGINT, signal.SIGCHLD) as signals:
            try:
                if self._start_all(signals):
                    self._up = True
                    self._note()
                    self._keep(signals)
            finally:
                self._stop_all()
                self._state_file.unlink(missing_ok=True)

    def _start_all(self, signals: SignalQueue) -> bool:
        """Start the programs in order; tell whether to go on."""
        for watched in self._watched:
            self._start(watched)
            while not self._is_ready(watched):
                if signals.wait(0.05) & _STOP_SIGNALS:
                    return False
        return True

    def _is_ready(self, watched: _Watched) -> bool:
        self._fail_if_ended()
        program = watched.program
        if program.once:
            return not watched.is_running
        return program.ready is None or program.ready()

    def _fail_if_ended(self) -> None:
        for watched in self._watched:
            status = watched.child.poll() if watched.child else None
            if status is not None and not (watched.program.once and status == 0):
                raise ProgramFailed(watched.program.name, status)

    def _keep(self, signals: SignalQueue) -> None:
        while not signals.wait(self._until_next_start()) & _STOP_SIGNALS:
            for watched in self._watched:
                self._look_after(watched)

    def _until_next_start(self) -> float:
        waiting = [w.again_at for w in self._watched if not w.is_running and w.again_at]
        return max(0.0, min([*waiting, time.monotonic() + 5.0]) - time.monotonic())

    def _look_after(self, watched: _Watched) -> None:
        if watched.is_running or watched.program.once:
            return
        now = time.monotonic()
        if not watched.again_at:
            if now - watched.began > _STEADY_AFTER:
                watched.pause = _FIRST_PAUSE
            status = watched.child.returncode if watched.child else None
            log.warning(
                "%s ended with %s, again in %.1f s", watched.program.name, status, watched.pause
            )
            watched.again_at = now + watched.pause
            watched.pause = min(watched.pause * 2, _LONGEST_PAUSE)
        elif now >= watched.again_at:
            watched.restarts += 1
            self._start(watched)
            self._note()

    def _start(self, watched: _Watched) -> None:
        watched.child = subprocess.Popen(
            watched.program.command,
            stdin=subprocess.DEVNULL,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one thread only
        )
        watched.began = time.monotonic()
        watched.again_at = 0.0

    def _stop_all(self) -> None:
        for watched in reversed(self._watched):
            if watched.child is not None and watched.is_running:
                watched.child.terminate()
                try:
                    watched.child.wait(watched.program.patience)
                except subprocess.TimeoutExpired:
                    log.warning("%s does not stop, killed", watched.program.name)
                    watched.child.kill()
                    watched.child.wait()

    def _note(self) -> None:
        """Write who runs, for `bihuan status`."""
        programs = {
            watched.program.name: {
                "pid": watched.child.pid if watched.child else None,
                "restarts": watched.restarts,
            }
            for watched in self._watched
            if not watched.program.once
        }
        new = self._state_file.with_suffix(".new")
        new.write_text(
            json.dumps({"pid": os.getpid(), **self._about, "programs": programs}), "utf-8"
        )
        new.replace(self._state_file)
