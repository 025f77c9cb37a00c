"""Runs over the stored files: how far they are, what they found, and what is to be collected from whom."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bihuan.domain.customers.choices import ConsolidationState
from bihuan.domain.customers.models import Consolidation, Customer
from bihuan.domain.customers.queries.profile_rules import field_title
from bihuan.domain.org.ports import Access
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset

_LISTED: Final = 50
_NAMED: Final = {"name": "名称", "id": "证件", "birth": "出生日期"}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """The files of one source and org unit: how many are who they say, made up, or too little known; what to collect."""

    source: str
    unit: str
    records: int
    real: int
    false: int
    incomplete: int
    collect: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """What one owner (None: nobody) has to collect, by field, the most first."""

    owner_id: int | None
    fields: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run, and what it found out about the files."""

    id: int
    unit_id: int
    state: str
    state_title: str
    customers: int
    found: int
    done: int
    merged: int
    queued: int
    lines: tuple[ReportLine, ...]
    owners: tuple[OwnerLine, ...]
    by: str
    created_at: datetime
    finished_at: datetime | None

    @property
    def share(self) -> int:
        """Return how far the deciding is, per cent."""
        return self.done * 100 // self.found if self.found else 0


@dataclass(frozen=True, slots=True)
class ToCollect:
    """A file of one's own and what is to be asked of the customer."""

    customer_id: int
    name: str
    share: int
    fields: tuple[str, ...]


def last_runs(access: Access, size: int = 5) -> list[RunRow]:
    """Return the newest runs of org units where the asker may merge."""
    scope = access.scope("customer.merge")
    found = Consolidation.objects.order_by("-id")
    if not scope.everywhere:
        found = found.filter(unit_id__in=scope.unit_ids)
    return [_row(one) for one in found[:size]]


def mine_to_collect(access: Access, *, after: str = "", before: str = "") -> Page[ToCollect]:
    """Return a page of the asker's own customers whose files lack something, the emptiest first.

    A file leaves the list by itself when its fields are filled in (CUS-02).
    """
    scope = access.scope("customer.view")
    found = Customer.objects.filter(owner_id=access.staff_id, merged_into__isnull=True)
    found = found.exclude(missing=[])
    if not scope.everywhere:
        found = found.filter(unit_id__in=scope.unit_ids)
    page = keyset(found, order=("completeness", "id"), after=after, before=before, size=_LISTED)
    return page.map(lambda one: _to_collect(one, access))


def consolidation_figures(run_id: int) -> dict[str, Any]:
    """Return the figures of a run, for commands: the caller answers for the right to know."""
    run = Consolidation.objects.get(pk=run_id)
    names = ("state", "customers", "found", "merged", "queued", "report")
    return {name: getattr(run, name) for name in names}


def _to_collect(one: Customer, access: Access) -> ToCollect:
    # People write numbers into names, too.
    name = one.name if access.may("customer.see_phone", one.unit_id) else mask_text(one.name)
    fields = tuple(field_title(key) for key in one.missing)
    return ToCollect(one.pk, name, one.completeness, fields)


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
        lines=tuple(_line(one) for one in run.report),
        owners=_owners(run.collect),
        by=run.by,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def _line(said: Mapping[str, Any]) -> ReportLine:
    verdicts = said["verdicts"]
    collect = ((_title(field), sum(flaws.values())) for field, flaws in said["flaws"].items())
    return ReportLine(
        source=said["source"],
        unit=said["unit"],
        records=said["records"],
        real=verdicts.get("REAL", 0),
        false=verdicts.get("FALSE", 0),
        incomplete=verdicts.get("INCOMPLETE", 0),
        collect=tuple(sorted(collect, key=lambda one: -one[1])),
    )


def _owners(said: Sequence[tuple[int | None, str, int]]) -> tuple[OwnerLine, ...]:
    found: dict[int | None, list[tuple[str, int]]] = defaultdict(list)
    for owner, field, count in said:
        found[owner].append((_title(field), count))
    return tuple(OwnerLine(owner, tuple(fields)) for owner, fields in found.items())


def _title(field: str) -> str:
    return _NAMED.get(field) or field_title(field)
