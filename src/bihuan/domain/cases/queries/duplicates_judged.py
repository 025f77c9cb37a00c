"""How good the proposed duplicates are, measured on pairs of cases that people have judged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries.duplicates import DAYS, Probe, Scored, compare
from bihuan.domain.org.ports import EVERYWHERE
from bihuan.kit import db

_BY_KEY = """
select number, id from cases_case where number = any(%(keys)s::text[])
union all
select substring(source_ref from '[^:]*$'), id from cases_case
where source_ref = any(array(select p.key || ':message:' || k
    from packs_installedpack p, unnest(%(keys)s::text[]) as k)) and source_ref <> ''
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cases and whether people say that they are the same matter."""

    one: int
    other: int
    is_same: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What intake would have proposed. Shares are 0 to 1, None where there is nothing to divide by."""

    pairs: int
    same: int
    proposed: int
    right: int
    missed: tuple[Pair, ...]
    wrong: tuple[Pair, ...]

    @property
    def precision(self) -> float | None:
        """Return which share of the proposed pairs people call the same."""
        return self.right / self.proposed if self.proposed else None

    @property
    def recall(self) -> float | None:
        """Return which share of the same pairs was proposed."""
        return self.right / self.same if self.same else None


def cases_by_key(keys: Iterable[str]) -> dict[str, int]:
    """Return cases by their number, or by the number they had where they were imported from."""
    return dict(db.rows(_BY_KEY, {"keys": list(set(keys))}))


def judge(pairs: Sequence[Pair], *, days: int = DAYS) -> Judgement:
    """Take in the later case of every pair once more, at its own moment, and see whether the earlier is shown."""
    wanted = {case_id for pair in pairs for case_id in (pair.one, pair.other)}
    cases = Case.objects.in_bulk(wanted)
    shown: dict[int, dict[int, Scored]] = {}
    proposed: list[Pair] = []
    for pair in pairs:
        earlier, later = _in_order(pair, cases)
        if later.pk not in shown:
            shown[later.pk] = _shown_at(later, days)
        if earlier.pk in shown[later.pk]:
            proposed.append(pair)
    right = [pair for pair in proposed if pair.is_same]
    missed = {pair for pair in pairs if pair.is_same} - set(right)
    return Judgement(
        pairs=len(pairs),
        same=sum(pair.is_same for pair in pairs),
        proposed=len(proposed),
        right=len(right),
        missed=tuple(pair for pair in pairs if pair in missed),
        wrong=tuple(pair for pair in proposed if not pair.is_same),
    )


def _in_order(pair: Pair, cases: Mapping[int, Case]) -> tuple[Case, Case]:
    both = sorted((cases[pair.one], cases[pair.other]), key=lambda case: (case.opened_at, case.pk))
    return both[0], both[1]


def _shown_at(case: Case, days: int) -> dict[int, Scored]:
    probe = Probe(
        pack=case.pack,
        title=case.title,
        description=case.description,
        class_id=None,
        customer_id=case.customer_id,
        contact_phone=case.contact_phone,
        account_id=case.account_id,
        not_case_id=case.pk,
    )
    at = case.opened_at + timedelta(microseconds=1)
    found = compare(EVERYWHERE, probe, at=at, days=days)
    return {one.case_id: one for one in found if one.is_proposed}
