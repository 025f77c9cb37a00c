"""Free text as a reader may see it: people write numbers everywhere (SEC-08)."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from bihuan.kit.masking import mask_text

T = TypeVar("T")


def masked(row: T, *, open_: bool = False) -> T:
    """Return a row with the numbers in its texts masked; as it is for who may see them."""
    if open_ or not is_dataclass(row) or isinstance(row, type):
        return row
    texts = {one.name: getattr(row, one.name) for one in fields(row)}
    return replace(
        row, **{name: mask_text(said) for name, said in texts.items() if isinstance(said, str)}
    )


def masked_values(row: Mapping[str, Any], *, open_: bool = False) -> dict[str, Any]:
    """Return a mapping with the numbers in its texts masked; as it is for who may see them."""
    if open_:
        return dict(row)
    return {name: mask_text(said) if isinstance(said, str) else said for name, said in row.items()}
