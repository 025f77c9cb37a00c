"""Take a case in: number, class, grade, promise, process and clocks, in one short transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError

from bihuan.domain.cases import events, rules
from bihuan.domain.cases.actions import grading
from bihuan.domain.cases.actions.bursts import watch_for_burst
from bihuan.domain.cases.actions.grading import Graded
from bihuan.domain.cases.actions.new_case import NewCase
from bihuan.domain.cases.actions.steps import ClassUnknown
from bihuan.domain.cases.choices import RequestType
from bihuan.domain.cases.events import CaseRequest, OpenedCase, case_ref
from bihuan.domain.cases.ports import UNCLASSIFIED
from bihuan.domain.cases.queries import duplicates, promises, wording
from bihuan.domain.escalations import actions as escalations
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import authorise
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes import actions as processes
from bihuan.engines.duplicates import fingerprint
from bihuan.kit import db
from bihuan.kit.ids import next_number, number_of, serial_of
from bihuan.kit.problems import Invalid, Refused

NUMBERS = "case"
_NORMAL = "NORMAL"
# All a new case needs to know and to take, in one statement. The day's number is taken only where no case
# has the source already and the request brings no number of its own.
_CLASS = f"""
with chosen as materialized (
    select (select id from cases_case where source_ref = %(source)s and source_ref <> '') as known,
        (select id from packs_definition
        where kind = 'process' and key = c.process_key and status = 'PUBLISHED'),
        (select id from packs_definition
        where kind = 'decision' and key = c.grading and status = 'PUBLISHED'),
        nextval('cases_case_id_seq'), id, code, request_type, grade, grading, process_key, "limit",
        calendar, burst, coalesce(u.tier, 'NORMAL'), coalesce(u.priority, 0)
    from cases_caseclass c left join lateral (
        select tier, priority from customers_customer where id = %(customer)s::bigint
    ) u on true where pack = %(pack)s and code = %(code)s
), serial as (
    {serial_of("select %(serials)s, %(day)s::date, 1 from chosen where known is null and %(is_numbered)s")}
)
select (select last from serial), {processes.next_instance_columns()}, chosen.* from chosen
"""  # noqa: S608 -- our own parts
_KNOWN = """
select c.id, c.number, s.instance_id from cases_case c join cases_standing s on s.case_id = c.id
where c.id = %s
"""
_AHEAD = """
select array(select nextval('cases_case_id_seq') from generate_series(1, %(count)s)),
    array(select source_ref from cases_case where source_ref = any(%(sources)s::text[]) and source_ref <> ''),
    (select json_agg(json_build_array(pack, id, code, request_type, grade, grading, process_key,
        "limit", calendar, burst)) from cases_caseclass
    where pack = any(%(packs)s::text[]) and code = any(%(codes)s::text[])),
    (select json_object_agg(id, json_build_array(tier, priority)) from customers_customer
    where id = any(%(customers)s::bigint[]) and (tier <> 'NORMAL' or priority > 0))
"""
_KNOWN_BY_SOURCE = _KNOWN.replace("c.id = %s", "c.source_ref = %s and c.source_ref <> ''")


class TitleMissing(Invalid):
    """A case says in a few words what the customer wants."""

    message = "请填写主题。"

    def __init__(self) -> None:
        super().__init__(fields={"title": "请填写主题"})


_NO_COLUMNS = frozenset({"variables", "class_code", "answer_by"})
_COLUMNS = tuple(one.name for one in fields(CaseRequest) if one.name not in _NO_COLUMNS)


class NumberTaken(Refused):
    """Another case bears the number that the request names."""

    message = "这个工单编号已被使用。"


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
    burst: str = ""
    # Of the case's customer: what the limits of class and tier are looked up by, and the place in queues.
    tier: str = _NORMAL
    priority: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What a new case needs to know: its class with an id for it, or the case that has its source already.

    `versions` are those in force of the process and of the grading; `number` and `instance` are taken for it.
    """

    cls: _Class
    known: int | None = None
    versions: Mapping[tuple[str, str], int] = field(default_factory=dict)
    number: str = ""
    instance: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What a batch looked up ahead: ids for new cases, sources without a case, classes, customers' tiers."""

    ids: list[int]
    new: set[str]
    classes: dict[tuple[str, str], _Class]
    tiers: Mapping[str, tuple[str, int]]

    def take(self, request: CaseRequest, code: str) -> _Class | None:
        """Return the class with an id for a new case, None when it must be asked for."""
        cls = self.classes.get((request.pack, code))
        if cls is None or not self.ids or request.source_ref not in self.new:
            return None
        self.new.discard(request.source_ref)
        tier, priority = self.tiers.get(str(request.customer_id), (_NORMAL, 0))
        return replace(cls, case_id=self.ids.pop(0), tier=tier, priority=priority)


def open_case(request: CaseRequest, *, by: Actor, at: datetime) -> OpenedCase:
    """Open a case and start its process.

    A request with a `source_ref` that is known already opens nothing and returns the case it opened
    before, so that an import can be repeated.
    """
    authorise(by, "case.open", request.org_unit_id, at=at)
    if not request.title.strip():
        raise TitleMissing
    try:
        with db.atomic():
            return _open(request, by, at)
    except IntegrityError as collision:
        return _opened_meanwhile(request, collision)


