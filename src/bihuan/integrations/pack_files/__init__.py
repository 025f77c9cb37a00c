"""Packs on disk: a folder or a zip file, read into bytes and written back.

Knows files, not their meaning: `engines.packs` reads what is in them.
"""

import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bihuan.engines.packs.manifest import MANIFEST
from bihuan.engines.packs.source import MOST_BYTES, MOST_FILES, PackSource, read_pack
from bihuan.kit.problems import Refused

MOST_UNPACKED = 64_000_000
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


class NotAPack(Refused):
    """There is no pack at this place."""

    status = 422


class PlaceTaken(Refused):
    """Something stands where the pack was to be written."""


def read(place: Path) -> PackSource:
    """Read the pack in a folder or zip file; raises `PackUnreadable` or refuses with `NotAPack`."""
    return read_pack(files_in(place))


def read_beside(place: Path) -> dict[str, PackSource]:
    """Return the packs in the folders next to a pack's folder, by key; unreadable ones are left out."""
    found: dict[str, PackSource] = {}
    for manifest in sorted(place.resolve().parent.glob(f"*/{MANIFEST}")):
        if manifest.parent != place.resolve():
            source = read(manifest.parent)
            found[source.key] = source
    return found


def files_in(place: Path) -> dict[str, bytes]:
    """Return path → bytes of a folder or zip file, hidden files left out."""
    if place.is_dir():
        return _folder(place)
    if place.is_file() and zipfile.is_zipfile(place):
        return _zip(place)
    raise NotAPack(f"“{place}”不是行业包：请给出含有 {MANIFEST} 的文件夹或 zip 文件。")


def write(files: Mapping[str, bytes], place: Path, *, at: datetime) -> None:
    """Write a pack to a new folder, or to a zip file when the name ends so.

    Refuses with `PlaceTaken` rather than overwrite. Equal packs make equal zip files except for `at`.
    """
    if place.exists() and (place.is_file() or any(place.iterdir())):
        raise PlaceTaken(f"“{place}”已经存在，请换一个位置。")
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.suffix == ".zip":
        _write_zip(files, place, at)
        return
    for path, content in files.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _folder(place: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(place.rglob("*")):
        inside = path.relative_to(place)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            if len(found) > MOST_FILES:
                raise NotAPack(f"“{place}”里有超过 {MOST_FILES} 个文件，不像一个行业包。")
            # One byte too many is enough for the engine to refuse a huge file by name.
            with path.open("rb") as stream:
                found[inside.as_posix()] = stream.read(MOST_BYTES + 1)
    return found


def _zip(place: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(place) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED or len(entries) > MOST_FILES:
            raise NotAPack(f"“{place}”展开后过大，不像一个行业包。")
        found = {entry.filename: archive.read(entry) for entry in entries}
    return _without_common_folder(found)


def _without_common_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """Accept a zip of the folder itself as well as one of its contents."""
    manifests = [path for path in files if path.rsplit("/", 1)[-1] == MANIFEST]
    if MANIFEST in files or len(manifests) != 1:
        return files
    top = manifests[0].removesuffix(MANIFEST)
    return {path.removeprefix(top): body for path, body in files.items() if path.startswith(top)}


def _write_zip(files: Mapping[str, bytes], place: Path, at: datetime) -> None:
    stamp = max(_ZIP_EPOCH, at.timetuple()[:6])
    with zipfile.ZipFile(place, "x", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path, stamp), content)
