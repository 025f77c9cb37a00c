"""Whether a person or a machine wrote a mail (RFC 3834, RFC 3464, and what Chinese mail services do instead)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

Headers = Mapping[str, Sequence[str]]

_AWAY_SUBJECT: Final = re.compile(
    r"^\s*(?:\[?(?:自动回复|自动答复|自動回覆|自动应答|外出自动|休假自动|automatic reply|auto[- ]?reply|autoreply|auto:"
    r"|auto response|out of (?:the )?office|不在办公室|外出回复|假期自动回复)\]?)",
    re.IGNORECASE,
)
_AWAY_TEXT: Final = re.compile(
    r"(?:这是一封自动回复|此邮件为(?:系统)?自动(?:回复|发送|发出)|本邮件(?:由系统|为系统)?自动(?:回复|发送|发出)|系统自动回复|自动回复邮件"
    r"|我(?:正在|现在|目前)?(?:休假|度假|外出|出差)(?:中|期间)?|(?:不在|离开)办公室"
    r"|(?:您|你)的(?:来信|邮件|来件)(?:我)?(?:已|已经)(?:收到|收悉).{0,30}(?:尽快|稍后|会)(?:给您|与您|给你)?(?:回复|答复|处理)"
    r"|i am (?:currently )?out of (?:the )?office|on (?:annual )?leave until)",
    re.IGNORECASE,
)
_LONGEST_AWAY: Final = 400
_POSTMASTER: Final = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@", re.IGNORECASE
)
_NO_REPLY: Final = re.compile(
    r"^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|mailer-daemon|postmaster|bounces?|listserv|majordomo)\b",
    re.IGNORECASE,
)
_BULK: Final = frozenset({"bulk", "list", "junk"})
_LISTS: Final = ("list-id", "list-unsubscribe", "list-post", "feedback-id", "x-campaign-id")
_AUTOREPLIES: Final = (
    "x-autoreply",
    "x-autorespond",
    "x-auto-reply",
    "x-mail-autoreply",
    "x-qq-autoreply",
)


def nature_of(headers: Headers, *, sender: str, envelope_from: str, text: str) -> str:
    """Return WRITTEN, AUTO_GENERATED, AUTO_REPLY or BOUNCE."""
    if _is_return(headers, sender):
        return "BOUNCE"
    if _is_reply_of_a_machine(headers, envelope_from, text):
        return "AUTO_REPLY"
    said = _first(headers, "auto-submitted").partition(";")[0].strip()
    machine = said not in ("", "no") or _first(headers, "precedence") in _BULK
    listed = any(name in headers for name in _LISTS)
    return "AUTO_GENERATED" if machine or listed or not envelope_from else "WRITTEN"


def may_answer(headers: Headers, *, sender: str, envelope_from: str) -> bool:
    """Tell whether a person's mail may be answered by itself (RFC 3834 §2)."""
    suppress = {word.strip() for word in _first(headers, "x-auto-response-suppress").split(",")}
    if suppress & {"all", "autoreply", "oof"}:
        return False
    return bool(envelope_from) and "@" in sender and not _NO_REPLY.match(sender)


def _is_return(headers: Headers, sender: str) -> bool:
    kind = _first(headers, "content-type")
    if kind.startswith("multipart/report"):
        return "disposition-notification" not in kind
    return bool(_POSTMASTER.match(sender)) or "x-failed-recipients" in headers


def _is_reply_of_a_machine(headers: Headers, envelope_from: str, text: str) -> bool:
    return _says_so(headers) or _looks_so(headers, envelope_from, text)


def _says_so(headers: Headers) -> bool:
    """Tell whether it calls itself an automatic reply, or is the receipt of a reader."""
    return (
        _first(headers, "auto-submitted").startswith("auto-replied")
        or any(name in headers for name in _AUTOREPLIES)
        or _first(headers, "precedence") in ("auto_reply", "auto-reply")
        or _first(headers, "content-type").startswith("multipart/report")
        or _AWAY_SUBJECT.match(_first(headers, "subject")) is not None
    )


def _looks_so(headers: Headers, envelope_from: str, text: str) -> bool:
    """Tell whether it answers something of ours as only machines do."""
    answers = "in-reply-to" in headers or "references" in headers
    if answers and not envelope_from:
        return True
    away = len(text) <= _LONGEST_AWAY and _AWAY_TEXT.search(text) is not None
    return away and (answers or _first(headers, "auto-submitted").startswith("auto-generated"))


def _first(headers: Headers, name: str) -> str:
    found = headers.get(name)
    return found[0].strip().lower() if found else ""
