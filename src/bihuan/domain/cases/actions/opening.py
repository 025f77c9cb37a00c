"""Take a case in: number, class, grade, promise, process and clocks, in one short transaction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from bihuan.domain.cases import events, rules
from bihuan.domain.cases.actions import grading
from bihuan.domain.cases.actions.steps import ClassUnknown
from bihuan.domain.cases.events import CaseRequest, OpenedCase, case_ref
from bihuan.domain.cases.ports import UNCLASSIFIED
from bihuan.domain.cases.queries import promises, wording
from bihuan.domain.ledger.actions import FACT_CTES, fact_params
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import authorise
from bihuan.domain.processes import actions as processes
from bihuan.kit import db
from bihuan.kit.ids import next_number
from bihuan.kit.problems import Invalid

_CLASS = """
select (select c.id from cases_case c where c.source_ref = %(source)s and c.source_ref <> ''),
    nextval('cases_case_id_seq'), id, code, request_type, grade, grading, process_key, "limit", calendar
from cases_caseclass where pack = %(pack)s and code = %(code)s
"""
_KNOWN = """
select c.id, c.number, s.instance_id from cases_case c join cases_standing s on s.case_id = c.id
where c.id = %s
"""
_OPEN = f"""
with opened as (
    insert into cases_case (id, number, pack, source_ref, title, description, channel, cls_id,
        customer_id, account_id, contact_name, contact_phone, contact_digits, org_unit_id,
        importance, urgency, scope, grade, level, state, round, rework_count, reopen_count,
        promised_at, opened_at, involved_unit_ids)
    values (%(id)s, %(number)s, %(pack)s, %(source_ref)s, %(title)s, %(description)s, %(channel)s,
        %(cls)s, %(customer_id)s, %(account_id)s, %(contact_name)s, %(contact_phone)s, %(digits)s,
        %(org_unit_id)s, %(importance)s, %(urgency)s, %(scope)s, %(grade)s, 1, 'OPEN', 1, 0, 0,
        %(promised)s, %(at)s, array[%(org_unit_id)s::bigint])
), stands as (
    insert into cases_standing (case_id, process_state, current_units, org_unit_ids)
    values (%(id)s, '', '', '{{}}')
), {FACT_CTES} select 1
"""  # noqa: S608 — constants only


class TitleMissing(Invalid):
    """A case says in a few words what the customer wants."""

    message = "请填写主题。"

    def __init__(self) -> None:
        super().__init__(fields={"title": "请填写主题"})


@dataclass(frozen=True, slots=True)
class _Class:
    case_id: int
    id: int
    code: str
    request_type: str
    grade: str
    grading: str
    process_key: str
    limit: str
    calendar: str


def open_case(request: CaseRequest, *, by: Actor, at: datetime) -> OpenedCase:
    """Open a case and start its process.

    A request with a `source_ref` that is known already opens nothing and returns the case it opened
    before, so that an import can be repeated.
    """
    authorise(by, "case.open", request.org_unit_id, at=at)
    if not request.title.strip():
        raise TitleMissing
    with transaction.atomic():
        return _open(request, by, at)


def _open(request: CaseRequest, by: Actor, at: datetime) -> OpenedCase:
    code = request.class_code or UNCLASSIFIED
    row = db.one(_CLASS, {"source": request.source_ref, "pack": request.pack, "code": code})
    if row is None:
        raise ClassUnknown(fields={"class_code": "请选择业务类别"})
    if row[0] is not None:
        case_id, number, instance_id = db.one(_KNOWN, (row[0],)) or (row[0], "", 0)
        return OpenedCase(case_id, number, instance_id, is_new=False)
    cls = _Class(*row[1:])
    weight = rules.Weight(request.importance, request.urgency, request.scope)
    grade = grading.grade_of(cls.grading, weight, cls.grade)
    promised = promises.due(cls.limit, cls.calendar, at)
    number = request.number or _number(request.pack, at)
    fact = _fact(request, cls, by, at, {"number": number, "grade": grade})
    db.run(
        _OPEN,
        {
            **{k: v for k, v in asdict(request).items() if k not in ("variables", "class_code")},
            "id": cls.case_id,
            "number": number,
            "cls": cls.id,
            "grade": grade,
            "promised": promised,
            "at": at,
            "digits": wording.digits_of(request.contact_phone),
            **fact_params([fact]),
        },
    )
    instance = processes.start_process(
        definition_key=cls.process_key,
        subject=case_ref(cls.case_id),
        root=case_ref(cls.case_id),
        org_unit_id=request.org_unit_id,
        variables=_variables(request, cls, grade),
        by=by,
        at=at,
    )
    return OpenedCase(cls.case_id, number, instance.id)


def _number(pack: str, at: datetime) -> str:
    """Return the next number of the day as people at our place count days."""
    del pack  # one series for all packs: a number alone must find its case
    return next_number(scope="case", day=at.astimezone(ZoneInfo(settings.TIME_ZONE)).date())


def _fact(
    request: CaseRequest, cls: _Class, by: Actor, at: datetime, known: Mapping[str, Any]
) -> Fact:
    ref = case_ref(cls.case_id)
    data = {
        **known,
        "pack": request.pack,
        "cls": cls.code,
        "channel": request.channel,
        "org_unit": request.org_unit_id,
    }
    if request.source_ref:
        data["source"] = request.source_ref
    return Fact(events.OPENED, ref, ref, at, by, "", data)


def _variables(request: CaseRequest, cls: _Class, grade: str) -> dict[str, Any]:
    return {
        "class_code": cls.code,
        "request_type": cls.request_type,
        "grade": grade,
        "channel": request.channel,
        "importance": request.importance,
        "urgency": request.urgency,
        "scope": request.scope,
        "tier": "NORMAL",
        **request.variables,
    }
