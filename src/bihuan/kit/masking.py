"""Phone and identity numbers, hidden wherever a reader may not see them (SEC-01, SEC-08)."""

import logging
import re
from typing import Any

_MOBILE = re.compile(r"(?<!\d)((?:\+?86[- ]?)?1[3-9]\d)[- ]?(\d{4})[- ]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])(\d{6})\d{8}(\d{3}[\dXx])(?![\dA-Za-z])")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[- ]?)(\d{3,4})(\d{4})(?!\d)")


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
    text = _MOBILE.sub(r"\1****\3", text)
    return _LANDLINE.sub(r"\1****\3", text)


def mask_values(values: Any) -> Any:
    """Return plain JSON in which every text is masked, at any depth."""
    if isinstance(values, str):
        return mask_text(values)
    if isinstance(values, dict):
        return {key: mask_values(value) for key, value in values.items()}
    if isinstance(values, list):
        return [mask_values(value) for value in values]
    return values


class MaskingFilter(logging.Filter):
    """Masks numbers in every log record, arguments included."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; never drop it."""
        record.msg = mask_text(record.getMessage())
        record.args = None
        return True
