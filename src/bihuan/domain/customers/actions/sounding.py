"""Names that were written down before they were kept by their sound, too: filled in, a portion at a time."""

from typing import Final

from bihuan.domain.customers.rules.records import searched_by
from bihuan.kit import db

PORTION: Final = 2000
_SILENT: Final = """
select id, name from customers_customer where name_initials = '' and id > %s order by id limit %s
"""
_UPDATE: Final = """
update customers_customer c set name_pinyin = n.pinyin, name_initials = n.initials
from unnest(%s::bigint[], %s::text[], %s::text[]) as n(id, pinyin, initials) where c.id = n.id
"""


def fill_sounds() -> int:
    """Fill in pinyin and initials where they are missing; return how many names were looked at.

    Each portion is a transaction of its own: a run that is stopped goes on with what is left.
    """
    seen, last = 0, 0
    while rows := db.rows(_SILENT, (last, PORTION)):
        sounds = [(one, *searched_by(name)) for one, name in rows]
        with db.atomic():
            db.run(_UPDATE, [list(column) for column in zip(*sounds, strict=True)])
        seen, last = seen + len(rows), rows[-1][0]
    return seen
