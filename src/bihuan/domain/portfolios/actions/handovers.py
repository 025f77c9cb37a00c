"""Customers given to somebody else: asked for, signed by a manager who names whom, moved all or none (CUS-16, CBK-05)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from bihuan.domain.clocks import actions as clocks, queries as calendars
from bihuan.domain.customers.actions.owning import give_to
from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.customers.queries.profile_rules import first_call
from bihuan.domain.customers.queries.reach import reach_of
from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.actions.telling import OwnMatter, reason_given, tell
from bihuan.domain.portfolios.choices import LEAST_REASON, MOST_HANDED_OVER, HandoverState
from bihuan.domain.portfolios.models import Handover, HandoverLine
from bihuan.domain.portfolios.queries.signers import signers
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused


class HandoverUnknown(NotFound):
    """There is no such hand-over, or it is not the asker's to see."""

    message = "没有找到这次划转，或不在您的范围内。"


class HandoverDecided(Refused):
    """Somebody has decided about the hand-over."""

    message = "这次划转已有人处理。"


class NobodyToHandOver(Invalid):
    """A hand-over is of somebody."""

    message = "没有符合的客户可以划转。"


class TooManyToHandOver(Invalid):
    """One signature covers so many customers at most."""

    message = f"一次最多划转 {MOST_HANDED_OVER} 位客户，请缩小范围分次提交。"


class SeveralOrganisations(Invalid):
    """One manager signs: the customers lie in one org unit."""

    message = "这些客户不在同一机构，请分开提交。"


class OwnerUnusable(Invalid):
    """The new owner works here and may view customers there."""

    message = "移交对象须在岗，并能查看这些客户所在的机构。"


class AlreadyCalled(Refused):
    """The new owner has called somebody: it is theirs now, and goes back by a new hand-over only."""

    message = "新负责人已经联系了客户，不能撤销；请重新提交划转。"


class OwnersChanged(Refused):
    """Somebody else got one of the customers in between."""

    message = "其中有客户已另有变动，不能整批处理；请重新提交划转。"


@dataclass(frozen=True, slots=True)
class NewHandover:
    """Which customers are to go to somebody else, why, and how they were found, in words."""

    customer_ids: Collection[int]
    reason: str
    condition: str = ""


@transaction.atomic
def ask_for_handover(*, new: NewHandover, by: Actor, at: datetime) -> Handover:
    """Ask for customers to be handed over. One asks for one's own, or for any one sees and may sign for."""
    access = org.authorise(by, "customer.view", at=at)
    if access is None or by.staff_id is None:
        raise NotAllowed
    why = reason_given(new.reason, LEAST_REASON)
    wanted = set(new.customer_ids)
    if not wanted:
        raise NobodyToHandOver
    if len(wanted) > MOST_HANDED_OVER:
        raise TooManyToHandOver
    seen = Customer.objects.filter(reach_of(access).condition(), merged_into__isnull=True)
    found = list(seen.filter(pk__in=wanted).order_by("id").values_list("pk", "unit_id", "owner_id"))
    if len(found) != len(wanted):
        raise CustomerUnknown
    units = {unit for _key, unit, _owner in found}
    if len(units) > 1:
        raise SeveralOrganisations
    mine = {by.staff_id, *access.delegated_from}
    if any(owner not in mine for *_rest, owner in found):
        org.authorise(by, "customer.edit", found[0][1], at=at)
    made = Handover.objects.create(
        unit_id=units.pop(),
        asked_by_id=by.staff_id,
        reason=why,
        condition=new.condition[:200],
        asked_at=at,
    )
    HandoverLine.objects.bulk_create(
        [HandoverLine(handover=made, customer_id=key, former_id=owner) for key, _, owner in found],
        batch_size=1000,
    )
    _record("handover.asked_for", made, {"customers": len(found)}, why, by=by, at=at)
    name = org.names_of([by.staff_id]).get(by.staff_id, "")
    title = f"{name} 提交 {len(found)} 位客户的划转，待您签字"
    told = [one for one in signers(made.unit_id, at) if one != by.staff_id]
    tell(told, title, made.ref, by=by, at=at)
    return made


@transaction.atomic
def sign_handover(
    *, handover_id: int, owner_id: int, said: str = "", by: Actor, at: datetime
) -> Handover:
    """Sign and name the new owner: every customer moves, or none does. The first calls are due from now."""
    found = _to_decide(handover_id, by, at)
    _check_owner(owner_id, found.unit_id, at)
    lines = dict(found.lines.values_list("customer_id", "former_id"))
    now = dict(_standing(lines).values_list("pk", "owner_id"))
    if now != lines:
        raise OwnersChanged
    why = f"划转 H{found.pk}：{found.reason}"
    give_to(list(lines), owner_id, why=why, by=by, at=at)
    found.state, found.decided_at, found.decided_by = HandoverState.SIGNED, at, by.ref
    found.owner_id, found.said = owner_id, said.strip()[:500]
    limit, calendar = first_call()
    terms = clocks.ClockTerms(limit, _known(calendar), "80%")
    found.due_at = clocks.start_clock(found.ref, found.ref, terms, by=by, at=at).due_at
    found.save()
    data = {"owner": owner_id, "customers": len(lines), "due_at": found.due_at}
    _record("handover.signed", found, data, found.said, by=by, at=at)
    _tell_all(found, lines.values(), len(lines), by=by, at=at)
    return found


