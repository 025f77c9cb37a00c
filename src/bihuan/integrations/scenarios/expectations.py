"""Compare what a scenario expects with what is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from bihuan.domain.billing import queries as billing
from bihuan.domain.cases.models import Case, SupervisionOrder
from bihuan.domain.clocks.models import Clock
from bihuan.domain.escalations.models import Escalation
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org import queries as org
from bihuan.domain.processes import queries as processes
from bihuan.domain.processes.models import ProcessInstance, Urge
from bihuan.integrations.scenarios.stage import Stage, person

_MOST_FACTS = 1000
_COUNTS = {"rework": "rework_count", "reopened": "reopen_count"}


def surprises(expected: dict[str, Any], stage: Stage) -> list[str]:
    """Return one sentence for everything that is not as expected."""
    return [
        message
        for key, wanted in expected.items()
        for message in _CHECKS[key](wanted, stage)
        if message
    ]


def _differs(what: str, wanted: object, found: object) -> str:
    return "" if wanted == found else f"{what} 应是 {wanted}，实际是 {found}"


def _open(wanted: list[str], stage: Stage) -> Iterator[str]:
    yield _differs("打开的环节", sorted(wanted), stage.open_units())


def _not_open(unwanted: list[str], stage: Stage) -> Iterator[str]:
    for node in set(unwanted).intersection(stage.open_units()):
        yield f"环节 {node} 不应打开"


def _due(wanted: dict[str, str], stage: Stage) -> Iterator[str]:
    for name, due in wanted.items():
        clock = _clock_of(name, stage)
        found = _written(clock.due_at, stage) if clock else "没有计时"
        yield _differs(f"{name} 的到期时间", due, found)


def _clock(wanted: dict[str, str], stage: Stage) -> Iterator[str]:
    for name, state in wanted.items():
        clock = _clock_of(name, stage)
        yield _differs(f"{name} 的计时", state, clock.state if clock else "没有计时")


def _owner(wanted: dict[str, str], stage: Stage) -> Iterator[str]:
    for node, name in wanted.items():
        unit = stage.latest(node)
        assignee = unit.assignee_id if unit else None
        found = org.names_of([assignee]).get(assignee, "") if assignee else "无人"
        yield _differs(f"{node} 的经办人", name, found)


def _copied(wanted: dict[str, list[str]], stage: Stage) -> Iterator[str]:
    for name, nodes in wanted.items():
        page = processes.copies_for(org.access_of(person(name), stage.at))
        found = [row.node for row in page.rows if row.root == stage.ref]
        yield _differs(f"抄送{name}的环节", nodes, found)


def _urged(wanted: dict[str, int], stage: Stage) -> Iterator[str]:
    for node, count in wanted.items():
        unit = stage.latest(node)
        found = Urge.objects.filter(token_id=unit.pk).count() if unit else 0
        yield _differs(f"{node} 的催办次数", count, found)


def _charges(wanted: dict[str, str], stage: Stage) -> Iterator[str]:
    for code, amount in wanted.items():
        found = [
            row.price.amount
            for row in billing.charges_of(stage.ref)
            if row.key.endswith(f".{code}") and row.refunded_at is None
        ]
        yield _differs(f"{code} 的收费", amount, f"{sum(found, Decimal()):.2f}")


def _case(wanted: dict[str, Any], stage: Stage) -> Iterator[str]:
    case = Case.objects.get(pk=stage.case.id)
    for key, value in wanted.items():
        yield _differs(f"工单的 {key}", value, getattr(case, _COUNTS.get(key, key)))


def _state(wanted: str, stage: Stage) -> Iterator[str]:
    instance = ProcessInstance.objects.get(pk=stage.case.instance_id)
    yield _differs("流程状态", wanted, str(instance.state))


def _facts(wanted: list[str], stage: Stage) -> Iterator[str]:
    for name in sorted(set(wanted) - _names(stage)):
        yield f"留痕里没有 {name}"


def _facts_absent(unwanted: list[str], stage: Stage) -> Iterator[str]:
    for name in sorted(set(unwanted) & _names(stage)):
        yield f"留痕里不应有 {name}"


def _names(stage: Stage) -> set[str]:
    return {fact.name for fact in ledger.facts_of(stage.ref, size=_MOST_FACTS).rows}


def _clock_of(name: str, stage: Stage) -> Clock | None:
    if name.startswith("group:"):
        group = name.removeprefix("group:")
        owner = f"group:{stage.case.instance_id}:{group}"
    else:
        unit = stage.latest(name)
        owner = f"unit:{unit.pk}" if unit else ""
    return Clock.objects.filter(owner=owner).order_by("-id").first()


def _written(at: datetime | None, stage: Stage) -> str:
    return f"{at.astimezone(stage.at.tzinfo):%Y-%m-%d %H:%M}" if at else "停表"


def _level(wanted: int, stage: Stage) -> Iterator[str]:
    yield _differs("级别", wanted, Case.objects.get(pk=stage.case.id).level)


def _escalated(wanted: list[str], stage: Stage) -> Iterator[str]:
    fired = Escalation.objects.filter(subject=stage.ref).order_by("at", "id")
    yield _differs("升级的步骤", wanted, [one.step for one in fired])


def _told(wanted: dict[str, int], stage: Stage) -> Iterator[str]:
    for name, count in wanted.items():
        found = Notice.objects.filter(staff_id=person(name), root=stage.ref).count()
        yield _differs(f"{name}收到的通知", count, found)


def _orders(wanted: dict[str, str], stage: Stage) -> Iterator[str]:
    for name, state in wanted.items():
        orders = SupervisionOrder.objects.filter(case_id=stage.case.id, addressee_id=person(name))
        found = orders.order_by("-id").values_list("state", flat=True).first()
        yield _differs(f"{name}的督办单", state, found)


_CHECKS: dict[str, Callable[[Any, Stage], Iterator[str]]] = {
    "open": _open,
    "not_open": _not_open,
    "due": _due,
    "clock": _clock,
    "owner": _owner,
    "case": _case,
    "state": _state,
    "facts": _facts,
    "facts_absent": _facts_absent,
    "copied": _copied,
    "urged": _urged,
    "level": _level,
    "escalated": _escalated,
    "told": _told,
    "orders": _orders,
    "charges": _charges,
}
