"""What can be asked of attachments. Who may see a case may see its files: that is the caller's to ask."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from bihuan.domain.attachments.choices import IMAGES
from bihuan.domain.attachments.models import Attachment
from bihuan.kit.problems import NotFound


class AttachmentMissing(NotFound):
    """There is no such file, or its bytes are gone."""

    message = "没有这个附件。"


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """One file of a case."""

    id: int
    root: str
    field: str
    use: str
    name: str
    media_type: str
    size: int
    sha256: str
    added_by: str
    added_at: datetime

    @property
    def is_image(self) -> bool:
        """Tell whether a page may show it."""
        return self.media_type in IMAGES


def attachment(attachment_id: int) -> AttachmentRow:
    """Return one file's row, or refuse with `AttachmentMissing`."""
    found = Attachment.objects.filter(pk=attachment_id).first()
    if found is None:
        raise AttachmentMissing
    return _row(found)


def attachments(ids: Collection[int], *, root: str) -> list[AttachmentRow]:
    """Return those of some files that belong to a root, oldest first."""
    return [_row(one) for one in Attachment.objects.filter(pk__in=ids, root=root).order_by("pk")]


def attachments_of(root: str) -> list[AttachmentRow]:
    """Return the files of a case, oldest first."""
    return [_row(one) for one in Attachment.objects.filter(root=root).order_by("pk")]


def are_of(root: str, ids: Collection[int]) -> bool:
    """Tell whether all of these are files of this root."""
    return len(attachments(ids, root=root)) == len(set(ids))


def path_of(sha256: str) -> Path:
    """Return where the bytes with this sum lie."""
    return Path(settings.HOME) / "files" / sha256[:2] / sha256


def content(row: AttachmentRow) -> Path:
    """Return where a file's bytes are, or refuse with `AttachmentMissing` when they are gone."""
    path = path_of(row.sha256)
    if not path.is_file():
        raise AttachmentMissing("附件的内容不在了，请联系管理员从备份找回。")
    return path


def _row(one: Attachment) -> AttachmentRow:
    return AttachmentRow(
        one.pk, one.root, one.field, one.use, one.name, one.media_type, one.size, one.sha256,
        one.added_by, one.added_at,
    )  # fmt: skip
