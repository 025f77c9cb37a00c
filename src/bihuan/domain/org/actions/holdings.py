"""Give people posts and take them back; leave, and who stands in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries, rules
from bihuan.domain.org.actions.people import NewStaff, create_staff
from bihuan.domain.org.actions.revision import changing
from bihuan.domain.org.models import Holding, Leave, Post, Staff
from bihuan.domain.org.ports import LEAVES_ENDED, PostHeld
from bihuan.kit.problems import Invalid, NotAllowed, NotFound, Refused


class PostUnknown(Invalid):
    """There is no post with this code."""

    message = "没有这个岗位。"


class AlreadyHeld(Refused):
    """The person holds this post in this unit at some moment of the period."""

    message = "这名人员在这段时间里已任此岗。"


class GivesMoreThanTheyHave(NotAllowed):
    """Nobody gives others what they may not do themselves."""

    message = "您不能授予自己没有的权限。"


class PeriodEndsBeforeItBegins(Invalid):
    """A period must last."""

    message = "结束时间要晚于开始时间。"


class DelegationLoop(Refused):
    """The delegate is away too, and the work would come back to its owner."""

    message = "代办人届时也不在岗，任务会转回本人，请换一位代办人。"


class DelegateUnusable(Invalid):
    """The delegate must be another person who works here."""

    message = "代办人必须是另一名在职人员。"


class AlreadyAway(Refused):
    """Another leave of the same person covers part of this period."""

    message = "这段时间里已登记了休假。"


class LeaveIncomplete(Invalid):
    """A leave has a beginning and an end."""

    message = "请写明休假从何时到何时。"


class HoldingUnknown(NotFound):
    """There is no such holding."""


class LeaveUnknown(NotFound):
    """There is no such leave."""


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: `since` belongs to it, `until` does not; open-ended when None."""

    since: datetime
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.until is not None and self.until <= self.since:
            raise PeriodEndsBeforeItBegins


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away for a while; a colleague may stand in."""

    staff_id: int
    away_from: datetime
    away_until: datetime
    delegate_id: int | None = None
    reason: str = ""


@transaction.atomic
def hold_post(
    *,
    staff_id: int,
    post_code: str,
    unit_id: int,
    period: Period,
    by: Actor,
    at: datetime,
) -> Holding:
    """Give somebody a post in a unit for a period."""
    access = queries.authorise(by, "org.manage", unit_id, at=at)
    with changing():
        staff, unit = queries.staff(staff_id), queries.unit(unit_id)
        post = Post.objects.select_related("role").filter(code=post_code).first()
        if post is None:
            raise PostUnknown(f"没有代码为「{post_code}」的岗位。")
        if access is not None and not all(access.may(verb, unit.id) for verb in post.role.verbs):
            raise GivesMoreThanTheyHave
        same = Holding.objects.filter(staff=staff, post=post, unit_id=unit.id)
        same = same.filter(Q(held_until=None) | Q(held_until__gt=period.since))
        if period.until is not None:
            same = same.filter(held_from__lt=period.until)
        if same.exists():
            raise AlreadyHeld
        holding = Holding.objects.create(
            staff=staff,
            post=post,
            unit_id=unit.id,
            held_from=period.since,
            held_until=period.until,
        )
        data = {"post": post_code, "unit": unit.id, "from": period.since, "until": period.until}
        _record("post.held", staff_id, by=by, at=at, holding=holding.pk, **data)
    return holding


@transaction.atomic
def take_on(
    *, new: NewStaff, holds: Iterable[PostHeld], period: Period, by: Actor, at: datetime
) -> Staff:
    """Take somebody on and give them their posts: all of it, or nothing."""
    staff = create_staff(new=new, by=by, at=at)
    for post, unit in holds:
        hold_post(staff_id=staff.pk, post_code=post, unit_id=unit, period=period, by=by, at=at)
    return staff


@transaction.atomic
def end_holding(*, holding_id: int, reason: str = "", by: Actor, at: datetime) -> None:
    """End a holding now; one that has not begun yet is withdrawn, an ended one left alone."""
    holding = Holding.objects.select_related("post").filter(pk=holding_id).first()
    if holding is None:
        raise HoldingUnknown
    queries.authorise(by, "org.manage", holding.unit_id, at=at)
    with changing():
        holding.refresh_from_db(fields=["held_from", "held_until"])
        if holding.held_until is not None and holding.held_until <= at:
            return
        if holding.held_from >= at:
            holding.delete()
        else:
            holding.held_until = at
            holding.save(update_fields=["held_until"])
        data = {"holding": holding_id, "post": holding.post.code, "unit": holding.unit_id}
        ref = f"staff:{holding.staff_id}"
        ledger.record(Fact("post.left", ref, ref, at, by, reason=reason, data=data))


@transaction.atomic
def record_leave(*, absence: Absence, by: Actor, at: datetime) -> Leave:
    """Note that somebody is away and who covers their work; it returns by itself (TKT-11)."""
    _may_send_away(by, absence.staff_id, at)
    if absence.away_until <= absence.away_from:
        raise PeriodEndsBeforeItBegins
    with changing():
        queries.staff(absence.staff_id)
        _check_delegate(absence)
        within = Leave.objects.filter(
            away_from__lt=absence.away_until, away_until__gt=absence.away_from
        )
        if within.filter(staff_id=absence.staff_id).exists():
            raise AlreadyAway
        leave = Leave.objects.create(
            staff_id=absence.staff_id,
            away_from=absence.away_from,
            away_until=absence.away_until,
            delegate_id=absence.delegate_id,
            reason=absence.reason,
            recorded_at=at,
        )
        data = {
            "leave": leave.pk,
            "from": absence.away_from,
            "until": absence.away_until,
            "delegate": absence.delegate_id,
        }
        ref = f"staff:{absence.staff_id}"
        ledger.record(Fact("leave.recorded", ref, ref, at, by, reason=absence.reason, data=data))
    return leave


@transaction.atomic
def end_leave(*, leave_id: int, by: Actor, at: datetime) -> None:
    """Somebody is back early; a leave that has not begun is withdrawn, an ended one left alone."""
    leave = Leave.objects.filter(pk=leave_id).first()
    if leave is None:
        raise LeaveUnknown
    _may_send_away(by, leave.staff_id, at)
    with changing():
        leave.refresh_from_db(fields=["away_from", "away_until"])
        if leave.away_until <= at:
            return
        if leave.away_from >= at:
            leave.delete()
        else:
            leave.away_until = at
            leave.save(update_fields=["away_until"])
        _record("leave.ended", leave.staff_id, by=by, at=at, leave=leave_id)
    for app in LEAVES_ENDED:
        LEAVES_ENDED.get(app)(leave_id, by, at)


def _check_delegate(absence: Absence) -> None:
    if absence.delegate_id is None:
        return
    delegate = Staff.objects.filter(pk=absence.delegate_id, left_at=None)
    if absence.delegate_id == absence.staff_id or not delegate.exists():
        raise DelegateUnusable(fields={"delegate": DelegateUnusable.message})
    planned = rules.Absence(
        absence.staff_id, absence.delegate_id, absence.away_from, absence.away_until
    )
    others = Leave.objects.filter(
        away_from__lt=absence.away_until,
        away_until__gt=absence.away_from,
        delegate_id__isnull=False,
    ).values_list("staff_id", "delegate_id", "away_from", "away_until")
    if rules.closes_a_loop(planned, [rules.Absence(*row) for row in others]):
        raise DelegationLoop


def _may_send_away(by: Actor, staff_id: int, at: datetime) -> None:
    """People record their own leave; for others one must manage a unit they hold a post in."""
    if by.is_system or by.staff_id == staff_id:
        return
    access = queries.authorise(by, "org.manage", at=at)
    units = [unit_id for _, unit_id in queries.holdings_of(staff_id, at)]
    if access is None or not any(access.may("org.manage", unit_id) for unit_id in units):
        raise NotAllowed


def _record(fact: str, staff_id: int, /, *, by: Actor, at: datetime, **data: object) -> None:
    ref = f"staff:{staff_id}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
