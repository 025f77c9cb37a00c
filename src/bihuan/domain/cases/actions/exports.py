"""Cases are taken away as a file: never with a whole number, never without a fact (SEC-01)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from bihuan.domain.cases.events import EXPORTED
from bihuan.domain.cases.queries import CaseFilter, CaseRow
from bihuan.domain.cases.queries.listing import case_count, case_list
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import authorise
from bihuan.kit.masking import mask_text, mask_values

PAGE: Final = 200
MOST_EXPORTED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Export:
    """What somebody takes away: the filter, and in which words they asked for it."""

    access: Access
    wanted: CaseFilter
    asked: Mapping[str, str]


@transaction.atomic
def export_cases(export: Export, *, by: Actor, at: datetime) -> Iterator[CaseRow]:
    """Return the cases of a filter, numbers masked whoever asks: a file travels.

    One fact holds the filter and how many rows it found.
    """
    authorise(by, "export.run", at=at)
    access = export.access
    data = {
        "filter": mask_values(dict(export.asked)),
        "rows": case_count(access, export.wanted, most=MOST_EXPORTED),
    }
    ledger.record(Fact(EXPORTED, access.ref, access.ref, at, by, data=data))
    return _rows(access, export.wanted)


def _rows(access: Access, wanted: CaseFilter) -> Iterator[CaseRow]:
    after, sent = "", 0
    while sent < MOST_EXPORTED:
        page = case_list(access, wanted, after=after, size=PAGE)
        for row in page.rows:
            name = mask_text(row.contact_name)
            yield replace(row, title=mask_text(row.title), contact_name=name)
        sent, after = sent + len(page.rows), page.next_cursor
        if not after:
            return
