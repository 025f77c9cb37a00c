"""What suggestions are learned from: how people have judged the cases so far (TKT-13)."""

from collections import Counter

from bihuan.domain.cases.ports import UNCLASSIFIED
from bihuan.kit import db

MOST = 50_000
FEWEST = 5
_CLASSES = """
select c.title, c.description, k.code from cases_case c join cases_caseclass k on k.id = c.cls_id
where c.pack = %s and k.code <> %s and c.state <> 'CANCELLED' order by c.id desc limit %s
"""
_UNITS = """
select c.title, c.description, u.code from cases_case c join org_orgunit u on u.id = c.responsible_unit_id
where c.pack = %s and c.state in ('RESOLVED', 'CLOSED') order by c.id desc limit %s
"""
Examples = tuple[list[tuple[str, str]], list[str]]


def judged_classes(pack: str) -> Examples:
    """Return the texts of a pack's newest cases with the class people put them into; rare classes are left out."""
    return _common(db.rows(_CLASSES, (pack, UNCLASSIFIED, MOST)))


def judged_units(pack: str) -> Examples:
    """Return the texts of a pack's newest handled cases with the org unit that was responsible."""
    return _common(db.rows(_UNITS, (pack, MOST)))


def _common(rows: list[tuple[str, str, str]]) -> Examples:
    counts = Counter(row[2] for row in rows)
    kept = [row for row in rows if counts[row[2]] >= FEWEST]
    return [(row[0], row[1]) for row in kept], [row[2] for row in kept]
