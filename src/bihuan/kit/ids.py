"""Numbers people read out: `261118-0387`, the day and a serial (design/ui/DESIGN.md §7)."""

from datetime import date

from bihuan.kit import db

_NEXT = """
insert into kit_serial (scope, day, last) values (%s, %s, 1)
on conflict (scope, day) do update set last = kit_serial.last + 1
returning last
"""


def next_number(*, scope: str, day: date) -> str:
    """Return the next number of a scope on a day, e.g. `261118-0001`.

    The counter's row stays locked until the caller's transaction ends, so numbers have no gaps; ask
    for one late in a transaction.
    """
    [(serial,)] = db.rows(_NEXT, (scope, day))
    return f"{day:%y%m%d}-{serial:04d}"
