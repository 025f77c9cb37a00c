"""Segments are put together without losing what was typed, counted while one types, kept, listed and taken away."""

import pytest
from django.test import Client

from bihuan.domain.customers.models import Segment
from bihuan.domain.org.models import Staff
from bihuan.surfaces.workspace.sheets.segments import condition_of, form_of
from tests.domain.customers import tiers_given
from tests.domain.org import given

pytestmark = pytest.mark.django_db

FORM = {
    "join": "any",
    "group.0.join": "all",
    "test.0.0.is": "field.kwh",
    "test.0.0.op": "ge",
    "test.0.0.value": "2000",
    "test.0.1.is": "kind",
    "test.0.1.op": "eq",
    "test.0.1.value": "PERSON",
    "group.1.join": "none",
    "test.1.0.is": "field.sector",
    "test.1.0.op": "known",
    "test.1.0.value": "",
}
KEPT = {
    "any": [
        {
            "all": [
                {"is": "field.kwh", "op": "ge", "value": "2000"},
                {"is": "kind", "op": "eq", "value": "PERSON"},
            ]
        },
        {"not": {"any": [{"is": "field.sector", "op": "known"}]}},
    ]
}


@pytest.fixture
def ids():
    return given.organisation()


def signed_in(login, unit, role="admin"):
    client = Client()
    client.force_login(Staff.objects.get(pk=given.person(login, (role, unit))))
    return client


@pytest.fixture
def clerk(ids):
    return signed_in("fang", ids["hq"])


@pytest.fixture
def customers(ids):
    tiers_given.installed(value=tiers_given.QUOTA)
    return [
        tiers_given.customer(ids["east"], f"客户{n}", kwh=str(n * 1000), sector="商铺")
        for n in range(1, 4)
    ]


@pytest.fixture
def kept(clerk, customers):
    response = clerk.post("/customers/segments/new/", {**FORM, "title": "用电大户", "shared": "1"})
    assert response.status_code == 302
    return Segment.objects.get()


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_what_is_typed_becomes_the_condition_and_comes_back_as_it_was(clerk, kept):
    assert (kept.condition, kept.count, kept.is_shared) == (KEPT, 2, True)
    assert condition_of(form_of(KEPT)) == KEPT
    shown = text(clerk.get(f"/customers/segments/{kept.pk}/edit/"))
    assert 'value="2000"' in shown
    assert "用电大户" in shown


def test_the_count_follows_what_is_typed(clerk, customers):
    assert ">2<" in text(clerk.post("/customers/segments/count/", FORM))
    half = {**FORM, "test.0.0.value": "二千"}
    assert "“年用电量”要填数字" in text(clerk.post("/customers/segments/count/", half))


def test_adding_and_dropping_keeps_what_was_typed(clerk, customers):
    more = text(clerk.post("/customers/segments/form/", {**FORM, "do": "test.0"}))
    assert 'name="test.0.2.is"' in more
    assert 'value="2000"' in more
    less = text(clerk.post("/customers/segments/form/", {**FORM, "do": "drop.0.0"}))
    assert 'value="2000"' not in less
    assert 'name="test.0.1.is"' not in less
    assert 'name="test.2.0.is"' in text(
        clerk.post("/customers/segments/form/", {**FORM, "do": "group"})
    )


def test_a_refusal_keeps_the_form(clerk, customers):
    shown = text(clerk.post("/customers/segments/new/", {**FORM, "title": " "}), 422)

    assert "给分群起个名字" in shown
    assert 'value="2000"' in shown


def test_members_are_listed_and_taken_away(clerk, kept):
    shown = text(clerk.get(f"/customers/segments/{kept.pk}/"))
    assert "客户2" in shown
    assert "客户1<" not in shown

    response = clerk.get(f"/customers/segments/{kept.pk}/export/")
    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in lines[1:-1]] == ["客户", "客户2", "客户3"]
    assert "分群 用电大户" in lines[0]
    assert lines[0] == lines[-1]


def test_a_colleague_sees_the_shared_one_and_changes_nothing(ids, kept):
    other = signed_in("gao", ids["hq"])

    assert "用电大户" in text(other.get("/customers/segments/"))
    assert other.get(f"/customers/segments/{kept.pk}/edit/").status_code == 302
    assert other.post(f"/customers/segments/{kept.pk}/removal/").status_code == 403
    assert (
        other.post(f"/customers/segments/{kept.pk}/edit/", {**FORM, "title": "我的"}).status_code
        == 403
    )
    assert Segment.objects.get().title == "用电大户"


def test_without_the_right_there_is_no_page(ids, kept):
    agent = signed_in("li", ids["hq"], "agent")

    for address in ("", "new/", f"{kept.pk}/", f"{kept.pk}/export/"):
        assert agent.get(f"/customers/segments/{address}").status_code == 403


def test_none_and_gone(clerk):
    assert "还没有分群" in text(clerk.get("/customers/segments/"))
    assert clerk.get("/customers/segments/77/").status_code == 404


def test_a_search_says_whether_it_lists_all_it_found(clerk, customers, monkeypatch):
    whole = clerk.get("/customers/?q=客户").content.decode()
    monkeypatch.setattr("bihuan.surfaces.workspace.views.customers.MOST_FOUND", 2)
    cut = clerk.get("/customers/?q=客户").content.decode()

    assert "找到 3 位" in whole
    assert "只列最相近的 2 位，写得更细可找到其余的" in cut
    assert "翻页" not in whole + cut
