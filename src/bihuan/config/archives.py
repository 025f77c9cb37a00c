"""A backup as one tar file: the database's dump, and beside it the files that were handed in.

The files are named by their content and never change, so those copied after the dump are all that it names.
"""

import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DUMP: Final = "database.dump"
FILES: Final = "files"
_DUMP_BEGINS: Final = b"PGDMP"
_OURS: Final = re.compile(rf"{re.escape(DUMP)}|{FILES}/\w\w/\w[\w.-]*", re.ASCII)


class ArchiveDamaged(Exception):
    """The file is no backup, or a part of one; the text says what is wrong, in English."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A backup laid out: its dump, and the folder of its files, None for a dump alone."""

    dump: Path
    files: Path | None


def pack(archive: Path, dump: Path, files: Path) -> int:
    """Write a backup; return how many files lie in it."""
    count = 0
    with tarfile.open(archive, "w") as tar:
        tar.add(dump, DUMP)
        for path in sorted(files.glob("??/*")):
            try:
                tar.add(path, f"{FILES}/{path.parent.name}/{path.name}", recursive=False)
            except FileNotFoundError:  # swept meanwhile: nothing names it any more
                continue
            count += 1
    return count


@contextmanager
def unpacked(archive: Path, beside: Path) -> Iterator[Unpacked]:
    """Lay a backup out in a folder beside another, for as long as the block lasts. Also reads a plain dump.

    Raises `ArchiveDamaged`.
    """
    with archive.open("rb") as file:
        is_dump = file.read(len(_DUMP_BEGINS)) == _DUMP_BEGINS
    if is_dump:
        yield Unpacked(archive, None)
        return
    beside.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="restoring-", dir=beside))
    try:
        _extract(archive, folder)
        (folder / FILES).mkdir(exist_ok=True)
        yield Unpacked(folder / DUMP, folder / FILES)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(files: Path, place: Path) -> None:
    """Let the files of a backup take the place of those that are there; both lie on one disk."""
    old = place.with_name(f"{place.name}-replaced")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    files.rename(place)
    place.chmod(0o700)
    shutil.rmtree(old, ignore_errors=True)


def _extract(archive: Path, folder: Path) -> None:
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                _lay_out(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError) as wrong:
        raise ArchiveDamaged(str(wrong).partition("\n")[0]) from wrong
    if not (folder / DUMP).is_file():
        raise ArchiveDamaged(f"no {DUMP} in it")


def _lay_out(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one file where it belongs. What `pack` would not have written is refused.

    The filters of `tarfile` are not in every Python 3.11.
    """
    content = tar.extractfile(member) if _OURS.fullmatch(member.name) and member.isreg() else None
    if content is None:
        raise ArchiveDamaged(f"{member.name!r} does not belong in it")
    path = folder / member.name
    path.parent.mkdir(parents=True, exist_ok=True)
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)
    if path.stat().st_size != member.size:
        raise ArchiveDamaged(f"{member.name!r} is cut off")
    path.chmod(member.mode & 0o644 | 0o600)
