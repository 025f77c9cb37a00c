"""What the tests of cases start from."""

from datetime import UTC, datetime, timedelta

from bihuan.domain.cases.actions import steps, taxonomy
from bihuan.domain.cases.events import Verification
from bihuan.domain.cases.models import Case, CaseClass, Fingerprint, Standing
from bihuan.domain.customers import actions as customers
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions as org
from bihuan.domain.org.models import OrgUnit
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import access_of
from bihuan.engines.duplicates import fingerprint

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


def org_unit(code: str = "CENTRE", name: str = "客服中心", parent: int | None = None) -> int:
    found = OrgUnit.objects.filter(code=code).first()
    if found:
        return found.pk
    return org.create_unit(code=code, name=name, parent_id=parent, by=SYSTEM, at=MORNING).id


def stored_case(number: str = "260302-0001", **values: object) -> Case:
    """A case row without a process, for what the tables refuse and what the steps do."""
    cls = CaseClass.objects.filter(pack="demo").first() or classes()["complaint"]
    unit_id = values.pop("org_unit_id", None) or org_unit()
    plain = {
        "pack": "demo",
        "title": "路灯不亮",
        "channel": "PHONE",
        "cls": cls,
        "org_unit_id": unit_id,
        "involved_unit_ids": [unit_id],
        "grade": "ROUTINE",
        "opened_at": MORNING,
    }
    case = Case.objects.create(number=number, **{**plain, **values})
    Standing.objects.create(case=case)
    grams = fingerprint(case.title, case.description)
    Fingerprint.objects.create(case=case, opened_at=case.opened_at, grams=grams)
    return case


def customer(name: str, unit_id: int) -> int:
    new = customers.NewCustomer(name, unit_id)
    return customers.create_customer(new=new, by=SYSTEM, at=MORNING).pk


def person(login: str, unit_id: int, *verbs: str) -> Access:
    """Somebody who may do this in a unit and below, from the morning on."""
    who = {"by": SYSTEM, "at": MORNING}
    org.define_role(code=login, name=login, verbs=verbs, **who)
    org.define_post(code=login, name=login, role_code=login, **who)
    new = org.NewStaff(login_name=login, name=login.title(), must_change_password=False)
    staff = org.create_staff(new=new, **who)
    period = org.Period(MORNING)
    org.hold_post(staff_id=staff.pk, post_code=login, unit_id=unit_id, period=period, **who)
    return access_of(staff.pk, later(1))


def step(case: Case, by: Actor = SYSTEM, hours: float = 1) -> steps.Step:
    return steps.Step(case.pk, by=by, at=later(hours))


def handled_by(case: Case, who: Actor, hours: float = 1) -> None:
    steps.record_handling(step(case, who, hours), "已更换灯泡")
    steps.resolve(step(case, who, hours))


AGREED = Verification("AGREED", score=5)
REFUSED = Verification("REFUSED", note="还是不亮")
