"""Take people on, let them go, and give them first passwords."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org import queries
from bihuan.domain.org.actions.revision import changing
from bihuan.domain.org.models import ApiToken, Holding, SignInSession, Staff
from bihuan.kit.problems import Invalid, NotAllowed, Refused

_WEAKNESSES = {
    "password_too_short": "密码太短，至少 10 个字符。",
    "password_too_similar": "密码不能与登录名、姓名、工号或电话相近。",
    "password_too_common": "这个密码太常见，请换一个。",
    "password_entirely_numeric": "密码不能全是数字。",
}


class LoginNameTaken(Refused):
    """Somebody has this login name or staff number."""

    message = "登录名或工号已被使用，请换一个。"


class LoginNameUnusable(Invalid):
    """A login name has no spaces and no capital letters, and is not empty."""

    message = "登录名不能为空，不能含空格。"


class PasswordTooWeak(Invalid):
    """The password breaks one of the rules; the message says which."""

    message = "密码不够安全，请换一个。"


class AlreadyLeft(Refused):
    """The person does not work here any more."""

    message = "这名人员已离职。"


@dataclass(frozen=True, slots=True)
class NewStaff:
    """What is known of somebody who starts. Without a password nobody can sign in as them yet.

    `first_password` is not held against the rules: it must be changed at the first sign-in, unless
    `must_change_password` is False, which is for demonstrations.
    """

    login_name: str
    name: str
    staff_no: str = ""
    phone: str = ""
    first_password: str = ""
    must_change_password: bool = True


@transaction.atomic
def create_staff(*, new: NewStaff, by: Actor, at: datetime) -> Staff:
    """Take somebody on. They may do nothing until they hold a post."""
    queries.authorise(by, "org.manage", at=at)
    login_name = new.login_name.strip().lower()
    if not login_name or any(letter.isspace() for letter in login_name):
        raise LoginNameUnusable(fields={"login_name": LoginNameUnusable.message})
    with changing():
        if Staff.objects.filter(login_name=login_name).exists() or (
            new.staff_no and Staff.objects.filter(staff_no=new.staff_no).exists()
        ):
            raise LoginNameTaken
        staff = Staff(
            login_name=login_name,
            name=new.name,
            staff_no=new.staff_no or None,
            phone=new.phone,
            must_change_password=new.must_change_password,
            joined_at=at,
        )
        staff.set_password(new.first_password or None)
        staff.save()
        _record("staff.created", staff.pk, by=by, at=at, login_name=login_name, name=new.name)
    return staff


@transaction.atomic
def set_password(*, staff_id: int, password: str, by: Actor, at: datetime) -> None:
    """Give somebody a new first password, sign out all their browsers and unlock the account."""
    staff = queries.staff(staff_id)
    _may_manage(by, staff, at)
    staff.set_password(password)
    staff.must_change_password = True
    _unlock(staff)
    staff.save()
    SignInSession.objects.filter(staff=staff).delete()
    _record("staff.password_reset", staff_id, by=by, at=at)


@transaction.atomic
def change_password(
    *, staff_id: int, old: str, new: str, session_key: str = "", at: datetime
) -> None:
    """Change one's own password; every other browser is signed out."""
    staff = queries.staff(staff_id)
    if not staff.check_password(old):
        raise PasswordTooWeak("原密码不正确。", fields={"old": "原密码不正确。"})
    if old == new:
        raise PasswordTooWeak(fields={"new": "新密码不能与原密码相同。"})
    try:
        validate_password(new, staff)
    except ValidationError as weak:
        said = [_WEAKNESSES.get(str(one.code), PasswordTooWeak.message) for one in weak.error_list]
        raise PasswordTooWeak(fields={"new": "".join(dict.fromkeys(said))}) from None
    staff.set_password(new)
    staff.must_change_password = False
    staff.password_changed_at = at
    staff.save(update_fields=["password", "must_change_password", "password_changed_at"])
    SignInSession.objects.filter(staff=staff).exclude(session_key=session_key).delete()
    _record("staff.password_changed", staff_id, by=queries.actor_for(staff_id, at), at=at)


@transaction.atomic
def unlock(*, staff_id: int, by: Actor, at: datetime) -> None:
    """Let somebody try again at once; no fact when the account was not locked."""
    staff = queries.staff(staff_id)
    _may_manage(by, staff, at)
    was_locked = staff.locked_until is not None and at < staff.locked_until
    _unlock(staff)
    staff.save()
    if was_locked:
        _record("staff.unlocked", staff_id, by=by, at=at)


@transaction.atomic
def let_go(*, staff_id: int, reason: str, by: Actor, at: datetime) -> None:
    """End somebody's work here: holdings end, tokens are revoked, browsers are signed out."""
    staff = queries.staff(staff_id)
    _may_manage(by, staff, at)
    if staff.left_at is not None:
        raise AlreadyLeft
    with changing():
        Staff.objects.filter(pk=staff_id).update(left_at=at)
        Holding.objects.filter(staff=staff, held_from__gte=at).delete()
        Holding.objects.filter(staff=staff, held_until=None).update(held_until=at)
        Holding.objects.filter(staff=staff, held_until__gt=at).update(held_until=at)
        ApiToken.objects.filter(staff=staff, revoked_at=None).update(revoked_at=at)
        SignInSession.objects.filter(staff=staff).delete()
        ref = f"staff:{staff_id}"
        ledger.record(Fact("staff.left", ref, ref, at, by, reason=reason))


def _may_manage(by: Actor, staff: Staff, at: datetime) -> None:
    """Refuse unless the actor manages every unit the person holds a post in, and outranks no one."""
    access = queries.authorise(by, "org.manage", at=at)
    if access is None:
        return
    theirs = queries.access_of(staff.pk, at)
    for code, unit_id in theirs.own_posts:
        if not access.may("org.manage", unit_id):
            raise NotAllowed(f"这名人员还在您管理范围之外任职（{code}）。")


def _unlock(staff: Staff) -> None:
    staff.failed_sign_ins, staff.first_failed_at, staff.locked_until = 0, None, None


def _record(fact: str, staff_id: int, /, *, by: Actor, at: datetime, **data: object) -> None:
    ref = f"staff:{staff_id}"
    ledger.record(Fact(fact, ref, ref, at, by, data=data))
