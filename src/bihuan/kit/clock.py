"""The only place that reads the system clock.

An installation marked as a drill has a clock of its own, shifted forward by what a file says: so limits of
days pass in minutes, in all processes at once. Any other installation never looks for the file.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

NO_SHIFT = timedelta(0)


class _Drill:
    """The shift a drill's file names, read again when the file changes."""

    def __init__(self) -> None:
        self.file: Path | None = None
        self.seen: int = 0
        self.shift = NO_SHIFT

    def now_shifted_by(self) -> timedelta:
        if self.file is None:
            return NO_SHIFT
        changed = self.file.stat().st_mtime_ns
        if changed != self.seen:
            self.shift, self.seen = read_shift(self.file), changed
        return self.shift


_drill = _Drill()


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC) + _drill.now_shifted_by()


def shift() -> timedelta | None:
    """Return how far a drill's clock is ahead; None where time is real."""
    return None if _drill.file is None else _drill.now_shifted_by()


def follow(file: Path | None) -> None:
    """Let this process's time follow a drill's file, or be real again."""
    _drill.file, _drill.seen, _drill.shift = file, 0, NO_SHIFT


def read_shift(file: Path) -> timedelta:
    """Return the shift a drill's file names, in seconds; never backwards."""
    seconds = float(json.loads(file.read_text("utf-8"))["shift_seconds"])
    return max(NO_SHIFT, timedelta(seconds=seconds))


def write_shift(file: Path, shift_: timedelta) -> None:
    """Write a shift so that no reader ever sees half of it."""
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({"shift_seconds": shift_.total_seconds()}), "utf-8")
    beside.replace(file)
