"""The classes a case may be put into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bihuan.domain.cases.models import CaseClass
from bihuan.domain.org.ports import Access
from bihuan.kit import db
from bihuan.kit.problems import NotFound

_OFFERED = """
select k.id, k.code, k.name, k.level, regexp_replace(k.code, '[.]?[^.]*$', ''), k.request_type,
    k.grade, k."limit"
from cases_caseclass k left join cases_caseclass parent on parent.id = k.parent_id
where k.pack = %(pack)s and k.is_offered and (%(below)s = '' or parent.code = %(below)s)
order by k.position, k.id
"""
_OF_POSTS = """
select distinct d.pack_key from packs_definition d, jsonb_array_elements(d.compiled -> 'posts') as post
where d.kind = 'org' and d.status = 'PUBLISHED' and post ->> 'code' = any(%s)
"""


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
    return [ClassNode(*row) for row in db.rows(_OFFERED, {"pack": pack, "below": below})]


def class_named(pack: str, code: str) -> CaseClass:
    """Return a class by its code, offered or not."""
    found = CaseClass.objects.filter(pack=pack, code=code).first()
    if found is None:
        raise NotFound("没有这个业务类别。")
    return found


def top_classes() -> dict[str, str]:
    """Return the names of the first level of all packs by code, for a filter."""
    found = CaseClass.objects.filter(is_offered=True, level=1).order_by("pack", "position", "id")
    return dict(found.values_list("code", "name"))


def packs_offered(access: Access | None = None) -> list[str]:
    """Return the packs whose classes a case may be put into, by key; those of the person's own posts first."""
    found = set(CaseClass.objects.filter(is_offered=True, level=1).values_list("pack", flat=True))
    posts = [post for post, _unit in access.posts] if access is not None else []
    own = {row[0] for row in db.rows(_OF_POSTS, (posts,))} if posts else set()
    return sorted(found, key=lambda pack: (pack not in own, pack))


def class_names(pack: str, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of some classes by code, offered or not."""
    wanted = list(codes)
    if not wanted:
        return {}
    sql = "select code, name from cases_caseclass where pack = %s and code = any(%s)"
    return dict(db.rows(sql, (pack, wanted)))
