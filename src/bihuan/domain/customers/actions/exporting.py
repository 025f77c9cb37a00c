"""Customers taken away in a file: numbers masked, watermarked with who, when and what for; each export is a fact."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from bihuan.domain.customers import queries
from bihuan.domain.customers.queries import CustomerRow
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.kit.ids import next_number
from bihuan.kit.masking import mask_text
from bihuan.kit.problems import Invalid

EXPORTED: Final = "customers.exported"
MOST_EXPORTED: Final = 50_000
PAGE: Final = 200
LEAST_PURPOSE: Final = 4


class PurposeMissing(Invalid):
    """A file travels: whoever takes one away says what for."""

    message = "写明导出用途，至少 4 个字。"


@dataclass(frozen=True, slots=True)
class Export:
    """Whose customers, those that fit a search text or all, and what for."""

    access: Access
    text: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Watermark:
    """What a file says of itself: who took it, when, what for; `code` is in the fact as well."""

    who: str
    at: datetime
    purpose: str
    code: str


@transaction.atomic
def export_customers(
    export: Export, *, by: Actor, at: datetime
) -> tuple[Watermark, Iterator[CustomerRow]]:
    """Return the watermark and the rows that this person sees, as masked as for anybody."""
    org.authorise(by, "customer.view", at=at)
    org.authorise(by, "export.run", at=at)
    purpose = export.purpose.strip()[:200]
    if len(purpose) < LEAST_PURPOSE:
        raise PurposeMissing(fields={"reason": PurposeMissing.message})
    number = next_number(scope="customer export", day=timezone.localdate(at))
    mark = Watermark(export.access.name, at, purpose, number)
    data = {"code": mark.code, "text": mask_text(export.text.strip())[:80]}
    ledger.record(Fact(EXPORTED, by.ref, by.ref, at, by, reason=purpose, data=data))
    return mark, _rows(export)


def _rows(export: Export) -> Iterator[CustomerRow]:
    if export.text.strip():
        yield from queries.search(export.access, export.text, queries.MOST_FOUND)
        return
    after, sent = "", 0
    while sent < MOST_EXPORTED:
        page = queries.customer_list(export.access, after=after, size=PAGE)
        yield from page.rows
        sent, after = sent + len(page.rows), page.next_cursor
        if not after:
            return
