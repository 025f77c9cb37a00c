"""What the tests of cases start from."""

from datetime import UTC, datetime, timedelta

from bihuan.domain.cases.actions import steps, taxonomy
from bihuan.domain.cases.events import Verification
from bihuan.domain.cases.models import Case, CaseClass
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.models import OrgUnit

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KIM = Actor("staff:1")
LEE = Actor("staff:2")
CLASSES = [
    {
        "code": "complaint",
        "name": "投诉",
        "parent": "",
        "level": 1,
        "request_type": "COMPLAINT",
        "grade": "ROUTINE",
        "grading": "",
        "process": "demo.handling",
        "limit": "",
        "calendar": "",
    }
]
SERVICE = {
    **CLASSES[0],
    "code": "complaint.service",
    "name": "服务态度",
    "parent": "complaint",
    "level": 2,
    "grade": "IMPORTANT",
}


def later(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


def classes() -> dict[str, CaseClass]:
    taxonomy.put_classes(pack="demo", origin="demo.main", classes=[*CLASSES, SERVICE])
    return {one.code: one for one in CaseClass.objects.filter(pack="demo")}


def org_unit(code: str = "CENTRE", name: str = "客服中心") -> OrgUnit:
    unit = OrgUnit.objects.create(code=code, name=name, path="/0/")
    OrgUnit.objects.filter(pk=unit.pk).update(path=f"/{unit.pk}/")
    return unit


def stored_case(number: str = "260302-0001", **values: object) -> Case:
    """A case row without a process, for what the tables refuse and what the steps do."""
    cls = CaseClass.objects.filter(pack="demo").first() or classes()["complaint"]
    unit = OrgUnit.objects.first() or org_unit()
    plain = {
        "pack": "demo",
        "title": "路灯不亮",
        "channel": "PHONE",
        "cls": cls,
        "org_unit": unit,
        "grade": "ROUTINE",
        "opened_at": MORNING,
    }
    return Case.objects.create(number=number, **{**plain, **values})


def step(case: Case, by: Actor = SYSTEM, hours: float = 1) -> steps.Step:
    return steps.Step(case.pk, by=by, at=later(hours))


def handled_by(case: Case, who: Actor, hours: float = 1) -> None:
    steps.record_handling(step(case, who, hours), "已更换灯泡")
    steps.resolve(step(case, who, hours))


AGREED = Verification("AGREED", score=5)
REFUSED = Verification("REFUSED", note="还是不亮")
