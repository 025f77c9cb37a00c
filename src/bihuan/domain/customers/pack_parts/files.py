"""`customers/customers.yaml`: what an industry keeps of its customers, and what should be known of each.

```yaml
title: 车队客户
fields:                            # beside the ones every file has
  - {key: fleet_size, title: 车队规模, applies: [ORGANISATION], type: number, unit: 辆}
first_call: {limit: 1wd, calendar: base.office}   # after a hand-over; this is also what holds without it
quiet_hours: {from: "21:00", until: "08:00"}      # nobody is contacted of our own accord then, beside their own hours
care_needs_consent: true           # follow-ups, first calls and surveys, too, only where the customer agreed; false if nothing is said
handovers:                         # selections offered when customers are handed over (CUS-16)
  - {code: fleets, title: 租赁三台车以上, where: [{field: fleet_size, least: 3}, {field: mode, is: 租赁}]}
  - {code: old, title: 老客户, months: 12}     # made a file at least so many months ago
portfolios: [key-accounts]         # org units in which a file is seen by its owner only (SEC-01), those below included
completeness:                      # weights of what should be known; a kind left out keeps the product's own
  ORGANISATION: {phone: 30, identifier: 30, fleet_size: 40}
```

`type` is `text` (if nothing is said), `number`, `money` or `day` (2026-03-01): what tiers and segments may do with
a field depends on it. `completeness` takes `phone identifier address email wechat account gender birth_date industry occupation` and the
pack's own fields.
"""

from datetime import datetime
from typing import Any

from bihuan.domain.customers.choices import CustomerKind
from bihuan.domain.customers.queries.profile_rules import KIND, TITLES
from bihuan.domain.org.pack_parts.organisation import unit_codes
from bihuan.domain.packs.ports import PublishedDefinition
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.shape import Shape
from bihuan.engines.packs.source import PackFile, PackSource
from bihuan.engines.worktime import LimitUnreadable, parse_limit

TYPES = ("text", "number", "money", "day")


class CustomerFilePart:
    """The pack's own fields of customers and their weights; see the module for the format."""

    kind, folder, suffixes = KIND, "customers", (".yaml",)

    def check(self, file: PackFile, pack: PackSource) -> list[Problem]:
        """Return what is wrong: keys, kinds, weights of fields nobody has."""
        top = Shape(file)
        top.text("title", example="车队客户")
        kinds = [kind.value for kind in CustomerKind]
        keys = set(TITLES)
        for field in top.children("fields", required=False):
            keys.add(field.text("key", like=r"[a-z][a-z0-9_]{0,31}", example="fleet_size"))
            field.text("title", example="车队规模")
            field.word("type", TYPES, "text")
            field.text("unit", "")
            for kind in field.texts("applies", ()):
                if kind not in kinds:
                    field.report(("applies",), f"没有“{kind}”这类客户", suggest(kind, kinds))
        _check_first_call(top)
        _check_quiet_hours(top)
        top.flag("care_needs_consent")
        _check_handovers(top, keys)
        _check_portfolios(top, pack)
        weights = top.child("completeness", required=False)
        for kind in weights.keys() if weights else ():
            if weights and kind not in kinds:
                weights.report((kind,), f"没有“{kind}”这类客户", suggest(kind, kinds))
            elif weights and (one := weights.child(kind)):
                _check_weights(one, keys)
        return top.done()

    def compile(self, file: PackFile, pack: PackSource) -> dict[str, Any]:
        """Return fields and weights as written."""
        return {
            "title": file.data["title"],
            "fields": file.data.get("fields", []),
            "completeness": file.data.get("completeness", {}),
            "first_call": file.data.get("first_call"),
            "quiet_hours": file.data.get("quiet_hours"),
            "care_needs_consent": file.data.get("care_needs_consent", False),
            "handovers": file.data.get("handovers", []),
            "bound_units": file.data.get("portfolios", []),
        }

    def apply(self, definition: PublishedDefinition, *, at: datetime) -> None:
        """Nothing to fill: files are measured by the definition in force."""


def _check_portfolios(top: Shape, pack: PackSource) -> None:
    known = list(unit_codes(pack))
    for index, code in enumerate(top.texts("portfolios", ())):
        if code not in known:
            top.report(("portfolios", index), f"没有机构“{code}”", suggest(code, known))


def _check_handovers(top: Shape, keys: set[str]) -> None:
    for one in top.children("handovers", required=False):
        _check_selection(one, keys)


def _check_selection(one: Shape, keys: set[str]) -> None:
    one.text("code", like=r"[a-z][a-z0-9_-]{0,31}", example="old")
    one.text("title", example="老客户")
    one.number("months", 0, least=0, most=600)
    for part in one.children("where", required=False):
        field = part.text("field", example="fleet_size")
        part.number("least", 0)
        part.text("is", "")
        if field not in keys:
            part.report(("field",), f"没有“{field}”这一项", suggest(field, sorted(keys)))
        part.done()
    one.done()


def _check_first_call(top: Shape) -> None:
    call = top.child("first_call", required=False)
    if call is None:
        return
    call.text("calendar", example="base.office")
    limit = call.text("limit", example="1wd")
    call.done()
    try:
        parse_limit(limit)
    except LimitUnreadable:
        call.report(("limit",), f"时限“{limit}”读不懂", "写成 1wd、4h 或 30m")


def _check_quiet_hours(top: Shape) -> None:
    hours = top.child("quiet_hours", required=False)
    if hours is None:
        return
    ends = [
        hours.text(end, like=r"([01][0-9]|2[0-3]):[0-5][0-9]", example='"21:00"')
        for end in ("from", "until")
    ]
    if ends[0] and ends[0] == ends[1]:
        hours.report(("until",), "起止时间相同，一分钟也没有", "写成两个不同的时刻，或去掉这一项")
    hours.done()


def _check_weights(weights: Shape, keys: set[str]) -> None:
    for key in weights.keys():  # noqa: SIM118 -- a Shape is no mapping
        weights.number(key, least=1, most=100)
        if key not in keys:
            weights.report((key,), f"没有“{key}”这一项", suggest(key, sorted(keys)))
