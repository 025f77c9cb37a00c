"""What differs between two versions of a process, in words people read (requirement FLW-12)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from bihuan.engines.bpmn.findings import named
from bihuan.engines.bpmn.model import (
    Event,
    Flow,
    LimitGroup,
    MultiInstance,
    Node,
    Process,
    UnitRules,
)


class How(StrEnum):
    """What happened to an element from one version to the next."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Detail:
    """One attribute that changed: its Chinese name, the text before and after; "" is empty."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that differs; `element` is its id."""

    element: str
    title: str
    how: How
    details: tuple[Detail, ...] = ()


_LABELS: Mapping[str, str] = {
    "kind": "类型",
    "name": "名称",
    "scope": "所在子流程",
    "default": "默认连线",
    "verb": "动作",
    "params": "参数",
    "attached_to": "所在活动",
    "interrupting": "中断",
    "called_element": "调用的流程",
    "binding": "调用版本",
    "decision": "决策表",
    "post": "岗位",
    "operators": "只许这些人办",
    "assignee": "直接派给",
    "vote": "表决项",
    "form": "表单",
    "limit": "时限",
    "calendar": "工作日历",
    "warn_at": "预警",
    "enter_if": "进入条件",
    "submit_if": "传递条件",
    "return_to": "可退回到",
    "excludes": "不相容环节",
    "org_unit": "单位变量",
    "units": "环节",
    "priority": "优先级",
    "skip_on_overdue": "超期跳过",
    "charges": "收费项目",
    "sequential": "依次办理",
    "cardinality": "次数",
    "collection": "人员列表",
    "element_variable": "每人变量",
    "completion_condition": "完成条件",
    "timer": "定时",
    "expression": "时间",
    "code": "代码",
    "source": "起点",
    "target": "终点",
    "condition": "条件",
}
_APART = frozenset({"id", "incoming", "outgoing", "unit", "event", "multi"})


def differences(before: Process, after: Process) -> list[Difference]:
    """Return what was added, removed and changed, units first, then flows and limit groups.

    Where an element is drawn is no difference.
    """
    return [
        *_nodes(before, after),
        *_flows(before, after),
        *_groups(before, after),
        *_process(before, after),
    ]


def _process(before: Process, after: Process) -> Iterator[Difference]:
    if before.name != after.name:
        detail = Detail("名称", before.name, after.name)
        yield Difference(after.key, "流程", How.CHANGED, (detail,))


def _nodes(before: Process, after: Process) -> Iterator[Difference]:
    for id_, node in after.nodes.items():
        old = before.nodes.get(id_)
        if old is None:
            yield Difference(id_, named(node), How.ADDED)
        elif details := tuple(_changed(_node_values(old), _node_values(node))):
            yield Difference(id_, named(node), How.CHANGED, details)
    for id_, node in before.nodes.items():
        if id_ not in after.nodes:
            yield Difference(id_, named(node), How.REMOVED)


def _node_values(node: Node) -> dict[str, Any]:
    found = {name: value for name, value in _values(node).items() if name not in _APART}
    for part, empty in (
        (node.unit, UnitRules()),
        (node.event, Event()),
        (node.multi, MultiInstance()),
    ):
        values = _values(part or empty)
        values.pop("kind", None)
        found.update({name if name != "unit" else "org_unit": v for name, v in values.items()})
    return found


def _flows(before: Process, after: Process) -> Iterator[Difference]:
    for id_, flow in after.flows.items():
        old = before.flows.get(id_)
        title = _flow_title(after, flow)
        if old is None:
            yield Difference(id_, title, How.ADDED)
        elif details := tuple(_changed(_flow_values(before, old), _flow_values(after, flow))):
            yield Difference(id_, title, How.CHANGED, details)
    for id_, flow in before.flows.items():
        if id_ not in after.flows:
            yield Difference(id_, _flow_title(before, flow), How.REMOVED)


def _flow_title(process: Process, flow: Flow) -> str:
    source, target = process.nodes[flow.source], process.nodes[flow.target]
    return f"从{named(source)}到{named(target)}的连线"


def _flow_values(process: Process, flow: Flow) -> dict[str, Any]:
    ends = {"source": flow.source, "target": flow.target}
    return {
        **{side: named(process.nodes[end]) for side, end in ends.items()},
        "condition": flow.condition,
    }


def _groups(before: Process, after: Process) -> Iterator[Difference]:
    old = {group.id: group for group in before.limit_groups}
    new = {group.id: group for group in after.limit_groups}
    for id_, group in new.items():
        if id_ not in old:
            yield Difference(
                id_, _group_title(group), How.ADDED, tuple(_changed({}, _group(group, after)))
            )
        elif details := tuple(_changed(_group(old[id_], before), _group(group, after))):
            yield Difference(id_, _group_title(group), How.CHANGED, details)
    for id_, group in old.items():
        if id_ not in new:
            yield Difference(id_, _group_title(group), How.REMOVED)


def _group_title(group: LimitGroup) -> str:
    return f"合并时限「{group.name or group.id}」"


def _group(group: LimitGroup, process: Process) -> dict[str, Any]:
    names = [process.nodes[id_].name or id_ if id_ in process.nodes else id_ for id_ in group.units]
    return {**_values(group), "units": names, "id": ""}


def _values(one: Any) -> dict[str, Any]:
    return {field.name: getattr(one, field.name) for field in fields(one)}


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Detail]:
    for name, value in after.items():
        old = before.get(name, "")
        if old != value and (old or value):
            yield Detail(_LABELS.get(name, name), _text(old), _text(value))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(map(str, value))
    if isinstance(value, dict):
        return "，".join(f"{name}={text}" for name, text in value.items())
    return str(value)
