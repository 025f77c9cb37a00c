"""Take files in: looked at, counted, summed, written whole or not at all."""

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import transaction

from bihuan.domain.attachments import queries, rules
from bihuan.domain.attachments.choices import USES
from bihuan.domain.attachments.models import Attachment
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.attachments.queries import AttachmentRow
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.kit.problems import Invalid

ADDED = "attachment.added"


class FileTooLarge(Invalid):
    """The file has more bytes than are taken."""

    message = f"文件超过 {rules.MOST_BYTES // 1024**2} MB，请压缩或分成几个。"


class FileEmpty(Invalid):
    """The file has no bytes."""

    message = "文件是空的，请重新选择。"


class FileKindRefused(Invalid):
    """By its content the file is none of the kinds that are taken."""

    message = "不收这种文件。可用照片、PDF、Office 文档、文本、录音和 MP4 视频。"


@dataclass(frozen=True, slots=True)
class _Written:
    path: Path
    size: int
    sha256: str
    head: bytes


def add_attachment(upload: Upload, *, by: Actor, at: datetime) -> AttachmentRow:
    """Keep a file and leave a fact with its name, size and sum.

    Refuses with `FileTooLarge`, `FileEmpty` or `FileKindRefused`; nothing is kept then. What the file is, is told
    from its content.
    """
    written = _written(upload.pieces)
    try:
        kind = _kind(written, upload)
        _settle(written)
    finally:
        written.path.unlink(missing_ok=True)
    return _recorded(upload, written, kind, by, at)


@transaction.atomic
def take_over(*, from_root: str, root: str, by: Actor, at: datetime) -> list[AttachmentRow]:
    """Give the files kept under one root to another as well, oldest first: what was handed in before there was a case."""
    made = [
        Attachment.objects.create(
            root=root,
            subject=root,
            field=one.field,
            use=one.use,
            name=one.name,
            media_type=one.media_type,
            size=one.size,
            sha256=one.sha256,
            added_by=by.on_behalf_of or by.ref,
            added_at=at,
        )
        for one in queries.attachments_of(from_root)
    ]
    ledger.record_many(_added(one, by, at) for one in made)
    return queries.attachments([one.pk for one in made], root=root)


def discard(attachment_id: int, *, root: str) -> None:
    """Take a file out of something not sent yet; its bytes go with the next sweep."""
    Attachment.objects.filter(pk=attachment_id, root=root).delete()


@transaction.atomic
def forget(roots: Collection[str]) -> int:
    """Forget the files of some roots for good; return how many. Bytes that no other row names leave the disk.

    They go after the commit; what is left by a stop between is swept up.
    """
    found = Attachment.objects.filter(root__in=roots)
    sums = set(found.values_list("sha256", flat=True))
    count = found.delete()[0]
    transaction.on_commit(lambda: _drop_unnamed(sums))
    return count


def _drop_unnamed(sums: Collection[str]) -> None:
    named = Attachment.objects.filter(sha256__in=sums).values_list("sha256", flat=True)
    for one in set(sums).difference(named):
        queries.path_of(one).unlink(missing_ok=True)


def sweep(*, prefix: str, before: datetime) -> int:
    """Forget the files under roots that begin with `prefix` and are older than `before`; return how many.

    Bytes that no row names any more leave the disk; what came in since `before` is let be.
    """
    count = Attachment.objects.filter(root__startswith=prefix, added_at__lt=before).delete()[0]
    folder = Path(settings.HOME) / "files"
    for path in folder.glob("??/*") if folder.is_dir() else ():
        is_old = path.stat().st_mtime < before.timestamp()
        if is_old and not Attachment.objects.filter(sha256=path.name).exists():
            path.unlink(missing_ok=True)
    return count


@transaction.atomic
def _recorded(
    upload: Upload, written: _Written, kind: rules.Kind, by: Actor, at: datetime
) -> AttachmentRow:
    made = Attachment.objects.create(
        root=upload.root,
        subject=upload.subject,
        field=upload.field,
        use=upload.use,
        name=rules.safe_name(upload.name, kind),
        media_type=kind.media_type,
        size=written.size,
        sha256=written.sha256,
        added_by=by.ref,
        added_at=at,
    )
    ledger.record(_added(made, by, at))
    return queries.attachment(made.pk)


def _added(made: Attachment, by: Actor, at: datetime) -> Fact:
    data = {
        "attachment": made.pk,
        "name": made.name,
        "size": made.size,
        "sha256": made.sha256,
        "field": made.field,
    }
    return Fact(ADDED, made.subject, made.root, at, by, data=data)


def _kind(written: _Written, upload: Upload) -> rules.Kind:
    if not written.size:
        raise FileEmpty
    kind = rules.kind_of(written.head, upload.name)
    if kind is None:
        raise FileKindRefused
    if not rules.fits(kind, upload.use):
        raise FileKindRefused(f"这不是{USES[upload.use]}，请选择图片。")
    return kind


def _written(pieces: Iterable[bytes]) -> _Written:
    """Write the bytes beside their place, where a rename will not cross disks."""
    folder = Path(settings.HOME) / "files"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix="new-", delete=False) as file:
        path = Path(file.name)
        try:
            return _poured(pieces, file.file, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _poured(pieces: Iterable[bytes], file: IO[bytes], path: Path) -> _Written:
    summed, size, head = hashlib.sha256(), 0, b""
    for piece in pieces:
        size += len(piece)
        if size > rules.MOST_BYTES:
            raise FileTooLarge
        head = (head + piece)[: rules.HEAD] if len(head) < rules.HEAD else head
        summed.update(piece)
        file.write(piece)
    file.flush()
    os.fsync(file.fileno())
    return _Written(path, size, summed.hexdigest(), head)


def _settle(written: _Written) -> None:
    """Give the bytes their place by their sum; the same bytes are kept once."""
    place = queries.path_of(written.sha256)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    if place.exists():
        os.utime(place)  # in use again: a sweep lets be what came in lately
        return
    written.path.chmod(0o600)
    written.path.replace(place)
