"""Uploaded files of customers: kept until they are taken in, and no longer than anybody needs them (decision 0367)."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from bihuan.domain.customers.choices import ImportState
from bihuan.domain.customers.models import ImportBatch

KEPT: Final = timedelta(days=30)
_UPLOADING: Final = timedelta(days=1)


def folder() -> Path:
    """Return where uploaded files are."""
    return Path(settings.HOME) / "imports"


def forget(path: Path) -> bool:
    """Forget an uploaded file that is taken in, unless it waits to be taken in again; a file elsewhere is not ours."""
    is_ours = path.parent == folder() and path not in _waiting()
    if is_ours:
        path.unlink(missing_ok=True)
    return is_ours


def sweep(*, at: datetime) -> int:
    """Forget originals that are taken in, those nobody took in for thirty days, and torn uploads; return how many."""
    waiting, count = _waiting(), 0
    for path in folder().iterdir() if folder().is_dir() else ():
        lasting = KEPT if path in waiting else _UPLOADING
        if path.stat().st_mtime < (at - lasting).timestamp():
            path.unlink(missing_ok=True)
            count += 1
    return count


def _waiting() -> set[Path]:
    unfinished = ImportBatch.objects.exclude(state=ImportState.DONE)
    return {Path(one) for one in unfinished.values_list("path", flat=True)}
