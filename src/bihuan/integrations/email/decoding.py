"""Text out of bytes whose label lies: Chinese mail calls gb18030 gb2312, utf-8 gb2312, and raw bytes nothing."""

import base64
import binascii
import quopri
import re
from typing import Final

_GB: Final = frozenset(
    {
        *("gb2312", "gbk", "gb18030", "x-gbk", "gb-2312", "gb_2312", "gb_2312-80", "cp936", "936"),
        *("ms936", "windows-936", "chinese", "chinesesimp", "euc-cn", "euccn", "csgb2312", "gb"),
    }
)
_BIG5: Final = frozenset({"big5", "big5-hkscs", "big5hkscs", "x-big5", "cp950", "big5-tw"})
_VAGUE: Final = frozenset(
    {
        *(
            "",
            "us-ascii",
            "ascii",
            "ansi_x3.4-1968",
            "unknown-8bit",
            "unknown",
            "x-unknown",
            "default",
        ),
        *(
            "iso-8859-1",
            "latin-1",
            "latin1",
            "windows-1252",
            "cp1252",
            "iso-8859-15",
            "8bit",
            "binary",
        ),
    }
)
_CJK: Final = re.compile("[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]")
_WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def text_of(content: bytes, label: str = "") -> str:
    """Return bytes as text, whatever their label says; never fails.

    Valid utf-8 with Chinese in it is utf-8: other encodings do not look like it by chance. What is called
    GB in any way is read as gb18030, which contains all of them.
    """
    if content.isascii():
        return _without_shifts(content, label)
    name = label.strip().strip("\"'").lower().replace(" ", "")
    utf8 = _strict(content, "utf-8")
    if utf8 is not None and (_CJK.search(utf8) or name not in _GB | _BIG5):
        return utf8
    for codec in _candidates(name):
        found = _strict(content, codec)
        if found is not None:
            return found
    return _least_damaged(content, name)


def clean(text: str) -> str:
    """Return text in one kind of line ends, without characters that cannot be stored or that deceive."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    return _CONTROL.sub("", lines.encode("utf-8", "replace").decode("utf-8"))


def header(value: str) -> str:
    """Return a header as people read it: encoded words (also broken ones), raw bytes, folds.

    `value` is as the parser gives it, raw bytes in it as surrogates.
    """
    unfolded = _FOLD.sub("", value)
    out: list[str] = []
    pending: list[tuple[str, bytes]] = []
    end = 0
    for found in _WORD.finditer(unfolded):
        between = unfolded[end : found.start()]
        if between.strip() or not pending:
            out += [_joined(pending), _raw(between)]
            pending = []
        pending.append((found[1].partition("*")[0].lower(), _word_bytes(found[2], found[3])))
        end = found.end()
    out += [_joined(pending), _raw(unfolded[end:])]
    return re.sub(r"\s+", " ", clean("".join(out))).strip()


def parameter(value: str | tuple[str | None, str | None, str] | None) -> str:
    """Return a file's name: RFC 2231 with any label, encoded words where none belong, raw bytes."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        label, _language, text = value
        return clean(text_of(_bytes(text), label or "")).strip()
    return header(value)


def _without_shifts(content: bytes, label: str) -> str:
    """Return ASCII; HZ and ISO-2022 hide Chinese in it."""
    name = label.strip().lower()
    if name in ("hz-gb-2312", "hz", "iso-2022-cn", "iso-2022-jp", "iso-2022-kr", "utf-7"):
        codec = {"hz-gb-2312": "hz", "iso-2022-cn": "ascii"}.get(name, name)
        return content.decode(codec, "replace")
    return content.decode("ascii")


def _candidates(name: str) -> list[str]:
    if name in _BIG5:
        return ["big5hkscs", "gb18030"]
    if name in _GB or name in _VAGUE or name in ("utf-8", "utf8"):
        return ["gb18030", "big5hkscs"]
    return [name, "gb18030"]


def _strict(content: bytes, codec: str) -> str | None:
    try:
        return content.decode(codec)
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _least_damaged(content: bytes, name: str) -> str:
    """Return the reading with the fewest holes; texts are cut in the middle of a letter."""
    codecs = ["utf-8", "gb18030"] if name in ("utf-8", "utf8") else ["gb18030", "utf-8"]
    found = [content.decode(codec, "replace") for codec in codecs]
    return min(found, key=lambda text: text.count("\ufffd"))


def _word_bytes(kind: str, text: str) -> bytes:
    if kind in "bB":
        plain = re.sub(r"[^A-Za-z0-9+/]", "", text)
        try:
            return base64.b64decode(
                plain[: len(plain) - (len(plain) % 4 == 1)] + "=" * (-len(plain) % 4)
            )
        except (binascii.Error, ValueError):
            return b""
    return quopri.decodestring(_bytes(text.replace("_", "=20")))


def _joined(words: list[tuple[str, bytes]]) -> str:
    """Join neighbours of one charset before they are read: a letter may be cut in two."""
    out = []
    while words:
        label = words[0][0]
        same = 0
        while same < len(words) and words[same][0] == label:
            same += 1
        out.append(text_of(b"".join(piece for _, piece in words[:same]), label))
        words = words[same:]
    return "".join(out)


def _raw(text: str) -> str:
    return text if text.isascii() else text_of(_bytes(text))


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
