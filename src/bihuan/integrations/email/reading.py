"""One mail, read: who, about what, what is new in it, its files, and whether a person wrote it."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import Final

from bihuan.domain.interactions.events import FileIn, Received
from bihuan.integrations.email import decoding, markup, nature, quotes

_ID: Final = re.compile(r"<[^<>\s]{1,390}>")
_ANGLED_ADDRESS: Final = re.compile(r"<\s*([^<>\s@]+@[^<>\s@]+)\s*>")
MOST_FILES: Final = 50
MOST_PARTS: Final = 500
MOST_TEXT: Final = 500_000
_TRACES: Final = ("message-id", "from", "date")


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a mail was handed over: its return path, empty for machines, and the address of ours."""

    sender: str
    recipient: str
    own_address: str = ""
    token: str = ""


def key_of(original: bytes) -> str:
    """Return what makes a mail the same mail again: its Message-ID, sender and date; else all of it.

    Some senders give every mail the same Message-ID: those differ by their date.
    """
    head, body = _head_and_body(original)
    found = dict(_raw_headers(message_from_bytes(head)))
    if not found.get("message-id", "").strip():
        trace = {"received", "delivered-to", "x-original-to", "return-path"}
        kept = sorted(f"{name}:{value}" for name, value in found.items() if name not in trace)
        return _digest("\n".join(kept).encode("utf-8", "surrogateescape"), body)
    said = "\n".join(re.sub(r"\s+", " ", found.get(name, "").strip()) for name in _TRACES)
    return _digest(said.encode("utf-8", "surrogateescape"))


def read(original: bytes, envelope: Envelope) -> Received:
    """Read a mail; whatever is wrong with it, what can be read of it is read."""
    message = message_from_bytes(original)
    headers: dict[str, list[str]] = {}
    for name, value in _raw_headers(message):
        headers.setdefault(name, []).append(value)
    shown = {**headers, "subject": [_header(headers, "subject")]}
    name, address = _sender(headers, envelope)
    parts = _Parts.of(message)
    text, quoted = quotes.split(decoding.clean(parts.text)[:MOST_TEXT])
    kind = nature.nature_of(
        shown, sender=address, envelope_from=envelope.sender, text=text or parts.text
    )
    answers = nature.may_answer(headers, sender=address, envelope_from=envelope.sender)
    return Received(
        channel="EMAIL",
        external_id=_own_id(headers),
        own_address=envelope.own_address or envelope.recipient,
        party_address=address,
        party_name=name,
        subject=_header(headers, "subject")[:400],
        text=text,
        quoted=quoted,
        nature=kind,
        replies_to=[*_ids(headers, "references"), *_ids(headers, "in-reply-to"), *parts.returned],
        token=envelope.token,
        may_answer=answers and kind == "WRITTEN",
        files=parts.files[:MOST_FILES],
    )


def addresses_in(original: bytes, names: tuple[str, ...]) -> list[str]:
    """Return the addresses in some headers of a mail, in the order of the names."""
    head, _ = _head_and_body(original)
    headers = list(_raw_headers(message_from_bytes(head)))
    return [
        address.lower()
        for wanted in names
        for name, value in headers
        if name == wanted
        for _, address in _addresses(value)
    ]


class _Parts:
    """The words and files of a mail, and the ids of the mail it returns."""

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.html: list[str] = []
        self.files: list[FileIn] = []
        self.returned: list[str] = []

    @classmethod
    def of(cls, message: Message) -> "_Parts":
        """Walk through a mail; a part that cannot be read is a file."""
        found = cls()
        report = message.get_content_type() == "multipart/report"
        for part, alternative in _leaves(message):
            found._take(part, alternative=alternative, report=report)
        return found

    @property
    def text(self) -> str:
        """Return the plain text; where there is none the HTML as text."""
        plain = "\n".join(self.plain).strip()
        if plain:
            return plain
        return "\n\n".join(markup.text_of_html(one) for one in self.html).strip()

    def _take(self, part: Message, *, alternative: bool, report: bool) -> None:
        kind = part.get_content_type()
        name = _file_name(part)
        if kind in ("text/rfc822-headers", "message/rfc822"):
            self._take_mail(part, kind, report=report)
        elif kind == "message/delivery-status":
            self.plain.append(decoding.text_of(_content(part)))
        elif kind in ("text/plain", "text/html") and not name and not _is_file(part):
            text = decoding.text_of(_content(part), str(part.get_content_charset("") or ""))
            (self.plain if kind == "text/plain" else self.html).append(text)
        elif not (alternative and kind.startswith("text/") and not name):
            self.files.append(FileIn(name or _name_by_kind(kind, len(self.files)), _content(part)))

    def _take_mail(self, part: Message, kind: str, *, report: bool) -> None:
        """Take a mail inside the mail: what was returned says its id, what was attached its words."""
        inner = part.get_payload()
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            found, content = inner[0], inner[0].as_bytes()
        else:
            content = _content(part)
            found = message_from_bytes(content)
        headers: dict[str, list[str]] = {}
        for name, value in _raw_headers(found):
            headers.setdefault(name, []).append(value)
        if report:
            self.returned += _ids(headers, "message-id")
        elif kind == "message/rfc822":
            words = _Parts.of(found)
            self.plain.append(f"【附带的邮件：{_header(headers, 'subject')}】\n{words.text}")
            self.files += words.files


