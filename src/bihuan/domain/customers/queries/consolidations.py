"""Runs over the stored files: how far they are, what they found, and what is to be collected from whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.choices import ConsolidationState
from bihuan.domain.customers.models import Consolidation
from bihuan.domain.org.ports import Access
from bihuan.kit import db

_COLLECT: Final = """
select c.owner_id, m.field, count(*) from customers_customer c cross join lateral unnest(c.missing) as m(field)
where c.merged_into_id is null and (%(everywhere)s or c.unit_id = any(%(units)s))
group by 1, 2 order by 3 desc limit 200
"""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; `report` has a line for each source and org unit (see `engines.linkage.report`)."""

    id: int
    unit_id: int
    state: str
    state_title: str
    customers: int
    found: int
    done: int
    merged: int
    queued: int
    report: Sequence[Mapping[str, Any]]
    by: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToCollect:
    """How many customers of one member of staff (None: nobody's) lack a field."""

    owner_id: int | None
    field: str
    customers: int


def last_runs(access: Access, size: int = 5) -> list[RunRow]:
    """Return the newest runs of org units where the asker may merge."""
    scope = access.scope("customer.merge")
    found = Consolidation.objects.order_by("-id")
    if not scope.everywhere:
        found = found.filter(unit_id__in=scope.unit_ids)
    return [_row(one) for one in found[:size]]


def to_collect(access: Access) -> list[ToCollect]:
    """Return by owner and field how many files lack what should be known, the most first."""
    scope = access.scope("customer.merge")
    values = {"everywhere": scope.everywhere, "units": list(scope.unit_ids)}
    return [ToCollect(*row) for row in db.rows(_COLLECT, values)]


def consolidation_figures(run_id: int) -> dict[str, Any]:
    """Return the figures of a run, for commands: the caller answers for the right to know."""
    run = Consolidation.objects.get(pk=run_id)
    names = ("state", "customers", "found", "merged", "queued", "report")
    return {name: getattr(run, name) for name in names}


def _row(run: Consolidation) -> RunRow:
    return RunRow(
        id=run.pk,
        unit_id=run.unit_id,
        state=run.state,
        state_title=ConsolidationState(run.state).label,
        customers=run.customers,
        found=run.found,
        done=run.done,
        merged=run.merged,
        queued=run.queued,
        report=run.report,
        by=run.by,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )
