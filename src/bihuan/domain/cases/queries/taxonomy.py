"""The classes a case may be put into."""

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan.domain.cases.models import CaseClass
from bihuan.kit.problems import NotFound


@dataclass(frozen=True, slots=True)
class ClassNode:
    """One class as a chooser shows it. `code` is the whole dotted code."""

    id: int
    code: str
    name: str
    level: int
    parent_code: str
    request_type: str
    grade: str
    limit: str


def classes(pack: str, *, below: str = "") -> Sequence[ClassNode]:
    """Return the classes that are offered, in the pack's order; `below` names one's children only."""
    found = CaseClass.objects.filter(pack=pack, is_offered=True).order_by("position", "id")
    if below:
        found = found.filter(parent__code=below)
    return [
        ClassNode(
            one.pk,
            one.code,
            one.name,
            one.level,
            one.code.rpartition(".")[0],
            one.request_type,
            one.grade,
            one.limit,
        )
        for one in found
    ]


def class_named(pack: str, code: str) -> CaseClass:
    """Return a class by its code, offered or not."""
    found = CaseClass.objects.filter(pack=pack, code=code).first()
    if found is None:
        raise NotFound("没有这个业务类别。")
    return found