def _leaves(message: Message) -> Iterator[tuple[Message, bool]]:
    """Yield the parts that hold something, and whether each is one of several forms of the same."""
    waiting, seen = [(message, False)], 0
    while waiting and seen < MOST_PARTS:
        part, alternative = waiting.pop(0)
        seen += 1
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            is_choice = part.get_content_type() == "multipart/alternative"
            inside = [(one, is_choice) for one in inner if isinstance(one, Message)]
            waiting = inside + waiting
        else:
            yield part, alternative


def _content(part: Message) -> bytes:
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        found = None
    if isinstance(found, bytes):
        return found
    return str(part.get_payload()).encode("utf-8", "surrogateescape")


def _file_name(part: Message) -> str:
    for name, raw in list(_raw_headers(part)):
        if name in ("content-disposition", "content-type") and not raw.isascii():
            # Else the parser puts question marks where bytes are.
            part.replace_header(name, raw.encode("utf-8", "surrogateescape").decode("latin-1"))
    for name, header in (("filename", "content-disposition"), ("name", "content-type")):
        try:
            value = part.get_param(name, header=header)
        except (ValueError, LookupError):
            continue
        found = decoding.parameter(value)
        if found:
            return found
    return ""


def _is_file(part: Message) -> bool:
    said = str(part.get("content-disposition", "")).partition(";")[0].strip().lower()
    return said == "attachment"


def _name_by_kind(kind: str, count: int) -> str:
    ending = {"image/jpeg": "jpg", "text/plain": "txt", "audio/amr": "amr"}.get(kind)
    return f"附件{count + 1}.{ending or kind.rpartition('/')[2][:8]}"


def _sender(headers: dict[str, list[str]], envelope: Envelope) -> tuple[str, str]:
    for source in ("from", "sender"):
        for value in headers.get(source, ()):
            for name, address in _addresses(value):
                return ("" if "@" in name else name)[:80], address.lower()[:320]
    return "", envelope.sender.lower()[:320]


def _addresses(value: str) -> list[tuple[str, str]]:
    """Return names and addresses of a header; names are decoded after they were told apart by commas."""
    found = [
        (decoding.header(name).strip("'\" "), decoding.header(address))
        for name, address in getaddresses([re.sub(r"\r?\n", "", value)])
        if "@" in address
    ]
    plain = decoding.header(value)
    return found or [
        (plain.partition("<")[0].strip("'\" "), one) for one in _ANGLED_ADDRESS.findall(plain)
    ]


def _header(headers: dict[str, list[str]], name: str) -> str:
    found = headers.get(name)
    return decoding.header(found[0]) if found else ""


def _ids(headers: dict[str, list[str]], name: str) -> list[str]:
    return [one for value in headers.get(name, ()) for one in _ID.findall(value)]


def _own_id(headers: dict[str, list[str]]) -> str:
    return next(iter(_ids(headers, "message-id")), "")


def _raw_headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in message.raw_items():
        yield name.lower(), str(value)


def _head_and_body(original: bytes) -> tuple[bytes, bytes]:
    found = re.search(rb"\r?\n\r?\n", original)
    return (original[: found.end()], original[found.end() :]) if found else (original, b"")


def _digest(*pieces: bytes) -> str:
    summed = hashlib.sha256()
    for piece in pieces:
        summed.update(piece)
    return summed.hexdigest()
