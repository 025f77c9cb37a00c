"""Everything that must be right before a process is published, and what is worth a look."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bihuan.engines import expressions
from bihuan.engines.bpmn import conditions, rest, structure
from bihuan.engines.bpmn.document import Problem
from bihuan.engines.bpmn.findings import Findings, named, nearest
from bihuan.engines.bpmn.model import Node, NodeKind, Process

RETURN_WORDS = frozenset({"previous", "initiator", "any"})
NO_LINES: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """The names a process may use. None means: not known here, do not check."""

    posts: frozenset[str] | None = None
    forms: frozenset[str] | None = None
    verbs: frozenset[str] | None = None
    calendars: frozenset[str] | None = None
    decisions: frozenset[str] | None = None
    processes: frozenset[str] | None = None
    variables: frozenset[str] | None = None
    calls: Mapping[str, frozenset[str]] | None = None
    """By process: which processes it calls."""
    charges: frozenset[str] | None = None


def publish_problems(
    process: Process, known: Known, lines: Mapping[str, int] = NO_LINES
) -> list[Problem]:
    """Return errors, which forbid publication, and warnings; both in the order of the drawing.

    `lines` are the source lines by element id, as in `Document.lines`.
    """
    findings = Findings(process, lines)
    if not process.nodes:
        findings.error(
            process.key, f"流程“{process.name or process.key}”是空的", "画上开始事件、环节和结束"
        )
        return findings.problems
    graph = structure.Graph(process)
    structure.check(findings, graph)
    rest.check(findings, graph, known.calls or {})
    used = conditions.check(findings)
    for node in process.nodes.values():
        _check_names(findings, node, known)
        _check_units_named(findings, graph, node)
    _check_groups(findings, known)
    _check_variables(findings, known, used)
    return sorted(findings.problems, key=lambda problem: (problem.line, problem.severity))


def _check_names(findings: Findings, node: Node, known: Known) -> None:
    unit = node.unit
    if unit is not None:
        if not unit.post and not unit.operators and not unit.assignee:
            findings.error(node.id, f"{named(node)}没有岗位，没有人能办理", "写上 bh:post")
        _check_name(findings, node, known.posts, "岗位", unit.post)
        _check_name(findings, node, known.forms, "表单", unit.form)
        _check_name(findings, node, known.calendars, "工作日历", unit.calendar)
        for item in unit.charge_items:
            _check_name(findings, node, known.charges, "收费项目", item)
    _check_name(findings, node, known.verbs, "动作", node.verb)
    _check_name(findings, node, known.decisions, "决策表", node.decision)
    if node.kind is NodeKind.CALL_ACTIVITY:
        if not node.called_element:
            findings.error(node.id, f"{named(node)}没有写调用哪个流程", "写上 calledElement")
        _check_name(findings, node, known.processes, "流程", node.called_element)


def _check_name(
    findings: Findings, node: Node, names: frozenset[str] | None, kind: str, name: str
) -> None:
    if name and names is not None and name not in names and not expressions.is_wrapped(name):
        findings.error(node.id, f"{named(node)}用的{kind}“{name}”不存在", nearest(name, names))


# -------------------------------------------------------------------- units naming units


def _check_units_named(findings: Findings, graph: structure.Graph, node: Node) -> None:
    if node.unit is None:
        return
    for id_ in node.unit.excludes:
        if id_ == node.id:
            findings.error(
                node.id, f"{named(node)}把自己列为不相容环节", "bh:excludes 写别的环节的 id"
            )
        else:
            _check_unit_id(findings, node.id, f"{named(node)}的不相容环节", id_)
    for id_ in node.unit.return_to:
        if id_ not in RETURN_WORDS and _check_unit_id(
            findings, node.id, f"{named(node)}的退回目标", id_
        ):
            _check_earlier(findings, graph, node, id_)


def _check_unit_id(findings: Findings, element: str, where: str, id_: str) -> bool:
    if id_ not in findings.units:
        findings.error(element, f"{where}“{id_}”不是本流程的环节", nearest(id_, findings.units))
    return id_ in findings.units


def _check_earlier(findings: Findings, graph: structure.Graph, node: Node, target: str) -> None:
    there = findings.process.nodes[target]
    # Between levels "earlier" is about the sub-processes both lie in; the engine decides that.
    if there.scope != node.scope:
        return
    if node.id == target or node.id not in graph.reach([target]):
        findings.error(
            node.id,
            f"{named(node)}不能退回到{named(there)}，它不在前面",
            "bh:returnTo 写前面环节的 id，或 previous、initiator、any",
        )


def _check_groups(findings: Findings, known: Known) -> None:
    seen: set[str] = set()
    report = findings.error
    for group in findings.process.limit_groups:
        where = f"合并时限“{group.name or group.id}”"
        if group.id in seen:
            report(group.id, f"{where}的编号 {group.id} 重复", "给每个合并时限不同的 id")
        seen.add(group.id)
        if not group.units:
            report(group.id, f"{where}没有列出环节", 'units 写环节的 id，如 units="handle review"')
        for id_ in group.units:
            _check_unit_id(findings, group.id, f"{where}的环节", id_)
        calendars = known.calendars
        if group.calendar and calendars is not None and group.calendar not in calendars:
            report(
                group.id,
                f"{where}用的工作日历“{group.calendar}”不存在",
                nearest(group.calendar, calendars),
            )


def _check_variables(findings: Findings, known: Known, used: set[str]) -> None:
    """Warn of variables nobody sets; a list item of a multi-instance counts as set."""
    if known.variables is None:
        return
    made = {
        node.multi.element_variable for node in findings.process.nodes.values() if node.multi
    } | {node.params.get("result", "") for node in findings.process.nodes.values()}
    for name in sorted(used - known.variables - made):
        findings.warn(
            findings.process.key,
            f"条件里的变量“{name}”没有哪个表单或动作会给出",
            nearest(name, known.variables),
        )
