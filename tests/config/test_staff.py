"""`bihuan staff`, as an administrator types it."""

import json

import pytest
from click.testing import CliRunner

from bihuan.config.cli import staff
from bihuan.domain.org import actions, queries
from bihuan.domain.org.models import Staff
from bihuan.domain.org.ports import Device
from bihuan.kit import clock
from bihuan.kit.problems import Refused
from tests.domain.org import given

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def units():
    given.organisation()


def run(*arguments: str):
    result = CliRunner().invoke(staff.command, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def answer(*arguments: str):
    return json.loads(run(*arguments, "--json").splitlines()[-1])


def signs_in(login: str, password: str) -> bool:
    try:
        actions.sign_in(login_name=login, password=password, device=Device(), at=clock.now())
    except actions.SignInRefused:
        return False
    return True


def test_somebody_added_signs_in_with_the_printed_password_and_must_change_it():
    added = answer("add", "kim", "金敏", "--holds", "agent@east")

    assert signs_in("kim", added["first_password"])
    assert Staff.objects.get(login_name="kim").must_change_password
    assert answer("list")["staff"] == [
        {"login": "kim", "name": "金敏", "holds": ["agent@east"], "locked": False, "left": False}
    ]


@pytest.mark.parametrize("holds", ["agent", "nobody@east", "agent@nowhere"])
def test_a_wrong_holding_adds_nobody(holds):
    with pytest.raises(Refused):
        run("add", "kim", "金敏", "--holds", holds)

    assert Staff.objects.count() == 0


def test_resetting_gives_another_password():
    first = answer("add", "kim", "金敏")["first_password"]

    second = answer("reset-password", "kim")["first_password"]

    assert (signs_in("kim", first), signs_in("kim", second)) == (False, True)


def test_unlocking_lets_in_at_once():
    password = answer("add", "kim", "金敏")["first_password"]
    for _ in range(5):
        signs_in("kim", "wrong")
    assert answer("list")["staff"][0]["locked"]
    assert not signs_in("kim", password)

    assert run("unlock", "kim") == "金敏可以重新登录了。\n"

    assert signs_in("kim", password)


def test_a_token_is_shown_once_and_revoked():
    answer("add", "kim", "金敏", "--holds", "agent@east")

    issued = answer("token", "kim", "CRM", "--scope", "case.open")

    kim = queries.staff_by_login("kim").pk
    assert actions.admit_token(key=issued["token"], at=clock.now()).staff_id == kim
    assert issued["token"] not in run("tokens", "kim")
    run("revoke-token", str(issued["id"]))
    with pytest.raises(actions.TokenRefused):
        actions.admit_token(key=issued["token"], at=clock.now())
