"""Files of customers taken in: kept, looked at, mapped, and read portion by portion by a background job.

A portion's rows, its rejected lines and the batch's counts are one transaction. So a run that was killed goes on with
the next portion, nothing twice and nothing lost; and two runs of one batch take turns.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from bihuan.domain.customers.actions import originals
from bihuan.domain.customers.actions.arriving import Place, take_in
from bihuan.domain.customers.actions.understanding import portions
from bihuan.domain.customers.actions.writing import keep_rejected
from bihuan.domain.customers.choices import ImportState
from bihuan.domain.customers.models import ColumnMap, ImportBatch, Source
from bihuan.domain.customers.queries.imports import ImportUnknown, own_titles
from bihuan.domain.customers.rules import lines
from bihuan.domain.customers.rules.arrivals import Understood
from bihuan.domain.customers.rules.columns import FIELDS, guess
from bihuan.domain.customers.rules.portions import Task
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.engines.tables import Layout, NotReadable, look_at, read_rows
from bihuan.kit.notation import name_norm
from bihuan.kit.problems import Invalid, Refused

TASK: Final = "customers.run_import"
MOST_BYTES: Final = 1024**3
PORTION: Final = 4000
BROKEN_OFF: Final = "导入中断，已导入的行都在，可以继续；再次中断请联系系统管理员。"


class FileNotReadable(Invalid):
    """The file is none of the kinds that are read."""

    message = "读不出这份文件，请用 CSV、Excel（xlsx）或 JSON。"


class SourceMissing(Invalid):
    """Values whose origin nobody knows are not taken in."""

    message = "请写明资料来自哪个系统。"


class NameColumnMissing(Invalid):
    """Without a name there is no customer."""

    message = "请指明哪一列是姓名或单位名称。"


class ImportBusy(Refused):
    """The file is being taken in already, or was."""

    message = "这份文件已在导入或已导入，列的对应不能再改。"


class FileGone(Refused):
    """The bytes are no longer where they were."""

    message = "文件已不在原处，请重新上传。"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file handed in; `source` is what its system is called, `unit_id` whose customers they are."""

    name: str
    source: str
    unit_id: int


def keep_file(upload: Upload, pieces: Iterable[bytes], *, by: Actor, at: datetime) -> int:
    """Keep an uploaded file below BIHUAN_HOME until it is taken in, look at it, and return its batch, to be mapped."""
    org.authorise(by, "customer.import", upload.unit_id, at=at)
    folder = originals.folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = hashlib.sha256()
    part = folder / f"part-{at.timestamp():.6f}-{by.staff_id}"
    try:
        with part.open("wb") as file:
            for piece in pieces:
                made.update(piece)
                file.write(piece)
        path = part.replace(folder / made.hexdigest())
    finally:
        part.unlink(missing_ok=True)
    return open_file(upload, path, by=by, at=at)


@transaction.atomic
def open_file(upload: Upload, path: Path, *, by: Actor, at: datetime) -> int:
    """Return the batch of a file that is there: the same file of the same source is the same batch."""
    org.authorise(by, "customer.import", upload.unit_id, at=at)
    layout, sha256 = _looked_at(path), _sha256(path)
    source = _source(upload.source, at)
    found = ImportBatch.objects.filter(sha256=sha256, source=source, unit_id=upload.unit_id)
    if batch := found.order_by("-id").first():
        batch.path = str(path)
        batch.save(update_fields=["path"])
        if batch.state == ImportState.DONE:
            transaction.on_commit(lambda: originals.forget(path))
        return batch.pk
    saved = ColumnMap.objects.filter(source=source).order_by("-updated_at").first()
    columns = dict(saved.columns) if saved else guess(layout.heading, own_titles())
    batch = ImportBatch.objects.create(
        source=source,
        unit_id=upload.unit_id,
        file_name=upload.name[:200],
        sha256=sha256,
        path=str(path),
        layout=asdict(layout),
        columns={name: field for name, field in columns.items() if name in layout.heading},
        by=by.ref,
        created_at=at,
    )
    _record("customer_import.opened", batch, by, at, file=batch.file_name, source=source.title)
    return batch.pk


@transaction.atomic
def start(
    batch_id: int,
    columns: Mapping[str, str],
    *,
    save_as: str = "",
    in_background: bool = True,
    by: Actor,
    at: datetime,
) -> None:
    """Take a file in, with these columns as these fields.

    Goes on in the background after the commit, unless the caller runs it.
    """
    batch = _locked(batch_id)
    org.authorise(by, "customer.import", batch.unit_id, at=at)
    allowed = {*FIELDS, *(f"attribute.{key}" for key in own_titles().values())}
    chosen = {
        name: field
        for name, field in columns.items()
        if field in allowed and name in batch.layout["heading"]
    }
    if batch.state != ImportState.MAPPING:
        raise ImportBusy
    if "name" not in chosen.values():
        raise NameColumnMissing(fields={"columns": NameColumnMissing.message})
    batch.columns, batch.state, batch.started_at = chosen, ImportState.RUNNING, at
    batch.lines_total = _rows_in(batch)
    batch.save()
    if save_as:
        ColumnMap.objects.update_or_create(
            source_id=batch.source_id,
            name=save_as[:64],
            defaults={"columns": chosen, "updated_at": at},
        )
    _record("customer_import.started", batch, by, at, columns=chosen)
    if in_background:
        _defer(batch_id)


