"""Demo data: customers and cases stand where they were told to, and a second load adds nothing."""

from datetime import UTC, datetime

import pytest

from bihuan.domain.cases.models import Burst, Case, CaseStudy
from bihuan.domain.cases.queries import packs_offered
from bihuan.domain.customers.models import ContactPoint, Customer, Relation
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org
from bihuan.domain.org.ports import Access
from bihuan.domain.packs import actions
from bihuan.integrations import scenarios
from bihuan.integrations.scenarios import bonds
from tests.packs import shipped

pytestmark = pytest.mark.django_db

BY = Actor("system:test")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)


@pytest.fixture
def hotline():
    for each in ("base", "hotline"):
        actions.install_pack(shipped.pack(each), by=BY, at=LONG_AGO)
    org.open_demo_logins(by=BY, at=LONG_AGO)


@pytest.mark.usefixtures("hotline")
def test_cases_wait_where_they_were_told_to():
    loaded = scenarios.load("hotline", at=NOW)

    cases = Case.objects.order_by("source_ref")
    states = sorted(case.state for case in cases)
    assert (loaded.customers, loaded.cases, loaded.new_cases) == (47, 12, 12)
    assert states == ["CLOSED"] * 3 + ["OPEN"] * 7 + ["RESOLVED"] * 2
    assert sorted(case.rework_count for case in cases) == [0] * 10 + [1] * 2
    assert all(case.opened_at < NOW for case in cases)


@pytest.mark.usefixtures("hotline")
def test_a_second_load_adds_nothing():
    scenarios.load("hotline", at=NOW)
    bonds.load("hotline", at=NOW)
    files, relations = Customer.objects.count(), Relation.objects.count()
    # Somebody worked with what was there: another name, another unit, a number gone.
    Customer.objects.update(
        name="改过的名字", name_norm="改过的名字", unit=Customer.objects.last().unit_id
    )
    ContactPoint.objects.filter(
        pk__in=[one.pk for one in ContactPoint.objects.filter(kind="PHONE")[::2]]
    ).delete()

    again = scenarios.load("hotline", at=NOW)
    bonds.load("hotline", at=NOW)

    assert again.new_cases == 0
    assert (Case.objects.count(), Customer.objects.count()) == (12, files)
    assert Relation.objects.count() == relations > 0


@pytest.fixture
def complaint():
    for each in ("base", "complaint"):
        actions.install_pack(shipped.pack(each), by=BY, at=LONG_AGO)
    org.open_demo_logins(by=BY, at=LONG_AGO)


@pytest.mark.usefixtures("complaint")
def test_complaints_are_pressed_gathered_and_learned_from():
    loaded = scenarios.load("complaint", at=NOW)

    cases = {case.source_ref.rpartition(":")[2]: case for case in Case.objects.all()}
    states = [cases[str(place)].state for place in (1, 3, 8, 9, 15)]
    assert (loaded.customers, loaded.cases, loaded.new_cases) == (11, 16, 16)
    assert states == ["OPEN", "OPEN", "RESOLVED", "CLOSED", "MERGED"]
    assert (cases["3"].level, cases["3"].urge_count) == (4, 2)
    assert cases["13"].parent_id == cases["14"].parent_id == cases["12"].pk
    assert CaseStudy.objects.filter(is_published=True).count() == 2
    assert Burst.objects.count() == 1
    assert scenarios.load("complaint", at=NOW).new_cases == 0


def test_intake_begins_with_the_pack_of_ones_own_posts():
    for each in ("base", "hotline", "complaint"):
        actions.install_pack(shipped.pack(each), by=BY, at=LONG_AGO)

    def first(post: str) -> str:
        return packs_offered(Access(staff_id=1, posts=((post, 1),)))[0]

    assert (first("intake"), first("yh_desk")) == ("hotline", "complaint")
    assert packs_offered()[0] == "complaint"
