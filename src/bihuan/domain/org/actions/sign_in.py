"""Signing in and out, and what happens when a password is wrong too often."""

import logging
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.choices import SEEN_EVERY
from bihuan.domain.org.models import SignInSession, Staff
from bihuan.domain.org.ports import Device
from bihuan.domain.org.queries.sessions import session_ref
from bihuan.domain.org.rules import Patience, after_failure
from bihuan.kit import db
from bihuan.kit.problems import NotFound, Refused

log = logging.getLogger(__name__)


class SignInRefused(Refused):
    """Unknown name, wrong password or locked account: the answer is the same, on purpose."""

    status = 403
    message = "登录名或密码不正确，或账号因多次输错已暂时锁定，请 15 分钟后再试。"


class SessionUnknown(NotFound):
    """The session was signed out already, or is somebody else's."""

    message = "这个登录已退出。"


def sign_in(*, login_name: str, password: str, device: Device, at: datetime) -> Staff:
    """Return whose password this is, or refuse with SignInRefused.

    Attempts on one account wait for each other, so guessing in parallel gains nothing. A failure
    stays counted although the action refuses. An unknown name costs as much time as a wrong password.
    """
    staff = _attempt(login_name.strip().lower(), password, device, at)
    if staff is None:
        raise SignInRefused
    return staff


@transaction.atomic
def _attempt(login_name: str, password: str, device: Device, at: datetime) -> Staff | None:
    found = Staff.objects.select_for_update(no_key=True).filter(login_name=login_name, left_at=None)
    staff = found.first()
    if staff is None:
        make_password(password)
        log.info("sign-in refused: no such login name, from %s", device.ip)
        return None
    patience = Patience(staff.failed_sign_ins, staff.first_failed_at, staff.locked_until)
    is_right = staff.check_password(password)
    if patience.is_locked(at):
        log.info("sign-in refused: staff %s is locked, from %s", staff.pk, device.ip)
        return None
    if not is_right:
        _count(staff, patience, device, at)
        return None
    _welcome(staff, device, at)
    return staff


def _welcome(staff: Staff, device: Device, at: datetime) -> None:
    _store(staff, Patience())
    Staff.objects.filter(pk=staff.pk).update(last_login=at)
    _record("staff.signed_in", staff.pk, device, at)


def _count(staff: Staff, before: Patience, device: Device, at: datetime) -> None:
    patience = after_failure(before, at=at)
    _store(staff, patience)
    _record("staff.sign_in_refused", staff.pk, device, at)
    if patience.is_locked(at):
        _record("staff.locked", staff.pk, device, at)


def _store(staff: Staff, patience: Patience) -> None:
    Staff.objects.filter(pk=staff.pk).update(
        failed_sign_ins=patience.failures,
        first_failed_at=patience.first_failed_at,
        locked_until=patience.locked_until,
    )


@transaction.atomic
def sign_out(*, session_key: str, at: datetime) -> None:
    """Sign one's own browser out; doing so twice is harmless."""
    session = SignInSession.objects.filter(session_key=session_key).first()
    if session is not None:
        session.delete()
        if session.staff_id is not None:
            _record("staff.signed_out", session.staff_id, Device(session.ip), at)


@transaction.atomic
def sign_out_session(*, staff_id: int, ref: str, at: datetime) -> None:
    """Sign out one of a person's browsers, named as `sessions_of` names it."""
    for session in SignInSession.objects.filter(staff_id=staff_id):
        if session_ref(session.session_key) == ref:
            session.delete()
            _record("staff.signed_out", staff_id, Device(session.ip), at)
            return
    raise SessionUnknown


@transaction.atomic
def sign_out_others(*, staff_id: int, keep: str, at: datetime) -> int:
    """Sign out all of a person's browsers but one; return how many."""
    others = SignInSession.objects.filter(staff_id=staff_id).exclude(session_key=keep)
    count = others.delete()[0]
    if count:
        _record("staff.signed_out", staff_id, Device(), at, count=count)
    return count


def forget_sessions(*, at: datetime) -> int:
    """Remove the sessions that ended by themselves; return how many."""
    return SignInSession.objects.filter(expire_date__lte=at).delete()[0]


def note_visit(*, session_key: str, visit: queries.Visit, at: datetime) -> None:
    """Remember that a session is in use, at most once a minute."""
    if at - visit.last_seen_at >= SEEN_EVERY:
        db.run(
            "update org_signinsession set last_seen_at = %s where session_key = %s",
            (at, session_key),
        )


def _record(name: str, staff_id: int, device: Device, at: datetime, **data: object) -> None:
    ref = f"staff:{staff_id}"
    where = {"ip": device.ip, "user_agent": device.user_agent[:256], **data}
    seen = {key: value for key, value in where.items() if value}
    ledger.record(Fact(name, ref, ref, at, Actor(ref), data=seen))
