"""What decides a case's grade, and where its rework begins."""

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from bihuan.domain.cases.ports import PROCESS
from bihuan.domain.cases.rules import Weight, at_least, grade_by_weight
from bihuan.domain.org import queries as org
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.queries import blueprints
from bihuan.engines import decisions
from bihuan.engines.bpmn.model import NodeKind, Process
from bihuan.kit import db
from bihuan.kit.problems import NotFound

REWORK = "case.rework"
_STANDING = """
select k.grading, k.grade, c.grade, c.importance, c.urgency, c.scope
from cases_case c join cases_caseclass k on k.id = c.cls_id where c.id = %s
"""

_CLASS = """
select k.code from cases_case c join cases_caseclass k on k.id = c.cls_id where c.id = %s
"""


@dataclass(frozen=True, slots=True)
class Graded:
    """What a case is graded by, and how it is graded now."""

    grading: str
    class_grade: str
    grade: str
    weight: Weight


def remember(case_id: int, code: str, graded: Graded) -> None:
    """Let the batch under way know how a case it has just opened stands."""
    memory = processes.batch_memory()
    if memory is not None:
        memory[_CLASS, case_id], memory[_STANDING, case_id] = code, graded


def forget(case_id: int) -> None:
    """Let the batch under way ask again how a case stands."""
    memory = processes.batch_memory()
    if memory is not None:
        memory.pop((_CLASS, case_id), None)
        memory.pop((_STANDING, case_id), None)


def graded(case_id: int) -> Graded:
    """Return what decides a case's grade now."""
    known = (processes.batch_memory() or {}).get((_STANDING, case_id))
    if known is not None:
        return cast("Graded", known)
    row = db.one(_STANDING, (case_id,))
    if row is None:
        raise NotFound
    grading, class_grade, grade, *weight = row
    return Graded(grading, class_grade, grade, Weight(*weight))


def class_of(case_id: int) -> str:
    """Return the code of a case's class."""
    known = (processes.batch_memory() or {}).get((_CLASS, case_id))
    if known is not None:
        return str(known)
    row = db.one(_CLASS, (case_id,))
    if row is None:
        raise NotFound
    return str(row[0])


def grade_of(grading: str, weight: Weight, class_grade: str) -> str:
    """Return the grade a class's decision table gives, or without one the weights themselves.

    A class marks the least its cases are: a table never grades below it.
    """
    if not grading:
        return str(grade_by_weight(weight, class_grade))
    values = {"importance": weight.importance, "urgency": weight.urgency, "scope": weight.scope}
    found = decisions.decide(blueprints.table(grading), values).output["grade"]
    return str(at_least(str(found), class_grade))


def rework_unit(process_key: str) -> str:
    """Return the unit a process goes back to for rework, empty when it has none."""
    definition = packs.published(PROCESS, process_key)
    return _rework_unit(definition.id)


@lru_cache(maxsize=256)
def _rework_unit(definition_id: int) -> str:
    process = Process.from_json(packs.definition(definition_id).compiled["process"])
    node = next((n for n in process.nodes.values() if n.verb == REWORK), None)
    seen: set[str] = set()
    while node is not None and node.id not in seen:
        if node.kind is NodeKind.USER_TASK:
            return node.id
        seen.add(node.id)
        node = next((target for _, target in process.targets(node)), None)
    return ""


def unit_id(said: object) -> int | None:
    """Return the org unit a form names by id or code, None when it names none."""
    text = str(said or "").strip()
    if not text:
        return None
    return int(text) if text.isdigit() else org.unit_by_code(text).id
