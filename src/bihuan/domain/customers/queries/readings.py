"""What customers can be judged and chosen by: their own columns, soft and pack fields, and behaviour.

A statement over many customers joins each reading it uses once. Everything spliced into it is ours; whatever a
pack or a person wrote is a parameter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bihuan.domain.customers.choices import CustomerKind, LifeState, LostReason, Tier
from bihuan.domain.customers.ports import (
    CHOICE,
    DAY,
    MONEY,
    NUMBER,
    READINGS,
    TEXT,
    Reading,
)
from bihuan.domain.customers.queries.details import SOFT
from bihuan.domain.customers.queries.profile_rules import TITLES, own_fields
from bihuan.domain.customers.queries.schemes import schemes

FIELD: Final = "field."
TIER: Final = "tier."
# Marks the reading of a tier; its scheme is `name`.
HELD: Final = "held"
_HAS: Final = (
    "exists (select from customers_contactpoint p where p.customer_id = c.id and p.kind = '{kind}'"
    " and p.consent <> 'REFUSED')"
)
_YES: Final = (("true", "有"), ("false", "没有"))
_SOFT: Final = tuple((key, TITLES[key], type_) for key, (type_, _) in SOFT.items())
_OWN: Final = (
    Reading("kind", "类别", CHOICE, column="c.kind", choices=tuple(CustomerKind.choices)),
    Reading("service", "服务等级", CHOICE, column="c.tier", choices=tuple(Tier.choices)),
    Reading("state", "状态", CHOICE, column="c.state", choices=tuple(LifeState.choices)),
    Reading(
        "lost_reason", "流失原因", CHOICE, column="c.lost_reason", choices=tuple(LostReason.choices)
    ),
    Reading("name", "名称", TEXT, column="c.name_norm"),
    Reading("created", "建档日期", DAY, column="(c.created_at at time zone %(zone)s)::date::text"),
    Reading("age_days", "建档天数", NUMBER, "天", column="extract(day from %(at)s - c.created_at)"),
    Reading("completeness", "档案完整度", NUMBER, "%", column="c.completeness"),
    Reading("has_phone", "电话", CHOICE, column=_HAS.format(kind="PHONE"), choices=_YES),
    Reading("has_email", "邮箱", CHOICE, column=_HAS.format(kind="EMAIL"), choices=_YES),
    Reading(
        "accounts",
        "户号数",
        NUMBER,
        "个",
        "select customer_id, count(*) as value from customers_account group by 1",
    ),
    Reading(
        "contract_amount",
        "在期合同金额",
        MONEY,
        "元",
        "select customer_id, sum(amount) as value from customers_contract where starts_date <= %(day)s"
        " and (ends_date is null or ends_date >= %(day)s) and currency = 'CNY' group by 1",
    ),
    Reading(
        "contract_days_left",
        "合同剩余天数",
        NUMBER,
        "天",
        "select customer_id, min(ends_date - %(day)s::date) as value from customers_contract"
        " where ends_date >= %(day)s group by 1",
        empty=None,
    ),
)


@dataclass(slots=True)
class Statement:
    """A statement over customers in the making: its joins and parameters, each reading joined once."""

    params: dict[str, Any]
    joins: list[str] = field(default_factory=list)
    _spoken: dict[str, str] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """Return the placeholder of a value."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def value(self, reading: Reading) -> str:
        """Return the expression of a reading, null where nothing is known."""
        if reading.key not in self._spoken:
            self._spoken[reading.key] = self._expression(reading)
        return self._spoken[reading.key]

    def _expression(self, reading: Reading) -> str:
        if reading.sql or reading.column == HELD:
            return self._joined(reading)
        return self._attribute(reading) if reading.name else reading.column

    def _joined(self, reading: Reading) -> str:
        name = f"r{len(self.joins)}"
        if reading.column == HELD:
            scheme = self.bind(reading.name)
            on = f"{name}.customer_id = c.id and {name}.scheme = {scheme}"
            self.joins.append(f"left join customers_heldtier {name} on {on}")
            return f"{name}.tier"
        self.joins.append(f"left join ({reading.sql}) {name} on {name}.customer_id = c.id")
        value = f"{name}.value"
        return value if reading.empty is None else f"coalesce({value}, {int(reading.empty)})"

    def _attribute(self, reading: Reading) -> str:
        text = f"(c.attributes ->> {self.bind(reading.name)})"
        if reading.type in {NUMBER, MONEY}:
            return f"customers_number({text})"
        if reading.type == DAY:
            return f"substring({text} from '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$')"
        return f"nullif({text}, '')"


def catalogue() -> dict[str, Reading]:
    """Return every reading by key: our own, soft fields, fields of installed packs, behaviour."""
    found = {one.key: one for one in _OWN}
    found |= {
        f"{FIELD}{key}": Reading(f"{FIELD}{key}", title, type_, name=key)
        for key, title, type_ in _SOFT
    }
    found |= {
        f"{FIELD}{one.key}": Reading(
            f"{FIELD}{one.key}", one.title, one.type, one.unit, name=one.key
        )
        for one in own_fields()
    }
    for one in schemes():
        key, scheme = f"{TIER}{one.scheme.code}", one.scheme
        choices = (("", "未评级"), *((tier.code, tier.title) for tier in scheme.tiers))
        found[key] = Reading(
            key, scheme.title, CHOICE, column=HELD, name=scheme.code, choices=choices
        )
    return found | dict(READINGS.items())


def known_keys() -> dict[str, str]:
    """Return the type of every reading that needs no pack: what a pack's scheme may read beside its own fields."""
    own = {one.key: one.type for one in (*_OWN, *READINGS.values())}
    return own | {f"{FIELD}{key}": type_ for key, _title, type_ in _SOFT}


def titles(keys: Iterable[str]) -> Mapping[str, str]:
    """Return how readings are called."""
    found = catalogue()
    return {key: found[key].title if key in found else key for key in keys}


def wanted(keys: Sequence[str]) -> list[Reading]:
    """Return readings by key; a field whose pack is gone is known of nobody."""
    found = catalogue()
    return [found.get(key) or Reading(key, key, NUMBER, column="null::numeric") for key in keys]
