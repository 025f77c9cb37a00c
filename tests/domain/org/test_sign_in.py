"""Signing in: who gets in, who is locked out, and what is remembered of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions, queries
from bihuan.domain.org.models import SignInSession, Staff
from bihuan.domain.org.ports import Device
from bihuan.domain.org.rules import Patience, after_failure, device_name
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import HOUR, NOON, PASSWORD

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def attempt(password: str, *, login: str = "kim", at: datetime = NOON) -> bool:
    try:
        actions.sign_in(
            login_name=login, password=password, device=Device("10.0.0.8", "Firefox/133"), at=at
        )
    except actions.SignInRefused:
        return False
    return True


def counted(staff_id: int) -> tuple[int, datetime | None, datetime | None]:
    row = Staff.objects.get(pk=staff_id)
    return row.failed_sign_ins, row.first_failed_at, row.locked_until


def names(staff_id: int) -> list[str]:
    return [f.name for f in ledger.facts_of(f"staff:{staff_id}").rows if f.at >= NOON]


def test_the_right_password_lets_in_and_says_from_where():
    kim = given.person("kim", password=PASSWORD)

    assert attempt(PASSWORD, login=" KIM ")

    [fact] = ledger.facts_of(f"staff:{kim}", names=["staff.signed_in"]).rows
    assert (fact.actor, fact.at) == (f"staff:{kim}", NOON)
    assert fact.data == {"ip": "10.0.0.8", "user_agent": "Firefox/133"}
    assert Staff.objects.get(pk=kim).last_login == NOON


@pytest.mark.parametrize(("login", "password"), [("kim", "wrong"), ("nobody", PASSWORD)])
def test_a_stranger_learns_nothing_from_the_refusal(login, password):
    given.person("kim", password=PASSWORD)

    with pytest.raises(actions.SignInRefused) as refused:
        actions.sign_in(login_name=login, password=password, device=Device(), at=NOON)

    assert refused.value.message == actions.SignInRefused.message


def test_an_account_without_a_password_cannot_be_entered():
    given.person("kim")

    assert not attempt("")


def test_who_has_left_cannot_sign_in():
    kim = given.person("kim", password=PASSWORD)
    actions.let_go(staff_id=kim, reason="离职", by=SYSTEM, at=NOON)

    assert not attempt(PASSWORD, at=NOON + HOUR)


def test_five_failures_lock_even_for_the_right_password_until_the_lock_ends():
    kim = given.person("kim", password=PASSWORD)

    failures = [attempt("wrong", at=NOON + n * MINUTE) for n in range(5)]

    assert failures == [False] * 5
    locked_at = NOON + 4 * MINUTE
    assert counted(kim) == (0, None, locked_at + 15 * MINUTE)
    assert names(kim) == ["staff.locked", *["staff.sign_in_refused"] * 5]
    assert not attempt(PASSWORD, at=locked_at + 15 * MINUTE - timedelta(seconds=1))
    assert names(kim)[0] == "staff.locked"
    assert attempt(PASSWORD, at=locked_at + 15 * MINUTE)
    assert counted(kim) == (0, None, None)


def test_failures_are_forgotten_after_the_window_and_after_success():
    kim = given.person("kim", password=PASSWORD)

    for n in range(4):
        attempt("wrong", at=NOON + n * MINUTE)
    attempt("wrong", at=NOON + 15 * MINUTE)
    assert counted(kim) == (1, NOON + 15 * MINUTE, None)

    assert attempt(PASSWORD, at=NOON + 16 * MINUTE)
    assert counted(kim) == (0, None, None)


def test_an_attempt_while_locked_does_not_prolong_the_lock():
    kim = given.person("kim", password=PASSWORD)
    for _ in range(5):
        attempt("wrong")
    before = counted(kim)

    attempt("wrong", at=NOON + 10 * MINUTE)

    assert counted(kim) == before


def test_the_count_is_a_pure_decision():
    state = Patience()
    for _ in range(4):
        state = after_failure(state, at=NOON)
    assert (state.failures, state.first_failed_at, state.is_locked(NOON)) == (4, NOON, False)

    state = after_failure(state, at=NOON + MINUTE)

    assert state == Patience(locked_until=NOON + 16 * MINUTE)


@pytest.mark.django_db(transaction=True)
def test_guessing_in_parallel_gains_nothing():
    kim = given.person("kim", password=PASSWORD)

    def guess(number: int) -> bool:
        try:
            return attempt(f"guess {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        inside = list(pool.map(guess, range(24)))

    assert inside == [False] * 24
    assert names(kim) == ["staff.locked", *["staff.sign_in_refused"] * 5]
    assert not attempt(PASSWORD, at=NOON + MINUTE)


def test_an_administrator_unlocks():
    ids = given.organisation()
    kim = given.person("kim", ("agent", ids["east"]), password=PASSWORD)
    lee = given.person("lee", ("admin", ids["east"]))
    max_ = given.person("max", ("agent", ids["east"]))
    for _ in range(5):
        attempt("wrong")

    with pytest.raises(NotAllowed):
        actions.unlock(staff_id=kim, by=given.actor(max_), at=NOON + MINUTE)
    assert not attempt(PASSWORD, at=NOON + MINUTE)
    actions.unlock(staff_id=kim, by=given.actor(lee), at=NOON + MINUTE)

    assert attempt(PASSWORD, at=NOON + MINUTE)
    assert names(kim)[:2] == ["staff.signed_in", "staff.unlocked"]


def session(staff_id: int, key: str, *, seen: datetime = NOON) -> None:
    SignInSession.objects.create(
        session_key=key,
        session_data="",
        expire_date=NOON + 12 * HOUR,
        staff_id=staff_id,
        ip="10.0.0.8",
        created_at=NOON,
        last_seen_at=seen,
    )


def test_changing_the_password_signs_out_every_other_browser():
    kim = given.person("kim", password=PASSWORD)
    for key in ("desk", "phone"):
        session(kim, key)

    actions.change_password(
        staff_id=kim, old=PASSWORD, new="a-fresh-secret-9", session_key="desk", at=NOON
    )

    assert list(SignInSession.objects.values_list("session_key", flat=True)) == ["desk"]
    assert (attempt(PASSWORD), attempt("a-fresh-secret-9")) == (False, True)
    assert "staff.password_changed" in names(kim)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("not-it", "a-fresh-secret-9", {"old": "原密码不正确。"}),
        (PASSWORD, PASSWORD, {"new": "新密码不能与原密码相同。"}),
        (PASSWORD, "shrt!x", {"new": "密码太短，至少 10 个字符。"}),
        (PASSWORD, "7305218846021", {"new": "密码不能全是数字。"}),
        (PASSWORD, "qwertyuiop", {"new": "这个密码太常见，请换一个。"}),
        (PASSWORD, "kimberley-kim", {"new": "密码不能与登录名、姓名、工号或电话相近。"}),
    ],
)
def test_a_weak_or_unproved_change_is_refused_and_changes_nothing(old, new, said):
    kim = given.person("kimberley-kim", password=PASSWORD)

    with pytest.raises(actions.PasswordTooWeak) as refused:
        actions.change_password(staff_id=kim, old=old, new=new, at=NOON)

    assert refused.value.fields == said
    assert Staff.objects.get(pk=kim).check_password(PASSWORD)
    assert names(kim) == []


def test_a_reset_makes_a_first_password_and_signs_out_everywhere():
    kim = given.person("kim", password=PASSWORD)
    session(kim, "desk")

    actions.set_password(staff_id=kim, password="first-one-again", by=SYSTEM, at=NOON)

    row = Staff.objects.get(pk=kim)
    assert (row.must_change_password, row.check_password("first-one-again")) == (True, True)
    assert SignInSession.objects.count() == 0


def test_people_see_and_end_their_own_sessions_only():
    kim, max_ = given.person("kim"), given.person("max")
    session(kim, "desk", seen=NOON + HOUR)
    session(kim, "phone")
    session(max_, "other")

    found = queries.sessions_of(kim, NOON, current_key="desk")
    assert [(row.is_current, row.ip) for row in found] == [(True, "10.0.0.8"), (False, "10.0.0.8")]
    [other] = queries.sessions_of(max_, NOON)

    with pytest.raises(actions.SessionUnknown):
        actions.sign_out_session(staff_id=kim, ref=other.ref, at=NOON)
    actions.sign_out_session(staff_id=kim, ref=found[1].ref, at=NOON)

    left = set(SignInSession.objects.values_list("session_key", flat=True))
    assert left == {"desk", "other"}
    assert actions.sign_out_others(staff_id=kim, keep="desk", at=NOON) == 0
    assert actions.sign_out_others(staff_id=kim, keep="", at=NOON) == 1


def test_a_visit_is_noted_at_most_once_a_minute():
    kim = given.person("kim")
    session(kim, "desk")

    for later in (timedelta(seconds=59), MINUTE, MINUTE + timedelta(seconds=30)):
        visit = queries.visit("desk", NOON + later)
        assert visit is not None
        actions.note_visit(session_key="desk", visit=visit, at=NOON + later)

    assert SignInSession.objects.get().last_seen_at == NOON + MINUTE


def test_a_session_ends_with_its_time_and_with_its_owner():
    kim = given.person("kim")
    session(kim, "desk")
    visit = queries.visit("desk", NOON)

    assert visit is not None
    assert (visit.staff_id, visit.revision) == (kim, queries.revision())
    assert queries.visit("desk", NOON + 12 * HOUR) is None
    assert queries.visit("unknown", NOON) is None
    Staff.objects.filter(pk=kim).update(left_at=NOON)
    assert queries.visit("desk", NOON) is None


def test_sessions_that_are_over_are_swept_up():
    kim = given.person("kim")
    session(kim, "desk")

    assert actions.forget_sessions(at=NOON + 12 * HOUR - MINUTE) == 0
    assert actions.forget_sessions(at=NOON + 12 * HOUR) == 1
    assert SignInSession.objects.count() == 0


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36", "Chrome · Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU like Mac OS X) Safari/604.1", "Safari · iPhone"),
        ("curl/8.5", "未知设备"),
    ],
)
def test_a_device_has_a_name_people_know(agent, name):
    assert device_name(agent) == name
