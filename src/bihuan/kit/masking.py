"""Phone and identity numbers, hidden wherever a reader may not see them (SEC-01, SEC-08)."""

import logging
import re
from typing import Any

# `\d` is any digit, full-width ones included. Dots part a number only as 138.1234.2046, where it
# cannot be an IP address.
_GAP = r"[\s\-－—–‐]{0,2}"
_DOT = r"(?:[.．·]|[\s\-－—–‐]{0,2})"
_HOME = rf"(?:[+＋]|[0０]{{2}})?[8８]{_GAP}[6６]{_GAP}"
_MOBILE = re.compile(
    rf"(?<!\d)((?:{_HOME}|[0０]{_GAP})?[(（]?[1１]{_GAP}[3-9３-９]{_GAP}\d)[)）]?{_DOT}"
    rf"(?:\d{_GAP}){{3}}\d{_DOT}((?:\d{_GAP}){{3}}\d)(?!\d)"
)
_IDENTITY = re.compile(r"(?<![\dA-Za-z])(\d{6})\d{8}(\d{3}[\dXxＸｘ])(?![\dA-Za-z])")
_LANDLINE = re.compile(
    rf"(?<!\d)((?:[0０]\d{{2,3}}|{_HOME}[1-9１-９]\d{{1,2}})[)）]?{_GAP}){_GAP}"
    rf"[2-9２-９]\d{{2,3}}{_GAP}(\d{{4}})(?!\d)"
)
_ALL = ((_IDENTITY, r"\1********\2"), (_MOBILE, r"\1****\2"), (_LANDLINE, r"\1****\2"))


def mask_phone(number: str) -> str:
    """Return a phone number with its middle hidden: `138****2046`, `0571****1234`.

    A number too short to have a middle keeps its last two digits only.
    """
    digits = re.sub(r"\D", "", number)
    if len(digits) < 7:
        return "*" * max(0, len(digits) - 2) + digits[-2:]
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    head = 4 if digits.startswith("0") else 3
    return f"{digits[:head]}****{digits[-4:]}"


def mask_text(text: str) -> str:
    """Return free text in which every mobile, landline and identity number is masked."""
    for pattern, hidden in _ALL:
        text = pattern.sub(hidden, text)
    return text


def unmask_text(text: str, kept: str) -> str:
    """Return text that was shown masked and comes back, with the numbers that `kept` holds whole again.

    So whoever may not see a number can still work on the text it stands in without destroying it. A
    masked number that is not in `kept` stays as it is.
    """
    if "*" not in text:
        return text
    if kept and text == mask_phone(kept):
        return kept
    for pattern, hidden in _ALL:
        for found in pattern.finditer(kept):
            text = text.replace(found.expand(hidden), found.group(), 1)
    return text


def holds_number(text: str) -> bool:
    """Tell whether a text holds a number that must not be shown to everybody."""
    return mask_text(text) != text


def mask_values(values: Any) -> Any:
    """Return plain JSON in which every text is masked, at any depth."""
    if isinstance(values, str):
        return mask_text(values)
    if isinstance(values, dict):
        return {key: mask_values(value) for key, value in values.items()}
    if isinstance(values, list):
        return [mask_values(value) for value in values]
    return values


def mask_mail(address: str) -> str:
    """Return a mail address of which only the first letter and the domain are seen."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if domain else "***"


class MaskingFilter(logging.Filter):
    """Masks numbers in every log record: message, arguments and traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; never drop it, and never fail on arguments that do not fit."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError):
            message = f"{record.msg} {record.args!r}"
        record.msg, record.args = mask_text(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = _TRACEBACKS.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = mask_text(record.exc_text)
        return True


_TRACEBACKS = logging.Formatter()
