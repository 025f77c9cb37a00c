"""Numbers people read out: `261118-0387`, the day and a serial (design/ui/DESIGN.md §7)."""

from datetime import date

from bihuan.kit import db


def serial_of(values: str) -> str:
    """Return the statement that takes the next serial, for `with` in a caller's own statement; it returns `last`.

    `values` gives scope, day and 1, as a select or as values.
    """
    return f"""insert into kit_serial (scope, day, last) {values}
    on conflict (scope, day) do update set last = kit_serial.last + 1 returning last"""


_NEXT = serial_of("values (%s, %s, 1)")


def next_number(*, scope: str, day: date) -> str:
    """Return the next number of a scope on a day, e.g. `261118-0001`.

    The counter's row stays locked until the caller's transaction ends, so numbers have no gaps; ask
    for one late in a transaction.
    """
    [(serial,)] = db.rows(_NEXT, (scope, day))
    return number_of(day, serial)


def number_of(day: date, serial: int) -> str:
    """Return how a serial of a day is read out."""
    return f"{day:%y%m%d}-{serial:04d}"
