"""Lines of a file that were not taken in: mended in place and taken in, or given up."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from bihuan.domain.customers.actions.arriving import take_in
from bihuan.domain.customers.actions.importing import layout_of, place_of
from bihuan.domain.customers.choices import RejectedState
from bihuan.domain.customers.models import ImportBatch, RejectedRow
from bihuan.domain.customers.queries.imports import RejectedRowUnknown
from bihuan.domain.customers.rules.arrivals import arrival
from bihuan.domain.customers.rules.records import Reader, Record
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.kit.masking import unmask_text
from bihuan.kit.problems import Invalid, Refused


class StillWrong(Invalid):
    """The line was mended, but not enough."""

    message = "还有内容不对，改好再收入。"


class RowSettled(Refused):
    """Somebody has mended or given up the line already."""

    message = "这一行已经处理过了。"


@transaction.atomic
def repair_row(row_id: int, cells: Mapping[str, str], *, by: Actor, at: datetime) -> None:
    """Write a line's cells over, by column, and take it in. Refuses with what is still wrong by field.

    A number that was shown masked and comes back masked is kept as it was.
    """
    row, batch = _open(row_id, by, at)
    layout = layout_of(batch)
    kept = dict(zip(layout.heading, row.cells, strict=True))
    mended = [_typed(cells.get(name), kept[name]) for name in layout.heading]
    record, wrong = Reader(layout.heading, batch.columns).read(mended)
    if record is None:
        raise StillWrong(fields=wrong)
    became = _taken(record, row, batch, at)
    row.cells, row.problems = mended, {}
    _settle(row, RejectedState.REPAIRED, by, at)
    batch.rejected -= 1
    setattr(batch, became, getattr(batch, became) + 1)
    batch.save(update_fields=["rejected", became])
    _record("customer_import.row_repaired", batch, row, by, at)


@transaction.atomic
def drop_row(row_id: int, *, by: Actor, at: datetime) -> None:
    """Give a line up; it stays to be seen, with what was wrong."""
    row, batch = _open(row_id, by, at)
    _settle(row, RejectedState.DROPPED, by, at)
    _record("customer_import.row_dropped", batch, row, by, at)


def _typed(text: str | None, kept: str) -> str:
    return kept if text is None else unmask_text(text.strip(), kept)


def _taken(record: Record, row: RejectedRow, batch: ImportBatch, at: datetime) -> str:
    outcome = take_in([arrival(row.line, record)], place_of(batch), at=at)
    if outcome.refused:
        raise StillWrong(fields=outcome.refused[0][2])
    return next(name for name, count in outcome.counts.items() if count)


def _open(row_id: int, by: Actor, at: datetime) -> tuple[RejectedRow, ImportBatch]:
    row = RejectedRow.objects.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise RejectedRowUnknown
    batch = ImportBatch.objects.select_for_update().get(pk=row.batch_id)
    org.authorise(by, "customer.import", batch.unit_id, at=at)
    if row.state != RejectedState.OPEN:
        raise RowSettled
    return row, batch


def _settle(row: RejectedRow, state: RejectedState, by: Actor, at: datetime) -> None:
    row.state, row.settled_at, row.settled_by = state, at, by.ref
    row.save()


def _record(fact: str, batch: ImportBatch, row: RejectedRow, by: Actor, at: datetime) -> None:
    ref = f"customer-import:{batch.pk}"
    ledger.record(Fact(fact, ref, ref, at, by, data={"line": row.line}))
