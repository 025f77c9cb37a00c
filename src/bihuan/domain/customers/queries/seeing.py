"""Whose files somebody sees, as part of a statement over customers."""

from collections.abc import Mapping
from typing import Any

from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.org.ports import Access


def seen_by(access: Access) -> tuple[str, Mapping[str, Any]]:
    """Return a condition on `c`, a customer's row, and the parameters it names."""
    return reach_of(access).sql("c")
