"""The pages around signing in, as a browser meets them."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions
from bihuan.domain.org.models import SignInSession, Staff
from bihuan.kit import clock, db
from tests.domain.org import given
from tests.domain.org.given import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def inside(request):
    access = request.access
    return HttpResponse(f"{access.name} {request.user.login_name} {sorted(access.grants)}")


urlpatterns = [path("inside/", inside), path("", include("bihuan.surfaces.workspace.urls"))]


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def kim():
    ids = given.organisation()
    return given.person("kim", ("agent", ids["east"]), password=PASSWORD)


def sign_in(client: Client, password: str = PASSWORD, to: str = "/inside/"):
    return client.post(
        "/sign-in/",
        {"login_name": "kim", "password": password, "next": to},
        headers={"user-agent": "Firefox/133 Windows"},
    )


def test_a_stranger_is_sent_to_sign_in_and_comes_back(client, kim):
    refused = client.get("/inside/?q=1")
    assert (refused.status_code, refused.url) == (302, "/sign-in/?next=%2Finside%2F%3Fq%3D1")

    form = client.get(refused.url)
    assert form.status_code == 200
    assert 'value="/inside/?q=1"' in form.content.decode()
    welcome = sign_in(client, to="/inside/?q=1")

    assert (welcome.status_code, welcome.url) == (302, "/inside/?q=1")
    page = client.get(welcome.url)
    assert page.content.decode() == f"Kim kim {sorted(given.ROLES['agent'])}"
    assert page.headers["Cache-Control"] == "private, no-cache"


def test_nobody_is_sent_to_another_site(client, kim):
    assert sign_in(client, to="https://evil.example/").url == "/"
    assert sign_in(client, to="//evil.example/").url == "/"


def test_the_session_says_who_from_where_and_since_when(client, kim):
    before = clock.now()

    sign_in(client)

    [row] = SignInSession.objects.all()
    assert (row.staff_id, row.ip, row.user_agent) == (kim, "127.0.0.1", "Firefox/133 Windows")
    assert before <= row.created_at <= clock.now()
    assert row.expire_date - row.created_at == pytest.approx(
        timedelta(hours=12), abs=timedelta(seconds=5)
    )


def test_a_key_from_before_signing_in_is_worth_nothing_after(client, kim):
    sign_in(client)
    first = client.cookies["bihuan_session"].value

    sign_in(client)

    assert client.cookies["bihuan_session"].value != first
    assert [row.session_key for row in SignInSession.objects.all()] == [
        client.cookies["bihuan_session"].value
    ]


def test_a_wrong_password_says_one_thing_and_opens_no_session(client, kim):
    answer = sign_in(client, "wrong")

    assert answer.status_code == 403
    page = answer.content.decode()
    assert actions.SignInRefused.message in page
    assert "wrong" not in page
    assert SignInSession.objects.count() == 0
    assert "bihuan_session" not in client.cookies


def test_signing_out_ends_the_session_and_is_a_fact(client, kim):
    sign_in(client)

    answer = client.post("/sign-out/")

    assert (answer.status_code, answer.url) == (302, "/sign-in/")
    assert SignInSession.objects.count() == 0
    assert client.get("/inside/").status_code == 302
    assert ledger.facts_of(f"staff:{kim}").rows[0].name == "staff.signed_out"


def test_signing_out_is_not_done_by_following_a_link(client, kim):
    sign_in(client)

    assert client.get("/sign-out/").status_code == 405
    assert SignInSession.objects.count() == 1


def test_forms_need_their_token(kim):
    strict = Client(enforce_csrf_checks=True)

    assert sign_in(strict).status_code == 403
    assert SignInSession.objects.count() == 0


def test_htmx_is_told_to_leave_the_page(client):
    answer = client.get("/inside/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in/")


def test_a_first_password_is_changed_before_anything_else(client, kim):
    actions.set_password(staff_id=kim, password="given-by-lee-1", by=SYSTEM, at=clock.now())
    sign_in(client, "given-by-lee-1")

    assert client.get("/inside/").url == "/password/?next=%2Finside%2F"
    assert client.get("/sessions/").url == "/password/?next=%2Fsessions%2F"
    assert "这是初始密码" in client.get("/password/").content.decode()
    unlike = client.post(
        "/password/", {"old": "given-by-lee-1", "new": "my-own-secret-7", "again": "other"}
    )
    assert unlike.status_code == 422
    assert "两次输入的新密码不一致" in unlike.content.decode()
    weak = client.post("/password/", {"old": "given-by-lee-1", "new": "short", "again": "short"})
    assert weak.status_code == 422
    assert Staff.objects.get(pk=kim).check_password("given-by-lee-1")
    done = client.post(
        "/password/",
        {
            "old": "given-by-lee-1",
            "new": "my-own-secret-7",
            "again": "my-own-secret-7",
            "next": "/inside/",
        },
    )

    assert (done.status_code, done.url) == (302, "/inside/")
    assert client.get("/inside/").status_code == 200


def test_the_list_of_sessions_ends_others(client, kim):
    phone = Client()
    sign_in(phone)
    sign_in(client)

    page = client.get("/sessions/").content.decode()
    assert page.count("Firefox · Windows") == 2
    assert page.count("本机") == 1
    for key in SignInSession.objects.values_list("session_key", flat=True):
        assert key not in page
    assert client.post("/sessions/sign-out/").url == "/sessions/"

    assert phone.get("/inside/").status_code == 302
    assert client.get("/inside/").status_code == 200


def test_one_session_is_ended_by_its_name(client, kim):
    phone = Client()
    sign_in(phone)
    sign_in(client)
    page = client.get("/sessions/").content.decode()
    address = page.split('action="/sessions/')[1].split('"')[0]

    client.post(f"/sessions/{address}")

    assert phone.get("/inside/").status_code == 302
    assert client.post("/sessions/0123456789abcdef/sign-out/").status_code == 404


def test_a_known_person_costs_one_query(client, kim):
    sign_in(client)
    client.get("/theme/")
    asked = []

    with db.watched(lambda sql, _params: asked.append(sql)):
        assert client.get("/theme/").status_code == 405

    assert len(asked) == 1


def test_djangos_test_client_can_sign_in(client, kim):
    client.force_login(Staff.objects.get(pk=kim), "django.contrib.auth.backends.ModelBackend")

    assert client.get("/inside/").status_code == 200


def test_leaving_the_company_ends_the_session(client, kim):
    sign_in(client)

    actions.let_go(staff_id=kim, reason="离职", by=SYSTEM, at=clock.now())

    assert client.get("/inside/").status_code == 302


def test_who_signs_in_at_a_drill_far_ahead_is_signed_in(client, kim, tmp_path):
    file = tmp_path / "drill.json"
    clock.write_shift(file, timedelta(days=3))
    clock.follow(file)
    try:
        assert sign_in(client).status_code == 302
        assert client.get("/inside/").status_code == 200
    finally:
        clock.follow(None)
