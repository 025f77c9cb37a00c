"""The working time of a stretch of years as sorted tables, so that a question is one bisection.

Instants are whole microseconds since 1970 in UTC, so working time is real time also where clocks
are put forward or back.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

Slot = tuple[int, int]
"""From and until, in minutes after the day's midnight by the wall clock."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
TWO_DAYS = timedelta(days=2)
MARGIN = 3 * 86_400 * SECOND
"""The first and last days of a table may lack a night slot of a neighbour, so they are not used."""


def to_micros(at: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (at - EPOCH) // MICROSECOND


def to_moment(micros: int) -> datetime:
    """Return microseconds since 1970 as an aware moment in UTC."""
    return EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True, slots=True)
class Wall:
    """The wall clock of one place."""

    zone: tzinfo

    def first(self, wall: datetime) -> int:
        """Return the first instant at which the wall clock shows `wall` or later."""
        return self._instant(wall, fold=0)

    def last(self, wall: datetime) -> int:
        """Return the instant from which on the wall clock never again shows less than `wall`."""
        return self._instant(wall, fold=1)

    def of(self, micros: int) -> datetime:
        """Return what the wall clock shows at an instant, without a zone."""
        return to_moment(micros).astimezone(self.zone).replace(tzinfo=None)

    def _instant(self, wall: datetime, fold: int) -> int:
        early = to_micros(wall.replace(tzinfo=self.zone, fold=0))
        late = to_micros(wall.replace(tzinfo=self.zone, fold=1))
        if early > late:
            return self._change_between(late, early, wall)
        return late if fold else early

    def _change_between(self, low: int, high: int, wall: datetime) -> int:
        """The wall clock skips `wall`: find the instant of the jump, to the second."""
        while high - low > SECOND:
            middle = (low + high) // 2 // SECOND * SECOND
            if self.of(middle) < wall:
                low = middle
            else:
                high = middle
        return high


@dataclass(frozen=True, slots=True)
class Day:
    """A working day: its midnight by the wall clock and as an instant, and its open spans."""

    midnight: datetime
    begins: int
    even: bool
    """Whether clocks are not changed on this day or the next, so that the wall clock is plain sums."""
    spans: tuple[tuple[int, int], ...]

    def nearest_open(self, micros: int) -> int:
        """Return the instant itself when open; else the close before it, or the day's opening."""
        found = self.spans[0][0]
        for start, end in self.spans:
            if micros < start:
                break
            found = min(micros, end)
        return found


@dataclass(frozen=True, slots=True)
class Timeline:
    """The working time of the years `first_year` to `last_year`."""

    first_year: int
    last_year: int
    usable_from: int
    usable_until: int
    starts: list[int]
    ends: list[int]
    before: list[int]
    """Working microseconds before each span."""
    total: int
    days: list[Day]
    openings: list[int]

    def position(self, micros: int) -> int:
        """Return the working microseconds from the start of the table to an instant."""
        i = bisect_right(self.starts, micros) - 1
        if i < 0:
            return 0
        end = self.ends[i]
        return self.before[i] + (micros if micros < end else end) - self.starts[i]

    def earliest(self, position: int) -> int:
        """Return the first instant at that position: the close of a span, not the next opening.

        A position outside the table gives an instant that it does not cover; so does `latest`.
        """
        i = bisect_left(self.before, position) - 1
        if i < 0:
            return self.usable_from - 1
        if position > self.total:
            return self.usable_until + 1
        return self.starts[i] + position - self.before[i]

    def latest(self, position: int) -> int:
        """Return the last instant at that position: the next opening, not the close of a span."""
        i = bisect_right(self.before, position) - 1
        if i < 0:
            return self.usable_from - 1
        if position >= self.total:
            return self.usable_until + 1
        return self.starts[i] + position - self.before[i]

    def day_index(self, micros: int) -> int:
        """Return which working day an instant belongs to; a night slot belongs to its first day."""
        return bisect_right(self.openings, micros) - 1

    def covers(self, micros: int) -> bool:
        """Whether answers about this instant are complete."""
        return self.usable_from <= micros <= self.usable_until


def build(
    wall: Wall, slots_of: Callable[[date], Iterable[Slot]], first_year: int, last_year: int
) -> Timeline:
    """Lay out the working time of some years. Overlapping and touching spans are joined."""
    starts: list[int] = []
    ends: list[int] = []
    days: list[Day] = []
    midnight = datetime(first_year, 1, 1)  # noqa: DTZ001 - a wall-clock reading
    past_end = datetime(last_year + 1, 1, 1)  # noqa: DTZ001 - a wall-clock reading
    while midnight < past_end:
        spans = tuple(_spans(wall, midnight, slots_of(midnight.date())))
        if spans:
            begins = wall.first(midnight)
            even = wall.last(midnight + TWO_DAYS) - begins == 2 * 86_400 * SECOND
            days.append(Day(midnight, begins, even, spans))
        for start, end in spans:
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        midnight += timedelta(days=1)
    before, total = _running_total(starts, ends)
    return Timeline(
        first_year=first_year,
        last_year=last_year,
        usable_from=wall.first(datetime(first_year, 1, 1)) + MARGIN,  # noqa: DTZ001
        usable_until=wall.first(past_end) - MARGIN,
        starts=starts,
        ends=ends,
        before=before,
        total=total,
        days=days,
        openings=[day.spans[0][0] for day in days],
    )


def _spans(wall: Wall, midnight: datetime, slots: Iterable[Slot]) -> Iterable[tuple[int, int]]:
    for begin, finish in slots:
        start = wall.first(midnight + timedelta(minutes=begin))
        end = wall.last(midnight + timedelta(minutes=finish))
        if start < end:
            yield start, end


def _running_total(starts: list[int], ends: list[int]) -> tuple[list[int], int]:
    before, total = [], 0
    for start, end in zip(starts, ends, strict=True):
        before.append(total)
        total += end - start
    return before, total
