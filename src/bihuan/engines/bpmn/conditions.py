"""Checks of everything written as text in a process: conditions, limits, timers, counts."""

import re
from datetime import datetime, timedelta
from typing import Final

from bihuan.engines import expressions, worktime
from bihuan.engines.bpmn import run_timers
from bihuan.engines.bpmn.findings import Findings, named
from bihuan.engines.bpmn.model import LOW_PRIORITY, EventKind, Node, NodeKind
from bihuan.engines.bpmn.run_multi import MOST_INSTANCES

_SPLITS = frozenset({NodeKind.EXCLUSIVE_GATEWAY, NodeKind.INCLUSIVE_GATEWAY})
_UNCONDITIONAL = frozenset({NodeKind.PARALLEL_GATEWAY, NodeKind.EVENT_BASED_GATEWAY})
_VOTE = re.compile(r"[A-Za-z_]\w*=\S+")
SHORTEST_INTERVAL: Final = timedelta(minutes=1)


def check(findings: Findings) -> set[str]:
    """Report every text that cannot be read; return the variables the readable ones use."""
    used: set[str] = set()
    for node in findings.process.nodes.values():
        _check_flows(findings, node, used)
        _check_timer(findings, node, used)
        _check_multi(findings, node, used)
        _check_unit(findings, node, used)
    for group in findings.process.limit_groups:
        where = f"合并时限“{group.name or group.id}”"
        _check_limit(findings, group.id, where, group.limit, used)
        _check_warnings(findings, group.id, where, group.warn_at)
    return used


def condition(findings: Findings, element: str, where: str, text: str, used: set[str]) -> None:
    """Report a condition that does not compile; note the variables of one that does."""
    if not text:
        return
    try:
        used |= expressions.compile_condition(text).names
    except expressions.NotAnExpression as wrong:
        findings.error(element, f"{where}：{wrong}", "请写成例如 ${level == 1 and urgent}")


def _value(findings: Findings, element: str, where: str, text: str, used: set[str]) -> None:
    try:
        used |= expressions.compile(text).names
    except expressions.NotAnExpression as wrong:
        findings.error(element, f"{where}：{wrong}", "请写成例如 ${callAfter}")


# -------------------------------------------------------------------- flows


def _check_flows(findings: Findings, node: Node, used: set[str]) -> None:
    flows = [findings.process.flows[id_] for id_ in node.outgoing]
    for flow in flows:
        condition(findings, flow.id, f"{findings.flow(flow.id)}的条件", flow.condition, used)
        if flow.condition and (node.kind in _UNCONDITIONAL or flow.id == node.default):
            findings.warn(
                flow.id, f"{findings.flow(flow.id)}的条件不起作用", "删去条件，或改用排他网关"
            )
    conditional = [flow for flow in flows if flow.condition and flow.id != node.default]
    free = [flow for flow in flows if not flow.condition and flow.id != node.default]
    if conditional and not free and not node.default and node.kind not in _UNCONDITIONAL:
        findings.warn(
            node.id,
            f"{named(node)}没有默认出线，条件都不成立时办理会被拒绝",
            "把一条出线设为默认，除非已经想清楚",
        )
    if node.kind is NodeKind.EXCLUSIVE_GATEWAY and len(flows) > 1 and free:
        _check_first_wins(findings, node, free[0].id)


def _check_first_wins(findings: Findings, node: Node, free: str) -> None:
    rest = [id_ for id_ in node.outgoing[node.outgoing.index(free) + 1 :] if id_ != node.default]
    if rest or node.default:
        findings.error(
            free,
            f"{findings.flow(free)}没有条件，总会被选中，其后的出线永远走不到",
            "给它写上条件，或把它设为默认出线",
        )
    else:
        findings.warn(free, f"{findings.flow(free)}没有条件，实际上是默认出线", "把它设为默认出线")


# -------------------------------------------------------------------- timers and loops


def _check_timer(findings: Findings, node: Node, used: set[str]) -> None:
    if node.event.kind is not EventKind.TIMER:
        return
    text = node.event.expression
    if not text:
        findings.error(node.id, f"{named(node)}没有写时间", "写上例如 PT2H")
    elif expressions.is_wrapped(text):
        _value(findings, node.id, f"{named(node)}的时间", text, used)
    elif not _is_time(node.event.timer, text):
        findings.error(
            node.id,
            f"{named(node)}的时间“{text}”写法不对",
            "时长写 PT2H、P7D，最长一百年；周期写 R3/PT1H，间隔不能是零；时刻写 2026-01-31T09:00:00+08:00",
        )
    else:
        _check_interval(findings, node)


