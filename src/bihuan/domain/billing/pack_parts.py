"""`prices/*.yaml`: what is charged for, where and when.

```yaml
title: 上门服务收费
items:
  - code: onsite_fee
    name: 上门服务费
    refundable: true
    prices:
      - {amount: "30.00", from: 2026-01-01, until: 2026-07-01}
      - {amount: "20.00", from: 2026-01-01, region: east}
```

Days begin at midnight of the product's time zone. `region` is the code of an org unit; the price counts there and
below, and goes before one that counts in a wider region.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.billing import actions
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.kit.money import Money

_BY = Actor("system:packs")
_CODE = r"[a-z][a-z0-9_]{0,62}"
_AMOUNT = r"\d{1,9}(\.\d{1,2})?"
_DAY = r"\d{4}-\d\d-\d\d"
_FAR = "9999-12-31"


class PricePart:
    """Items that units charge for, with their prices; see the module for the format."""

    kind, folder, suffixes = "price", "prices", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: codes, amounts, days, regions, prices that overlap."""
        top = Shape(file)
        top.text("title", example="上门服务收费")
        regions = sorted(_regions(pack))
        for item in top.children("items"):
            _check_item(item, regions)
        found = top.done()
        return found or list(_overlaps(file))

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return the items with their keys written in full."""
        items = [
            {
                "key": f"{pack.key}.{item['code']}",
                "name": item["name"],
                "refundable": bool(item.get("refundable", False)),
                "prices": [
                    {
                        "amount": str(price["amount"]),
                        "currency": price.get("currency", "CNY"),
                        "from": str(price["from"]),
                        "until": str(price.get("until") or ""),
                        "region": price.get("region", ""),
                    }
                    for price in item["prices"]
                ],
            }
            for item in file.data["items"]
        ]
        return {"title": file.data["title"], "items": items}

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Put the prices in force; what was charged stays."""
        items = [
            actions.ItemTerms(
                item["key"], item["name"], item["refundable"], [_terms(p) for p in item["prices"]]
            )
            for item in definition.compiled["items"]
        ]
        actions.put_prices(items, by=_BY, at=at)


def _check_item(item: Shape, regions: list[str]) -> None:
    item.text("code", like=_CODE, example="onsite_fee")
    item.text("name", example="上门服务费")
    item.anything("refundable")
    for price in item.children("prices"):
        price.text("amount", like=_AMOUNT, example='"30.00"')
        price.text("currency", "", like=r"[A-Z]{3}", example="CNY")
        price.text("from", like=_DAY, example="2026-01-01")
        price.text("until", "", like=_DAY, example="2026-07-01")
        region = price.text("region", "")
        if region and region not in regions:
            price.report(("region",), f"没有机构“{region}”", suggest(region, regions))
        price.done()
    item.done()


def _overlaps(file: PackFile) -> Iterator[Problem]:
    for number, item in enumerate(file.data["items"]):
        seen: list[tuple[str, str, str]] = []
        for place, price in enumerate(item["prices"]):
            region, until = str(price.get("region", "")), str(price.get("until") or _FAR)
            since = str(price["from"])
            if until <= since or any(
                region == other and since < end and begin < until for other, begin, end in seen
            ):
                path = ("items", number, "prices", place)
                remedy = "请让每个地区在同一时间只有一个价格，且截止晚于开始"
                yield file.problem(path, "价格的时间段有重叠或颠倒", remedy)
            seen.append((region, since, until))


def _regions(pack: PackSource) -> Iterator[str]:
    waiting = [
        unit for _, file in pack.known("org") for unit in (file.data or {}).get("units") or []
    ]
    while waiting:
        unit = waiting.pop()
        yield str(unit.get("code"))
        waiting.extend(unit.get("children") or [])


def _terms(price: dict[str, str]) -> actions.PriceTerms:
    return actions.PriceTerms(
        price=Money.of(price["amount"], price["currency"]),
        valid_from=_midnight(price["from"]),
        valid_until=_midnight(price["until"]) if price["until"] else None,
        region_id=org.unit_by_code(price["region"]).id if price["region"] else None,
    )


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), ZoneInfo(settings.TIME_ZONE))
