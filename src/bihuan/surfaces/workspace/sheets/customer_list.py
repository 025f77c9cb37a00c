"""What stands around the list of customers: pages that belong to it, and why customers left."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.urls import reverse

from bihuan.surfaces.workspace.desk import Desk

MOST_SHOWN: Final = 99


class _Place(NamedTuple):
    """A page beside the list; any of the verbs opens it, none means that everybody may."""

    route: str
    title: str
    sign: str
    verbs: tuple[str, ...] = ()


# In groups: one's own work, requests for files, quality of the data, choosing.
_PLACES: Final = (
    (
        _Place("customers-following", "该联系的客户", "calendar-heart"),
        _Place("customers-collecting", "待补资料", "forms"),
        _Place("customer-corrections", "资料修正", "pencil-check"),
    ),
    (
        _Place("customer-access", "调取", "signature"),
        _Place("customer-handovers", "划转", "transfer"),
    ),
    (
        _Place("segments", "分群", "filter", ("customer.segment",)),
        _Place(
            "customer-ratings", "评级", "stairs-up", ("customer.rate", "customer.approve_tiers")
        ),
    ),
    (
        _Place("customer-pairs", "疑似重复", "git-compare", ("customer.merge",)),
        _Place("customer-runs", "资料质量", "report-analytics", ("customer.merge",)),
        _Place("customer-imports", "导入客户", "database-import", ("customer.import",)),
    ),
)


def elsewhere(desk: Desk, waiting: Mapping[str, int]) -> dict[str, Any]:
    """Return the pages beside the list in groups, with what waits on each, and how much waits in all."""
    groups = [
        [_line(one, waiting) for one in group if not one.verbs or any(map(desk.may, one.verbs))]
        for group in _PLACES
    ]
    return {"groups": [group for group in groups if group], "waiting": _most(sum(waiting.values()))}


def _line(one: _Place, waiting: Mapping[str, int]) -> dict[str, str]:
    return {
        "title": one.title,
        "sign": one.sign,
        "address": reverse(one.route),
        "waiting": _most(waiting.get(one.route, 0)),
    }


def _most(count: int) -> str:
    return f"{MOST_SHOWN}+" if count > MOST_SHOWN else str(count or "")


def lost_lines(reasons: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return why customers left, each reason with its share."""
    whole = sum(count for _, count in reasons)
    return [
        {"title": title, "count": count, "share": round(count * 100 / whole)}
        for title, count in reasons
    ]
