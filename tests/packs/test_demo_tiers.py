"""Demo customers have tiers by the written rule, and two segments find some of them."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from bihuan.domain.customers.models import Customer, HeldTier, Segment
from bihuan.domain.ledger.events import Actor
from bihuan.domain.org import actions as org
from bihuan.domain.packs import actions
from bihuan.integrations import scenarios
from bihuan.integrations.scenarios import grading
from bihuan.integrations.scenarios.demo import Script
from tests.packs import shipped

BY = Actor("system:test")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 6, 3, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_demo_customers_are_rated_and_chosen():
    for each in ("base", "hotline"):
        actions.install_pack(shipped.pack(each), by=BY, at=LONG_AGO)
    org.open_demo_logins(by=BY, at=LONG_AGO)
    file = next(
        f for f in shipped.pack("hotline").folder("demo") if f.path.endswith("customers.yaml")
    )
    scenarios.perform(Script("hotline", file.data["customers"], [], []), at=NOW)

    assert grading.load("hotline", at=NOW) == (1, 2)
    assert grading.load("hotline", at=NOW) == (1, 2)

    assert Counter(HeldTier.objects.values_list("tier", flat=True)) == {
        "T": 4,
        "A": 12,
        "B": 20,
        "C": 4,
    }
    assert Customer.objects.filter(tier="VIP").count() == 4
    assert [one.count for one in Segment.objects.order_by("id")] == [4, 14]
