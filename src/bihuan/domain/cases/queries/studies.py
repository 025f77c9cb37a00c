"""The case base as a place to look something up: what problems were solved by, and what waits to be offered."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bihuan.domain.cases.models import CaseStudy
from bihuan.domain.org.ports import Access
from bihuan.kit.paging import Page, keyset

VERB = "case.study"


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which studies are wanted. `class_code` may be a class or one above it."""

    pack: str = ""
    class_code: str = ""
    region_id: int | None = None
    is_published: bool = True


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One study. `may_publish` says whether the asker may offer it to everybody."""

    id: int
    case_id: int | None
    number: str
    pack: str
    class_code: str
    class_name: str
    region_id: int | None
    problem: str
    cause: str
    solution: str
    by: str
    at: datetime
    is_published: bool
    may_publish: bool


def studies_of_case(access: Access, case_id: int) -> list[StudyRow]:
    """Return the studies written about a case, oldest first; the caller has checked who may see it."""
    found = _studies().filter(case_id=case_id).order_by("id")
    return [_row(access, one) for one in found]


def case_base(
    access: Access, wanted: StudyFilter, *, after: str = "", before: str = "", size: int = 20
) -> Page[StudyRow]:
    """Return studies, newest first: those on offer, or those of the asker's units that wait for it.

    What is on offer everybody may read: it names nobody.
    """
    found = _studies().filter(is_published=wanted.is_published)
    scope = access.scope(VERB)
    if not wanted.is_published and not scope.everywhere:
        found = found.filter(case__involved_unit_ids__overlap=list(scope.unit_ids))
    if wanted.pack:
        found = found.filter(pack=wanted.pack)
    if wanted.class_code:
        found = found.filter(class_code__startswith=wanted.class_code)
    if wanted.region_id is not None:
        found = found.filter(region_id=wanted.region_id)
    page = keyset(found, order=("-id",), after=after, before=before, size=size)
    return page.map(lambda one: _row(access, one))


def studies_named(access: Access, ids: list[int]) -> list[StudyRow]:
    """Return published studies by their ids, in the order asked for."""
    found = _studies().filter(is_published=True).in_bulk(ids)
    return [_row(access, found[one]) for one in ids if one in found]


def _studies() -> QuerySet[CaseStudy]:
    return CaseStudy.objects.select_related("case", "case__cls")


def _row(access: Access, one: CaseStudy) -> StudyRow:
    case = one.case
    may = case is not None and access.may_in_any(VERB, *case.involved_unit_ids)
    return StudyRow(
        id=one.pk,
        case_id=one.case_id,
        number=case.number if case else "",
        pack=one.pack,
        class_code=one.class_code,
        class_name=case.cls.name if case else "",
        region_id=one.region_id,
        problem=one.problem,
        cause=one.cause,
        solution=one.solution,
        by=one.by,
        at=one.at,
        is_published=one.is_published,
        may_publish=may and not one.is_published and one.by != access.ref,
    )