def _opened_meanwhile(request: CaseRequest, collision: IntegrityError) -> OpenedCase:
    """Return the case that somebody opened from the same source at the same moment; or refuse."""
    if processes.batch_memory() is not None:  # a batch ends as a whole and begins anew
        raise collision
    known = db.one(_KNOWN_BY_SOURCE, (request.source_ref,)) if request.source_ref else None
    if known is not None:
        return OpenedCase(known[0], known[1], known[2], is_new=False)
    if request.number and "case_number_is_unique" in str(collision):
        raise NumberTaken from collision
    raise collision


def look_ahead(requests: Sequence[CaseRequest]) -> set[str]:
    """Return which of the requests' sources have a case already.

    Inside a batch this asks in one statement what opening them would ask one by one.
    """
    sources = {request.source_ref for request in requests}
    values = {
        "count": len(requests),
        "sources": list(sources),
        "packs": list({request.pack for request in requests}),
        "codes": list({request.class_code or UNCLASSIFIED for request in requests}),
        "customers": list({request.customer_id for request in requests} - {None}),
    }
    ids, found, classes, tiers = db.one(_AHEAD, values) or ([], [], None, None)
    memory = processes.batch_memory()
    if memory is not None:
        known = {(pack, row[1]): _Class(0, *row) for pack, *row in classes or ()}
        memory[_Ahead] = _Ahead(ids, sources - set(found), known, tiers or {})
    return set(found)


def _open(request: CaseRequest, by: Actor, at: datetime) -> OpenedCase:
    code = request.class_code or UNCLASSIFIED
    found = _look_up(request, code, at)
    if found.known is not None:
        case_id, number, instance_id = db.one(_KNOWN, (found.known,)) or (found.known, "", 0)
        return OpenedCase(case_id, number, instance_id, is_new=False)
    with packs.knowing(found.versions):
        return _begin(request, found, by, at)


def _begin(request: CaseRequest, found: "_Found", by: Actor, at: datetime) -> OpenedCase:
    cls = found.cls
    weight = rules.Weight(request.importance, request.urgency, request.scope)
    grade = grading.grade_of(cls.grading, weight, cls.grade)
    promised = _earlier(promises.due(cls.limit, cls.calendar, at), request.answer_by)
    number = request.number or found.number or next_number(scope=NUMBERS, day=_day(at))
    fact = _fact(request, cls, by, at, {"number": number, "grade": grade})
    values = {
        **{name: getattr(request, name) for name in _COLUMNS},
        "id": cls.case_id,
        "number": number,
        "cls": cls.id,
        "grade": grade,
        "promised": promised,
        "at": at,
        "complaint": cls.request_type == RequestType.COMPLAINT,
        "digits": wording.digits_of(request.contact_phone),
        "grams": fingerprint(request.title, request.description, duplicates.rarity()),
    }
    new = NewCase(values, fact, found.instance)
    batched = processes.batch_memory() is not None
    if batched:  # its process is written at the end of the batch, with the fact
        new.take_facts()
        new.write()
    instance = processes.start_process(
        definition_key=cls.process_key,
        subject=case_ref(cls.case_id),
        root=case_ref(cls.case_id),
        org_unit_id=request.org_unit_id,
        variables=_variables(request, cls, grade),
        priority=cls.priority,
        by=by,
        at=at,
        opening=None if batched else new,
    )
    if batched:
        processes.tell_kept(fact.root, [fact], first=True)
        grading.remember(cls.case_id, cls.code, Graded(cls.grading, cls.grade, grade, weight))
    else:
        escalations.graded(case_ref(cls.case_id), grade, by=by, at=at)
    # What nobody has judged yet is not the same problem: it is looked at when it gets its class.
    if cls.burst and cls.code != UNCLASSIFIED:
        watch_for_burst(cls.case_id, cls.id, request.org_unit_id, rule=cls.burst, at=at)
    return OpenedCase(cls.case_id, number, instance.id)


def _earlier(promised: datetime | None, asked: datetime | None) -> datetime | None:
    return min((one for one in (promised, asked) if one is not None), default=None)


def _look_up(request: CaseRequest, code: str, at: datetime) -> "_Found":
    ahead = (processes.batch_memory() or {}).get(_Ahead)
    if ahead is not None and (cls := ahead.take(request, code)) is not None:
        return _Found(cls)
    day = _day(at)
    asked = {
        "source": request.source_ref,
        "pack": request.pack,
        "code": code,
        "serials": NUMBERS,
        "customer": request.customer_id,
        "day": day,
        "is_numbered": not request.number,
    }
    row = db.one(_CLASS, asked)
    if row is None:
        raise ClassUnknown(fields={"class_code": "请选择业务类别"})
    serial, instance_id, revision, *_settings, known, process, grading, case_id = row[:10]
    cls = _Class(case_id, *row[10:])
    versions = {("process", cls.process_key): process, ("decision", cls.grading): grading}
    return _Found(
        cls,
        known,
        {key: one for key, one in versions.items() if one is not None},
        "" if serial is None else number_of(day, serial),
        (instance_id, revision),
    )


def _day(at: datetime) -> date:
    """Return the day of a number, as people at our place count days. One series serves all packs."""
    return at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


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
        "tier": cls.tier,
        **request.variables,
    }
