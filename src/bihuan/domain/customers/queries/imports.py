"""Files of customers: which were taken in, how far they are, and the lines that were not taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from bihuan.domain.customers.choices import ImportState, RejectedState
from bihuan.domain.customers.models import ColumnMap, ImportBatch, RejectedRow, Source
from bihuan.domain.customers.queries.profile_rules import own_fields
from bihuan.domain.org.ports import Access
from bihuan.engines.tables import Layout, read_rows
from bihuan.kit.masking import mask_text
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotFound

PREVIEWED = 6


class ImportUnknown(NotFound):
    """There is no such import, or not in the asker's part of the organisation."""

    message = "没有找到这次导入，或不在您的查看范围内。"


class RejectedRowUnknown(NotFound):
    """There is no such line."""

    message = "没有找到这一行。"


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One file: where it came from, how far it is, what became of its lines."""

    id: int
    file_name: str
    source: str
    unit_id: int
    state: str
    encoding: str
    delimiter: str
    kind: str
    heading: tuple[str, ...]
    columns: Mapping[str, str]
    lines_total: int
    lines_done: int
    created: int
    matched: int
    changed: int
    unchanged: int
    rejected: int
    repeated: int
    trouble: str
    by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def share(self) -> int:
        """Return per cent of the lines that are done."""
        if self.state == ImportState.DONE:
            return 100
        return min(99, self.lines_done * 100 // self.lines_total) if self.lines_total else 0


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that was not taken in: its cells by column, numbers masked, and what is wrong by field."""

    id: int
    line: int
    cells: Mapping[str, str]
    problems: Mapping[str, str]
    state: str
    settled_by: str


def own_titles() -> dict[str, str]:
    """Return the key of each field that packs add, by its title."""
    return {field.title: field.key for field in own_fields()}


def import_list(access: Access, *, after: str = "", before: str = "") -> Page[ImportRow]:
    """Return the files of the asker's org units, newest first."""
    page = keyset(_visible(access), order=("-id",), after=after, before=before, size=30)
    return page.map(_row)


def import_batch(access: Access, batch_id: int) -> ImportRow:
    """Return one file, or refuse with ImportUnknown."""
    return _row(_one(access, batch_id))


def preview(access: Access, batch_id: int) -> list[tuple[str, ...]]:
    """Return the first rows of a file, numbers masked; empty where the bytes are gone."""
    batch = _one(access, batch_id)
    layout = Layout(**{**batch.layout, "heading": tuple(batch.layout["heading"])})
    try:
        with Path(batch.path).open("rb") as stream:
            rows = list(islice(read_rows(stream, layout), PREVIEWED))
    except OSError:
        return []
    return [tuple(mask_text(cell)[:60] for cell in row.cells) for row in rows]


def rejected_lines(
    access: Access, batch_id: int, *, state: str = RejectedState.OPEN, after: str = ""
) -> Page[RejectedLine]:
    """Return the lines of a file that were not taken in, in the order of the file."""
    batch = _one(access, batch_id)
    rows = RejectedRow.objects.filter(batch=batch, state=state)
    page = keyset(rows, order=("line", "id"), after=after, size=20)
    return page.map(lambda row: _line(row, batch))


def rejected_line(access: Access, row_id: int) -> RejectedLine:
    """Return one line, or refuse with RejectedRowUnknown."""
    row = RejectedRow.objects.filter(pk=row_id).first()
    if row is None:
        raise RejectedRowUnknown
    return _line(row, _one(access, row.batch_id))


def batch_of(row_id: int) -> int:
    """Return the file that a rejected line belongs to; whether the asker may see it is asked with either."""
    found = RejectedRow.objects.filter(pk=row_id).values_list("batch_id", flat=True).first()
    if found is None:
        raise RejectedRowUnknown
    return found


def figures(batch_id: int) -> dict[str, Any]:
    """Return state, columns and counts of a file, for commands: the caller answers for the right to know."""
    batch = ImportBatch.objects.get(pk=batch_id)
    names = ("state", "columns", "lines_done", "created", "matched", "changed", "unchanged")
    return {name: getattr(batch, name) for name in (*names, "rejected", "repeated", "trouble")}


def first_rejected(batch_id: int, size: int) -> list[tuple[int, list[str]]]:
    """Return the first lines that were not taken in and what is wrong with each; no contents."""
    rows = RejectedRow.objects.filter(batch_id=batch_id, state=RejectedState.OPEN)
    return [(row.line, list(row.problems.values())) for row in rows.order_by("line")[:size]]


def sources() -> list[str]:
    """Return the names of the systems data came from, by name."""
    return list(
        Source.objects.exclude(code="desk").order_by("title").values_list("title", flat=True)
    )


def saved_maps(source: str) -> dict[str, dict[str, str]]:
    """Return the column maps saved for a source, by name."""
    found = ColumnMap.objects.filter(source__title=source).order_by("name")
    return {one.name: one.columns for one in found}


def _one(access: Access, batch_id: int) -> ImportBatch:
    found = _visible(access).filter(pk=batch_id).first()
    if found is None:
        raise ImportUnknown
    return found


def _visible(access: Access) -> "QuerySet[ImportBatch]":
    scope = access.scope("customer.import")
    found = ImportBatch.objects.select_related("source")
    return found if scope.everywhere else found.filter(unit_id__in=scope.unit_ids)


def _line(row: RejectedRow, batch: ImportBatch) -> RejectedLine:
    masked = [mask_text(cell) for cell in row.cells]
    cells = dict(zip(batch.layout["heading"], masked, strict=True))
    return RejectedLine(row.pk, row.line, cells, row.problems, row.state, row.settled_by)


def _row(batch: ImportBatch) -> ImportRow:
    layout = batch.layout
    lines = ("lines_total", "lines_done")
    counts = ("created", "matched", "changed", "unchanged", "rejected", "repeated")
    return ImportRow(
        id=batch.pk,
        file_name=batch.file_name,
        source=batch.source.title,
        unit_id=batch.unit_id,
        state=batch.state,
        encoding=layout["encoding"],
        delimiter=layout["delimiter"],
        kind=layout["kind"],
        heading=tuple(layout["heading"]),
        columns=batch.columns,
        trouble=batch.trouble,
        by=batch.by,
        created_at=batch.created_at,
        started_at=batch.started_at,
        finished_at=batch.finished_at,
        **{name: getattr(batch, name) for name in (*lines, *counts)},
    )