@transaction.atomic
def resume(batch_id: int, *, in_background: bool = True, by: Actor, at: datetime) -> None:
    """Let a stopped import go on where it was."""
    batch = _locked(batch_id)
    org.authorise(by, "customer.import", batch.unit_id, at=at)
    if batch.state == ImportState.STOPPED:
        batch.state, batch.trouble = ImportState.RUNNING, ""
        batch.save(update_fields=["state", "trouble"])
    if in_background and batch.state == ImportState.RUNNING:
        _defer(batch_id)


def run(batch_id: int, *, now: Callable[[], datetime]) -> None:
    """Take in what is left of a file, portion by portion. What cannot be read stops it, with a reason."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state != ImportState.RUNNING:
        return
    try:
        done = batch.lines_done
        task = Task(Path(batch.path), layout_of(batch), batch.columns, done, PORTION)
        with closing(portions(task, left=batch.lines_total - done)) as cut:
            for understood in cut:
                if not _portion(Portion(batch_id, done, understood), now()):
                    return
                done += understood.rows
    except (OSError, NotReadable, UnicodeError) as wrong:
        _stop(batch_id, _trouble(wrong))
        return
    except Exception:
        _stop(
            batch_id, BROKEN_OFF
        )  # it goes on when told to; who looks after the machine finds why in the log
        raise
    _finish(batch_id, now())


def layout_of(batch: ImportBatch) -> Layout:
    """Return how a batch's file is read."""
    return Layout(**{**batch.layout, "heading": tuple(batch.layout["heading"])})


@dataclass(frozen=True, slots=True)
class Portion:
    """Some rows of a file behind the first `done`, and what they mean."""

    batch_id: int
    done: int
    understood: Understood


@transaction.atomic
def _portion(portion: Portion, at: datetime) -> bool:
    """Take in one portion; False where somebody else has taken it meanwhile."""
    batch = _locked(portion.batch_id)
    if batch.state != ImportState.RUNNING or batch.lines_done != portion.done:
        return False
    understood = portion.understood
    outcome = take_in(understood.arrivals, place_of(batch), at=at)
    refused = "".join(lines.rejected(*one) for one in outcome.refused)
    keep_rejected(batch.pk, understood.rejected + refused)
    for name, count in outcome.counts.items():
        setattr(batch, name, getattr(batch, name) + count)
    batch.rejected += understood.wrong + len(outcome.refused)
    batch.repeated += outcome.repeated
    batch.lines_done += understood.rows
    batch.lines_total = max(batch.lines_total, batch.lines_done)
    batch.save()
    return True


def place_of(batch: ImportBatch) -> Place:
    """Return where a batch's records arrive: they are matched within the org unit and below."""
    units = org.tree().under(batch.unit_id)
    return Place(batch.source_id, batch.unit_id, units, batch.pk)


@transaction.atomic
def _finish(batch_id: int, at: datetime) -> None:
    batch = _locked(batch_id)
    if batch.state != ImportState.RUNNING:
        return
    batch.state, batch.finished_at = ImportState.DONE, at
    batch.lines_total = batch.lines_done
    batch.save()
    counts = ("created", "matched", "changed", "unchanged", "rejected", "repeated")
    figures = {name: getattr(batch, name) for name in counts}
    _record("customer_import.finished", batch, Actor(batch.by), at, **figures)
    transaction.on_commit(lambda: originals.forget(Path(batch.path)))


@transaction.atomic
def _stop(batch_id: int, trouble: str) -> None:
    batch = _locked(batch_id)
    batch.state, batch.trouble = ImportState.STOPPED, trouble
    batch.save(update_fields=["state", "trouble"])


def _defer(batch_id: int) -> None:
    lock = f"customer import {batch_id}"
    task = app.configure_task(TASK, queue="imports", lock=lock, queueing_lock=lock)
    with suppress(AlreadyEnqueued), transaction.atomic():
        task.defer(batch_id=batch_id)


def _locked(batch_id: int) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise ImportUnknown
    return batch


def _source(title: str, at: datetime) -> Source:
    code = name_norm(title)[:32]
    if not code:
        raise SourceMissing(fields={"source": SourceMissing.message})
    found, _ = Source.objects.get_or_create(
        code=code, defaults={"title": title.strip()[:64], "created_at": at}
    )
    return found


def _looked_at(path: Path) -> Layout:
    try:
        with path.open("rb") as stream:
            return look_at(stream)
    except NotReadable as wrong:
        raise FileNotReadable(_trouble(wrong), fields={"file": _trouble(wrong)}) from None


def _trouble(wrong: Exception) -> str:
    return FileGone.message if isinstance(wrong, OSError) else FileNotReadable.message


def _rows_in(batch: ImportBatch) -> int:
    """Return about how many rows there are, for the progress bar: lines of text, else every row is read."""
    layout = layout_of(batch)
    try:
        with Path(batch.path).open("rb") as stream:
            if layout.kind == "CSV":
                pieces = iter(lambda: stream.read(1 << 20), b"")
                return max(0, sum(piece.count(b"\n") for piece in pieces) - layout.first_line)
            return sum(1 for _row in read_rows(stream, layout))
    except OSError:
        raise FileGone from None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _record(fact: str, batch: ImportBatch, by: Actor, at: datetime, /, **data: Any) -> None:
    ref = f"customer-import:{batch.pk}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
