"""Files that are not one's own: asked for and signed, or opened in an emergency and reviewed (SEC-01)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from bihuan.domain.customers.actions import granting
from bihuan.domain.customers.actions.holding import hold, hold_standing
from bihuan.domain.customers.choices import GrantKind
from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries import CustomerUnknown, may_open, survivor_of
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.actions.telling import OwnMatter, keep, reason_given, tell
from bihuan.domain.portfolios.choices import (
    GLASS_LASTS,
    HOURS,
    LEAST_ALARM,
    LEAST_REASON,
    Purpose,
    RequestState,
    Verdict,
)
from bihuan.domain.portfolios.models import BrokenGlass, FileRequest
from bihuan.domain.portfolios.queries.signers import closed_file, signers
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused


class RequestUnknown(NotFound):
    """There is no such request, or it is not the asker's to see."""

    message = "没有找到这份申请，或不在您的签字范围内。"


class RequestDecided(Refused):
    """Somebody has decided about the request."""

    message = "这份申请已有人处理。"


class FileOpenAlready(Refused):
    """Nobody asks for a file they may open."""

    message = "这份档案您本来就能查看，不用申请。"


class HoursUnusable(Invalid):
    """A file is asked for, for one of the offered times."""

    message = "请从列出的时长里选。"


class GlassReviewed(Refused):
    """Somebody has reviewed it."""

    message = "这次紧急调阅已经复核。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file somebody wants to open: what for, in their words, and for how many hours."""

    customer_id: int
    purpose: Purpose
    why: str
    hours: int


@transaction.atomic
def ask_for_file(*, wanted: Wanted, by: Actor, at: datetime) -> FileRequest:
    """Ask the manager for a file; asked again while it waits, the same request is returned."""
    staff_id, customer = _asked(wanted.customer_id, by, at)
    why = reason_given(wanted.why, LEAST_REASON)
    if wanted.hours not in HOURS:
        raise HoursUnusable(fields={"hours": HoursUnusable.message})
    waiting = FileRequest.objects.filter(
        customer=customer, staff_id=staff_id, state=RequestState.ASKED
    ).first()
    if waiting is not None:
        return waiting
    made = FileRequest.objects.create(
        customer=customer,
        staff_id=staff_id,
        purpose=wanted.purpose,
        why=why,
        hours=wanted.hours,
        asked_at=at,
    )
    data = {"request": made.pk, "purpose": wanted.purpose, "hours": wanted.hours}
    keep("customer.file_asked_for", customer.pk, data, reason=why, by=by, at=at)
    name = org.names_of([staff_id]).get(staff_id, "")
    title = f"{name} 申请调取客户 C-{customer.pk:06d} 的档案，待您签字"
    told = [one for one in signers(customer.unit_id, at) if one != staff_id]
    tell(told, title, f"file_request:{made.pk}", by=by, at=at)
    return made


@transaction.atomic
def sign_request(
    *, request_id: int, hours: int | None = None, said: str = "", by: Actor, at: datetime
) -> FileRequest:
    """Open the file to who asked, for the hours asked for or those given here; it closes by itself."""
    found = _to_decide(request_id, by, at)
    if hours is not None and hours not in HOURS:
        raise HoursUnusable(fields={"hours": HoursUnusable.message})
    lasting = timedelta(hours=hours or found.hours)
    purpose = f"{Purpose(found.purpose).label}：{found.why}"
    new = granting.NewGrant(
        found.customer_id, found.staff_id, GrantKind.SIGNED, purpose, at + lasting
    )
    found.grant = granting.open_to(new=new, by=by, at=at)
    _decide(found, RequestState.GRANTED, said.strip(), by, at)
    data = {"request": found.pk, "staff": found.staff_id, "until": found.grant.granted_until}
    keep("customer.file_request_signed", found.customer_id, data, reason=said.strip(), by=by, at=at)
    title = f"调取客户 C-{found.customer_id:06d} 已获签字"
    tell([found.staff_id], title, f"file_request:{found.pk}", by=by, at=at)
    return found


@transaction.atomic
def refuse_request(*, request_id: int, reason: str, by: Actor, at: datetime) -> FileRequest:
    """Leave the file closed, and say why."""
    found = _to_decide(request_id, by, at)
    why = reason_given(reason, LEAST_REASON)
    _decide(found, RequestState.REFUSED, why, by, at)
    data = {"request": found.pk, "staff": found.staff_id}
    keep("customer.file_request_refused", found.customer_id, data, reason=why, by=by, at=at)
    title = f"调取客户 C-{found.customer_id:06d} 未获同意：{why}"
    tell([found.staff_id], title, f"file_request:{found.pk}", by=by, at=at)
    return found


@transaction.atomic
def withdraw_request(*, request_id: int, by: Actor, at: datetime) -> None:
    """Take one's own request back while nobody has decided."""
    found = FileRequest.objects.select_for_update().filter(pk=request_id).first()
    if found is None or found.staff_id != by.staff_id:
        raise RequestUnknown
    if found.state == RequestState.WITHDRAWN:
        return
    if found.state != RequestState.ASKED:
        raise RequestDecided
    _decide(found, RequestState.WITHDRAWN, "", by, at)
    data = {"request": found.pk}
    keep("customer.file_request_withdrawn", found.customer_id, data, by=by, at=at)


