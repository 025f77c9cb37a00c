"""Whose files somebody sees, as part of a statement over customers."""

from collections.abc import Mapping
from typing import Any

from bihuan.domain.org.ports import Access


def seen_by(access: Access) -> tuple[str, Mapping[str, Any]]:
    """Return a condition on `c`, a customer's row, and the parameters it names."""
    scope = access.scope("customer.view")
    if scope.everywhere:
        return "true", {}
    return "c.unit_id = any(%(seen_units)s)", {"seen_units": list(scope.unit_ids)}