def _is_time(timer: str, text: str) -> bool:
    try:
        if timer == "date":
            return datetime.fromisoformat(text).tzinfo is not None
        if timer == "cycle":
            cycle = run_timers.CYCLE.fullmatch(text)
            return bool(cycle and run_timers.duration(cycle["every"]))
        run_timers.duration(text)
    except (run_timers.BadTimer, ValueError):
        return False
    return True


def _check_interval(findings: Findings, node: Node) -> None:
    cycle = run_timers.CYCLE.fullmatch(node.event.expression)
    if cycle and run_timers.duration(cycle["every"]) < SHORTEST_INTERVAL:
        findings.error(node.id, f"{named(node)}的间隔不到一分钟", "把周期改长，如 R3/PT1H")


def _is_few(digits: str) -> bool:
    return len(digits) < 9 and int(digits) <= MOST_INSTANCES


def _check_multi(findings: Findings, node: Node, used: set[str]) -> None:
    multi = node.multi
    if multi is None:
        return
    where = f"{named(node)}的"
    if multi.cardinality.isdecimal() and not _is_few(multi.cardinality):
        findings.error(node.id, f"{named(node)}的次数太大，最多 {MOST_INSTANCES}", "改小次数")
    elif multi.cardinality:
        _value(findings, node.id, f"{where}次数", multi.cardinality, used)
    elif multi.collection:
        _value(findings, node.id, f"{where}人员列表", multi.collection, used)
    else:
        findings.error(
            node.id, f"{named(node)}没有说明要办几次", "写 loopCardinality，或 bh:collection"
        )
    condition(findings, node.id, f"{where}完成条件", multi.completion_condition, set())


# -------------------------------------------------------------------- units


def _check_unit(findings: Findings, node: Node, used: set[str]) -> None:
    unit = node.unit
    if unit is None:
        return
    where = named(node)
    condition(findings, node.id, f"{where}的进入条件", unit.enter_if, used)
    condition(findings, node.id, f"{where}的传递条件", unit.submit_if, set())
    if unit.limit:
        _check_limit(findings, node.id, where, unit.limit, used)
    elif unit.warn_at:
        findings.warn(node.id, f"{where}有预警却没有时限", "写上 bh:limit，或删去 bh:warnAt")
    elif not any(node.id in group.units for group in findings.process.limit_groups):
        findings.warn(node.id, f"{where}没有处理时限", "写上 bh:limit，如 2h 或 1wd")
    _check_warnings(findings, node.id, where, unit.warn_at)
    _check_operations(findings, node, where)


def _check_operations(findings: Findings, node: Node, where: str) -> None:
    unit = node.unit
    if unit is None:
        return
    if unit.skip_on_overdue and not (unit.is_skippable and unit.limit):
        remedy = f"写上 bh:limit，并把 bh:priority 写成 LOW 或不超过 {LOW_PRIORITY} 的正整数"
        findings.warn(node.id, f"{where}写了超期跳过，却没有时限或优先级不低，不会跳过", remedy)
    if unit.vote and (node.multi is None or not _VOTE.fullmatch(unit.vote)):
        remedy = "在会签环节上写表单字段和同意的取值，如 opinion=agree"
        findings.error(node.id, f"{where}的表决项“{unit.vote}”写法不对", remedy)


def _check_limit(findings: Findings, element: str, where: str, limit: str, used: set[str]) -> None:
    if expressions.is_wrapped(limit):
        _value(findings, element, f"{where}的时限", limit, used)
        return
    try:
        worktime.parse_limit(limit)
    except worktime.LimitUnreadable:
        findings.error(
            element,
            f"{where}的时限“{limit}”写法不对",
            "工作时间写 30m、2h、1wd、1wd4h，自然时间写 PT2H、P7D",
        )


def _check_warnings(
    findings: Findings, element: str, where: str, warnings: tuple[str, ...]
) -> None:
    for warning in warnings:
        try:
            worktime.parse_warn(warning)
        except worktime.LimitUnreadable:
            findings.error(
                element,
                f"{where}的预警“{warning}”写法不对",
                "写已用比例 80%，或剩余时间 30m、1wd",
            )
