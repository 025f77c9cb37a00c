"""Phone and identity numbers, hidden wherever a reader may not see them (SEC-01, SEC-08)."""

import logging
import re
from typing import Any

# `\d` is any digit, full-width ones included. Dots do not part a number: that is an IP address.
_GAP = r"[ \-－—]?"
_MOBILE = re.compile(
    rf"(?<!\d)((?:[+＋]?[8８]{_GAP}[6６]{_GAP})?[1１]{_GAP}[3-9３-９]{_GAP}\d){_GAP}"
    rf"(?:\d{_GAP}){{4}}((?:\d{_GAP}){{3}}\d)(?!\d)"
)
_IDENTITY = re.compile(r"(?<![\dA-Za-z])(\d{6})\d{8}(\d{3}[\dXxＸｘ])(?![\dA-Za-z])")
_LANDLINE = re.compile(
    rf"(?<!\d)([0０]\d{{2,3}}[)）]?{_GAP}){_GAP}[2-9２-９]\d{{2,3}}{_GAP}(\d{{4}})(?!\d)"
)


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
    text = _IDENTITY.sub(r"\1********\2", text)
    text = _MOBILE.sub(r"\1****\2", text)
    return _LANDLINE.sub(r"\1****\2", text)


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