@transaction.atomic
def end_grant(*, request_id: int, reason: str, by: Actor, at: datetime) -> bool:
    """Close a file again before its time: whoever signs there, or whoever it was opened to."""
    found = FileRequest.objects.select_related("customer").filter(pk=request_id).first()
    if found is None or found.grant_id is None:
        raise RequestUnknown
    if by.staff_id != found.staff_id:
        org.authorise(by, "customer.sign", found.customer.unit_id, at=at)
    why = reason_given(reason, LEAST_REASON)
    ended = granting.close_grant(grant_id=found.grant_id, reason=why, by=by, at=at)
    if ended and by.staff_id != found.staff_id:
        title = f"客户 C-{found.customer_id:06d} 的调取授权已收回"
        tell([found.staff_id], title, f"file_request:{found.pk}", by=by, at=at)
    return ended


@transaction.atomic
def break_glass(*, customer_id: int, reason: str, by: Actor, at: datetime) -> BrokenGlass:
    """Open a file for an hour without a signature. The managers are told at once and review it afterwards."""
    org.authorise(by, "customer.break_glass", at=at)
    staff_id, customer = _asked(customer_id, by, at)
    why = reason_given(reason, LEAST_ALARM)
    until = at + GLASS_LASTS
    new = granting.NewGrant(customer.pk, staff_id, GrantKind.GLASS, why, until)
    grant = granting.open_to(new=new, by=by, at=at)
    made = BrokenGlass.objects.create(
        customer=customer, staff_id=staff_id, why=why, at=at, grant=grant
    )
    data = {"glass": made.pk, "until": until}
    keep("customer.glass_broken", customer.pk, data, reason=why, by=by, at=at)
    name = org.names_of([staff_id]).get(staff_id, "")
    title = f"{name} 紧急调阅了客户 C-{customer.pk:06d}，请复核"
    told = [one for one in signers(customer.unit_id, at) if one != staff_id]
    tell(told, title, f"broken_glass:{made.pk}", urgent=True, by=by, at=at)
    return made


@transaction.atomic
def review_glass(
    *, glass_id: int, is_justified: bool, said: str, by: Actor, at: datetime
) -> BrokenGlass:
    """Say whether an emergency was one; where it was not, the file closes and its owner is told."""
    hold(BrokenGlass.objects.filter(pk=glass_id).values_list("customer_id", flat=True).all)
    found = BrokenGlass.objects.select_for_update(of=("self",)).filter(pk=glass_id)
    glass = found.select_related("customer").first()
    if glass is None:
        raise RequestUnknown
    _sign(glass.customer, glass.staff_id, by, at)
    if glass.verdict != Verdict.OPEN:
        raise GlassReviewed
    words = said.strip() if is_justified else reason_given(said, LEAST_REASON)
    glass.verdict = Verdict.JUSTIFIED if is_justified else Verdict.UNJUSTIFIED
    glass.reviewed_at, glass.reviewed_by, glass.said = at, by.ref, words[:500]
    glass.save(update_fields=["verdict", "reviewed_at", "reviewed_by", "said"])
    if not is_justified:
        granting.close_grant(grant_id=glass.grant_id, reason=words, by=by, at=at)
    data = {"glass": glass.pk, "staff": glass.staff_id, "verdict": glass.verdict}
    keep("customer.glass_reviewed", glass.customer_id, data, reason=words, by=by, at=at)
    title = f"紧急调阅客户 C-{glass.customer_id:06d} 的复核结论：{Verdict(glass.verdict).label}"
    told = [glass.staff_id]
    if not is_justified and glass.customer.owner_id:
        told.append(glass.customer.owner_id)
    tell(told, title, f"broken_glass:{glass.pk}", by=by, at=at)
    return glass


def _asked(customer_id: int, by: Actor, at: datetime) -> tuple[int, Customer]:
    """Return who asks and the customer, of whom the asker may know that they exist."""
    access = org.authorise(by, "customer.view", at=at)
    if access is None or by.staff_id is None:
        raise NotAllowed
    standing = survivor_of(customer_id)
    if may_open(access, standing):
        raise FileOpenAlready
    if closed_file(access, standing) is None:
        raise CustomerUnknown
    # Two requests at the same moment follow one another, and the later finds the earlier.
    [customer] = hold_standing(standing)
    return (by.staff_id, customer) if customer.pk == standing else _asked(customer_id, by, at)


def _to_decide(request_id: int, by: Actor, at: datetime) -> FileRequest:
    found = FileRequest.objects.select_for_update(of=("self",)).select_related("customer")
    request = found.filter(pk=request_id).first()
    if request is None:
        raise RequestUnknown
    _sign(request.customer, request.staff_id, by, at)
    if request.state != RequestState.ASKED:
        raise RequestDecided
    return request


def _sign(customer: Customer, staff_id: int, by: Actor, at: datetime) -> None:
    org.authorise(by, "customer.sign", customer.unit_id, at=at)
    if by.staff_id == staff_id:
        raise OwnMatter


def _decide(request: FileRequest, state: RequestState, said: str, by: Actor, at: datetime) -> None:
    request.state, request.decided_at, request.decided_by = state, at, by.ref
    request.said = said[:500]
    request.save(update_fields=["state", "decided_at", "decided_by", "said", "grant"])
