"""What a file is, told from its first bytes, and which files are taken. Its name and what the browser says do not count."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bihuan.domain.attachments.choices import IMAGES

MOST_BYTES: Final = 20 * 1024 * 1024
HEAD: Final = 4096
MOST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is: its media type and the ending its name gets."""

    media_type: str
    suffix: str


_SIGNS: Final[tuple[tuple[int, bytes, Kind], ...]] = (
    (0, b"\xff\xd8\xff", Kind("image/jpeg", ".jpg")),
    (0, b"\x89PNG\r\n\x1a\n", Kind("image/png", ".png")),
    (0, b"GIF87a", Kind("image/gif", ".gif")),
    (0, b"GIF89a", Kind("image/gif", ".gif")),
    (8, b"WEBP", Kind("image/webp", ".webp")),
    (4, b"ftypheic", Kind("image/heic", ".heic")),
    (4, b"ftypmif1", Kind("image/heic", ".heic")),
    (4, b"ftypM4A", Kind("audio/mp4", ".m4a")),
    (4, b"ftyp", Kind("video/mp4", ".mp4")),
    (8, b"WAVE", Kind("audio/wav", ".wav")),
    (0, b"#!AMR", Kind("audio/amr", ".amr")),
    (0, b"ID3", Kind("audio/mpeg", ".mp3")),
    (0, b"%PDF-", Kind("application/pdf", ".pdf")),
)
_OFFICE: Final[Mapping[str, Kind]] = {
    ".docx": Kind(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"
    ),
    ".xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ".pptx": Kind(
        "application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"
    ),
}
_OLD_OFFICE: Final[Mapping[str, Kind]] = {
    ".doc": Kind("application/msword", ".doc"),
    ".xls": Kind("application/vnd.ms-excel", ".xls"),
}
_TEXTS: Final[Mapping[str, Kind]] = {
    ".txt": Kind("text/plain", ".txt"),
    ".csv": Kind("text/csv", ".csv"),
}
_MARKUP: Final = re.compile(rb"<\s*(?:!doctype|html|script|svg|\?xml|body|iframe)", re.IGNORECASE)
_UNNAMEABLE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u202a-\u202e\u2066-\u2069]+')


def kind_of(head: bytes, name: str) -> Kind | None:
    """Return what a file is; None when it is nothing that is taken.

    Packed office files and plain texts look alike inside: of those the name's ending decides which of the
    harmless kinds it is.
    """
    for place, sign, kind in _SIGNS:
        inside_riff = place != 8 or head.startswith(b"RIFF")
        if inside_riff and head[place : place + len(sign)] == sign:
            return kind
    suffix = _suffix(name)
    if head.startswith(b"PK\x03\x04") and b"[Content_Types].xml" in head:
        return _OFFICE.get(suffix)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _OLD_OFFICE.get(suffix)
    return _TEXTS.get(suffix) if _is_text(head) else None


def fits(kind: Kind, use: str) -> bool:
    """Tell whether a file may be used so: photos and signatures are images."""
    if use == "signature":
        return kind.media_type == "image/png"
    return use != "photo" or kind.media_type in IMAGES | {"image/heic"}


def safe_name(name: str, kind: Kind) -> str:
    """Return a name that is safe in a header and on a disk, with the ending of what the file is."""
    plain = _UNNAMEABLE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem = plain[: -len(_suffix(plain))] if _suffix(plain) else plain
    return f"{stem[:MOST_NAME] or '附件'}{kind.suffix}"


def _suffix(name: str) -> str:
    found = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return found[0].lower() if found else ""


def _is_text(head: bytes) -> bool:
    if b"\x00" in head or _MARKUP.search(head):
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            # The last letter may be cut in two.
            head[: len(head) - 4 if len(head) >= HEAD else None].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
