"""What cases tell of customers' behaviour: read by schemes and segments (SEG-03, SEG-08).

Each is a select of (customer_id, value) over cases that still stand for themselves; `at` is the moment of asking.
"""

from typing import Final

from bihuan.domain.customers.ports import MONEY, NUMBER, Reading

_YEAR: Final = "opened_at > %(at)s - interval '1 year' and opened_at <= %(at)s"
_FROM: Final = "from cases_case where customer_id is not null and merged_into_id is null and opened_at <= %(at)s"


def _select(value: str, where: str = "true") -> str:
    return f"select customer_id, {value} as value {_FROM} and {where} group by 1"


READINGS: Final = (
    Reading("cases_total", "工单数", NUMBER, "件", _select("count(*)")),
    Reading("cases_12m", "近一年工单数", NUMBER, "件", _select("count(*)", _YEAR)),
    Reading(
        "complaints_12m",
        "近一年投诉数",
        NUMBER,
        "件",
        _select("count(*)", f"was_complaint and {_YEAR}"),
    ),
    Reading(
        "cases_open",
        "在办工单数",
        NUMBER,
        "件",
        _select("count(*)", "(closed_at is null or closed_at > %(at)s)"),
    ),
    Reading(
        "cases_late",
        "超期未结工单数",
        NUMBER,
        "件",
        _select("count(*)", "(closed_at is null or closed_at > %(at)s) and promised_at < %(at)s"),
    ),
    Reading("rework_12m", "近一年返工次数", NUMBER, "次", _select("sum(rework_count)", _YEAR)),
    Reading("urges_12m", "近一年催办次数", NUMBER, "次", _select("sum(urge_count)", _YEAR)),
    Reading(
        "days_since_case",
        "距上次工单天数",
        NUMBER,
        "天",
        _select("extract(day from %(at)s - max(opened_at))"),
        empty=None,
    ),
    Reading(
        "charges_12m",
        "近一年收费净额",
        MONEY,
        "元",
        "select c.customer_id, sum(g.amount - coalesce(f.amount, 0)) as value from billing_charge g"
        " join cases_case c on g.root = 'case:' || c.id left join billing_refund f on f.charge_id = g.id"
        " where c.customer_id is not null and g.currency = 'CNY' and g.at <= %(at)s"
        " and g.at > %(at)s - interval '1 year' group by 1",
    ),
)