@transaction.atomic
def refuse_handover(*, handover_id: int, reason: str, by: Actor, at: datetime) -> Handover:
    """Leave the customers where they are, and say why."""
    found = _to_decide(handover_id, by, at)
    why = reason_given(reason, LEAST_REASON)
    found.state, found.decided_at, found.decided_by = HandoverState.REFUSED, at, by.ref
    found.said = why
    found.save()
    _record("handover.refused", found, {}, why, by=by, at=at)
    tell([found.asked_by_id], f"划转 H{found.pk} 未获同意：{why}", found.ref, by=by, at=at)
    return found


@transaction.atomic
def undo_handover(*, handover_id: int, reason: str, by: Actor, at: datetime) -> Handover:
    """Give every customer back to who had them, while the new owner has not called anybody yet."""
    found = _locked(handover_id)
    org.authorise(by, "customer.sign", found.unit_id, at=at)
    if found.state == HandoverState.UNDONE:
        return found
    if found.state != HandoverState.SIGNED:
        raise HandoverDecided
    why = reason_given(reason, LEAST_REASON)
    lines = list(found.lines.order_by("customer_id").values_list("customer_id", "former_id"))
    if found.lines.filter(called_at__isnull=False).exists():
        raise AlreadyCalled
    ids = [key for key, _former in lines]
    held = _standing(ids).filter(owner_id=found.owner_id)
    if len(held) != len(ids):
        raise OwnersChanged
    for former in {former for _key, former in lines}:
        theirs = [key for key, one in lines if one == former]
        give_to(theirs, former, why=f"撤销划转 H{found.pk}：{why}", by=by, at=at)
    if calendars.live_clock(found.ref) is not None:
        clocks.stop_clock(found.ref, by=by, at=at, reason=why)
    found.state = HandoverState.UNDONE
    found.save()
    _record("handover.undone", found, {"customers": len(ids)}, why, by=by, at=at)
    told = [found.asked_by_id, found.owner_id, *(former for _key, former in lines)]
    title = f"划转 H{found.pk} 已撤销，客户退回原负责人"
    tell({one for one in told if one}, title, found.ref, by=by, at=at)
    return found


def _standing(customer_ids: Collection[int]) -> "QuerySet[Customer]":
    """Return those customers whose files go on, locked until the end."""
    locked = Customer.objects.select_for_update(no_key=True).order_by("id")
    return locked.filter(pk__in=customer_ids, merged_into__isnull=True)


def _to_decide(handover_id: int, by: Actor, at: datetime) -> Handover:
    found = _locked(handover_id)
    org.authorise(by, "customer.sign", found.unit_id, at=at)
    if found.asked_by_id == by.staff_id:
        raise OwnMatter
    if found.state != HandoverState.ASKED:
        raise HandoverDecided
    return found


def _locked(handover_id: int) -> Handover:
    found = Handover.objects.select_for_update().filter(pk=handover_id).first()
    if found is None:
        raise HandoverUnknown
    return found


def _check_owner(owner_id: int, unit_id: int, at: datetime) -> None:
    if not org.access_of(owner_id, at).may("customer.view", unit_id):
        raise OwnerUnusable(fields={"owner": OwnerUnusable.message})


def _known(calendar: str) -> str:
    """Return the calendar's code, or the one that never closes where it is not installed."""
    return calendar if any(one.code == calendar for one in calendars.calendars()) else ""


def _tell_all(
    found: Handover, formers: Collection[int | None], count: int, *, by: Actor, at: datetime
) -> None:
    """Tell the new owner that customers came, and who had or asked for them that they went (CBK-05)."""
    owner = found.owner_id or 0
    names = org.names_of([owner])
    title = f"新接手 {count} 位客户（划转 H{found.pk}），请在一个工作日内联系"
    tell([owner], title, found.ref, by=by, at=at)
    others: Sequence[int] = [one for one in {found.asked_by_id, *formers} if one and one != owner]
    title = f"{count} 位客户已划转给 {names.get(owner, '')}（H{found.pk}）"
    tell(others, title, found.ref, by=by, at=at)


def _record(
    name: str,
    found: Handover,
    data: Mapping[str, object],
    reason: str,
    /,
    *,
    by: Actor,
    at: datetime,
) -> None:
    ledger.record(Fact(name, found.ref, found.ref, at, by, reason=reason, data=data))
