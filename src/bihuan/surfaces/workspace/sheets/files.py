"""Files of a case as pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from bihuan.domain.attachments.queries import AttachmentRow


@dataclass(frozen=True, slots=True)
class FileSheet:
    """One file: its name, size in words, where it is, whether a page may show it."""

    id: int
    name: str
    size: str
    address: str
    is_image: bool


def file_sheet(row: AttachmentRow) -> FileSheet:
    """Return a file as a page shows it."""
    return FileSheet(
        row.id, row.name, size_words(row.size), reverse("file", args=[row.id]), row.is_image
    )


def size_words(size: int) -> str:
    """Write a size: 812 B, 34 kB, 2.1 MB."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def file_numbers(values: Any) -> list[int]:
    """Return every whole number in a form's values, rows included: the files are among them."""
    if isinstance(values, dict):
        return [number for value in values.values() for number in file_numbers(value)]
    if isinstance(values, list | tuple):
        return [number for value in values for number in file_numbers(value)]
    text = str(values)
    return [int(text)] if text.isascii() and text.isdigit() and len(text) < 16 else []


def files_by_number(rows: Iterable[AttachmentRow]) -> dict[int, FileSheet]:
    """Return files by their numbers."""
    return {row.id: file_sheet(row) for row in rows}
