"""The pages of ratings: asked for, read, decided by somebody else; and a customer's page says why."""

import pytest
from django.test import Client

from bihuan.domain.customers.actions import rating
from bihuan.domain.customers.models import Rating
from bihuan.domain.org.models import Staff
from bihuan.kit import clock
from tests.domain.customers import tiers_given
from tests.domain.org import given

pytestmark = pytest.mark.django_db


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
def manager(ids):
    return signed_in("gao", ids["hq"])


@pytest.fixture
def customers(ids):
    tiers_given.installed(value=tiers_given.QUOTA)
    return [
        tiers_given.customer(ids["east"], f"客户{n}", kwh=str(n * 1000), sector="商铺")
        for n in range(1, 11)
    ]


@pytest.fixture
def asked_for(clerk, ids, customers):
    response = clerk.post("/customers/ratings/", {"scheme": "value", "unit": ids["hq"]})
    assert response.status_code == 302
    return Rating.objects.get()


@pytest.fixture
def drawn(asked_for):
    rating.draw_up(asked_for.pk, at=clock.now())
    return asked_for


def page(client, address, status=200):
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_without_a_rating_or_a_scheme_the_page_says_so(clerk):
    text = page(clerk, "/customers/ratings/")

    assert "还没有评过级" in text
    assert "没有分级方案" in text


def test_a_rating_is_watched_until_it_is_drawn_up(clerk, asked_for):
    assert "正在计算" in page(clerk, f"/customers/ratings/{asked_for.pk}/")

    rating.draw_up(asked_for.pk, at=clock.now())
    response = clerk.get(f"/customers/ratings/{asked_for.pk}/progress/")
    assert response.headers["HX-Refresh"] == "true"


def test_a_second_one_under_way_is_refused_in_words(clerk, ids, drawn):
    response = clerk.post("/customers/ratings/", {"scheme": "value", "unit": ids["hq"]})

    assert response.status_code == 422
    assert rating.RatingUnderWay.message in response.content.decode()


def test_a_figure_of_the_report_leads_to_its_customers(clerk, drawn):
    text = page(clerk, f"/customers/ratings/{drawn.pk}/?from=-&to=S")

    assert "未评级 → 特级客户" in text
    assert "客户10" in text
    assert "客户9" not in text


def test_who_asked_may_not_approve_and_another_may(clerk, manager, drawn, customers):
    address = f"/customers/ratings/{drawn.pk}/approve/"
    refused = clerk.post(address, {})
    assert refused.status_code == 422
    assert rating.OwnProposal.message in refused.content.decode()

    assert manager.post(address, {}).status_code == 204
    rating.apply(drawn.pk, at=clock.now())

    text = page(manager, f"/customers/{customers[9]}/")
    assert "在 10 位客户中排第 1 位" in text
    assert "零距离服务专员" in text
    assert "未评级 → 特级客户" in text


def test_sending_back_keeps_what_was_typed_until_it_says_why(manager, drawn):
    address = f"/customers/ratings/{drawn.pk}/refuse/"

    response = manager.post(address, {"reason": "再议"})
    assert response.status_code == 422
    assert "再议" in response.content.decode()
    assert manager.post(address, {"reason": "权重要再商量"}).status_code == 204
    assert "权重要再商量" in page(manager, f"/customers/ratings/{drawn.pk}/")


def test_the_file_holds_every_customer_of_the_rating(manager, drawn):
    response = manager.get(f"/customers/ratings/{drawn.pk}/export/")

    lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1] == "客户号,客户,原等级,新等级,得分,名次"
    assert len(lines) == 13
    assert sum(",特级客户," in line for line in lines) == 1


def test_others_do_not_get_there(ids, drawn):
    agent = signed_in("li", ids["hq"], "agent")

    for address in ("", f"{drawn.pk}/", f"{drawn.pk}/export/", f"{drawn.pk}/approve/"):
        assert agent.get(f"/customers/ratings/{address}").status_code == 403
