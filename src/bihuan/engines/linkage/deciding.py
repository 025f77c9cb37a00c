"""What becomes of a scored pair: merged by itself, put before a person, or left alone.

Sure pairs are merged by rule; scores alone fill the review queue. Families defeat scores: they share phone, home and half
the name, so a pair that shares a household and has different names is refused whatever its score. Different valid ids are
always different customers.
"""

from dataclasses import dataclass
from enum import StrEnum

from bihuan.engines.linkage.asking import Like, Near, Same, Values
from bihuan.engines.linkage.comparisons import Kind


class Decision(StrEnum):
    """What becomes of a pair."""

    MERGE = "MERGE"
    REVIEW = "REVIEW"
    APART = "APART"


@dataclass(frozen=True, slots=True)
class Limits:
    """Scores in bits: from `merge` on merged without a person, from `review` on shown to one."""

    merge: float
    review: float


LIMITS = {
    Kind.CHINESE_PERSON: Limits(9.0, 1.0),
    Kind.CHINESE_COMPANY: Limits(9.0, 1.0),
    Kind.PERSON: Limits(7.0, 1.0),
    Kind.COMPANY: Limits(9.0, 5.0),
}

_SAME_ID = Same(("id_valid",))
_HOUSEHOLD = (Same(("phone",)), Same(("door",)), Same(("road",)))
_NAMES_ALIKE = (Same(("letters",)), Near("letters"), Like("letters", 0.9))
_SAME_BIRTH = Same(("birth",))


def decide(kind: Kind, left: Values, right: Values, score: float) -> Decision:
    """Decide about one pair with its score in bits."""
    if is_vetoed(kind, left, right):
        return Decision.APART
    limits = LIMITS[kind]
    if _SAME_ID.holds(left, right) or score >= limits.merge:
        return Decision.MERGE
    return Decision.REVIEW if score >= limits.review else Decision.APART


def is_vetoed(kind: Kind, left: Values, right: Values) -> bool:
    """Return whether a pair can never be one customer, whatever its score."""
    one, other = left.get("id_valid"), right.get("id_valid")
    if one and other:
        return one != other
    if kind.is_company:
        return bool(
            left.get("branch") and right.get("branch") and left["branch"] != right["branch"]
        )
    if kind is not Kind.CHINESE_PERSON or not (left.get("name") and right.get("name")):
        return False
    household = any(test.holds(left, right) for test in _HOUSEHOLD)
    return household and not any(
        test.holds(left, right) for test in (*_NAMES_ALIKE, _SAME_BIRTH, Same(("id_typed",)))
    )


def veto_sql(kind: Kind) -> str:
    """Return `is_vetoed` as a condition of DuckDB on columns named `x_l` and `x_r`."""
    ids = "(id_valid_l is not null and id_valid_r is not null)"
    different = f"({ids} and id_valid_l <> id_valid_r)"
    if kind.is_company:
        return f"({different} or (not {ids} and branch_l <> branch_r))"
    if kind is not Kind.CHINESE_PERSON:
        return different
    household = " or ".join(f"coalesce({one.sql('duckdb')}, false)" for one in _HOUSEHOLD)
    tests = (*_NAMES_ALIKE, _SAME_BIRTH, Same(("id_typed",)))
    alike = " or ".join(f"coalesce({one.sql('duckdb')}, false)" for one in tests)
    named = "name_l is not null and name_r is not null"
    return f"({different} or (not {ids} and {named} and ({household}) and not ({alike})))"
