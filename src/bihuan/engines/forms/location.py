"""A place: coordinates as a device tells them, or words."""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

MOST_WORDS: Final = 200
_WRITTEN = re.compile(
    r"\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d{1,9})?)"
    r"\s*(?:[(]?\s*(?:±|\+/-)\s*(\d{1,6}(?:\.\d+)?)\s*(?:m|米)?\s*[)]?)?\s*(.*)",
    re.DOTALL,
)


def read_location(value: Any) -> dict[str, Any] | None:
    """Return `lat`, `lon`, `accuracy` in metres and `text`, those there are; None when it is no place.

    Text is read as latitude, longitude (WGS 84, degrees), as `write_location` writes it; anything else is an address.
    """
    if isinstance(value, Mapping):
        return _from_values(value)
    if not isinstance(value, str):
        return None
    text = unicodedata.normalize("NFKC", value).strip()
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return _from_values({"text": text})
    lat, lon, accuracy, words = match.groups()
    return _from_values(
        {"lat": float(lat), "lon": float(lon), "accuracy": _number(accuracy), "text": words}
    )


def write_location(value: Any) -> str:
    """Write a place as people read it and `read_location` reads it again."""
    if not isinstance(value, Mapping):
        return "" if value is None else str(value)
    words = str(value.get("text") or "")
    if value.get("lat") is None:
        return words
    accuracy = value.get("accuracy")
    around = f" (±{accuracy:g}米)" if accuracy is not None else ""
    return f"{value['lat']:.6f}, {value['lon']:.6f}{around} {words}".strip()


def _from_values(value: Mapping[str, Any]) -> dict[str, Any] | None:
    words = str(value.get("text") or "").strip()
    if len(words) > MOST_WORDS or any(ord(sign) < 32 for sign in words):
        return None
    lat, lon = _number(value.get("lat")), _number(value.get("lon"))
    if lat is None and lon is None:
        return {"text": words} if words else None
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    found: dict[str, Any] = {"lat": round(lat, 6), "lon": round(lon, 6)}
    accuracy = _number(value.get("accuracy"))
    if accuracy is not None and 0 <= accuracy < 1e6:
        found["accuracy"] = round(accuracy)
    return {**found, "text": words} if words else found


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
