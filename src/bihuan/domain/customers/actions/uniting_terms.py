"""A number that both files have: what was agreed about it in the file that rests holds in the one that goes on.

The later answer counts; quiet hours come along where the file that goes on has none. Undoing takes back what nobody has
changed since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from bihuan.kit import db

KEPT: Final = "terms"
"""Under which word a merge keeps what it changed."""
_MET: Final = """
select j.absorbed, s.id, s.consent, s.consent_at, s.quiet_from, s.quiet_until,
    t.consent, t.consent_at, t.quiet_from, t.quiet_until
from unnest(%s::bigint[], %s::bigint[]) as j(absorbed, survivor)
join customers_contactpoint t on t.customer_id = j.absorbed
join customers_contactpoint s on s.customer_id = j.survivor and s.kind = t.kind and s.value_norm = t.value_norm
where t.consent_at is not null or t.quiet_from is not null
order by t.id
"""
_SET: Final = """
update customers_contactpoint set consent = %s, consent_at = %s, quiet_from = %s, quiet_until = %s where id = %s
"""
_BACK: Final = """
update customers_contactpoint set consent = %s, consent_at = %s, quiet_from = %s, quiet_until = %s
where id = %s and (consent, consent_at, quiet_from, quiet_until)
    is not distinct from (%s::text, %s::timestamptz, %s::time, %s::time)
"""


@dataclass(frozen=True, slots=True)
class _Terms:
    consent: str
    consent_at: datetime | None
    quiet_from: time | None
    quiet_until: time | None

    def with_those(self, other: "_Terms") -> "_Terms":
        """Return these terms with what another file says later, or alone."""
        is_later = other.consent_at and (
            self.consent_at is None or other.consent_at > self.consent_at
        )
        answer = other if is_later else self
        hours = self if self.quiet_from is not None else other
        return _Terms(answer.consent, answer.consent_at, hours.quiet_from, hours.quiet_until)

    @property
    def values(self) -> list[Any]:
        """Return them for a statement."""
        return [self.consent, self.consent_at, self.quiet_from, self.quiet_until]

    @property
    def said(self) -> list[str | None]:
        """Return them for JSON."""
        return [
            one if isinstance(one, str) or one is None else one.isoformat() for one in self.values
        ]


def unite_terms(pairs: Sequence[tuple[int, int]]) -> dict[int, list[Any]]:
    """Unite the terms of (absorbed, survivor) whose other rows have moved; return by absorbed file what changed."""
    rows = db.rows(_MET, ([one for one, _ in pairs], [other for _, other in pairs]))
    now: dict[int, _Terms] = {}
    changed: dict[int, list[Any]] = {}
    for absorbed, point, *terms in rows:
        was = now.setdefault(point, _Terms(*terms[:4]))
        now[point] = was.with_those(_Terms(*terms[4:]))
        if now[point] != was:
            changed.setdefault(absorbed, []).append([point, was.said, now[point].said])
            db.run(_SET, [*now[point].values, point])
    return changed


def part_terms(moved: Mapping[str, Sequence[Any]]) -> None:
    """Take back what a merge changed, where it still stands as the merge left it."""
    for point, was, became in moved.get(KEPT, ()):
        db.run(_BACK, [*was, point, *became])
