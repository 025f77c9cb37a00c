"""Items cost what their price list says at a place and moment; units charge it once, and what is undone is paid back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from bihuan.domain.billing import actions, queries
from bihuan.domain.billing.actions import ItemTerms, PriceTerms
from bihuan.domain.billing.models import Charge, Price, Refund
from bihuan.domain.org.queries import access_of
from bihuan.domain.processes import actions as processes, queries as units_of
from bihuan.kit.money import Money
from bihuan.kit.problems import NotAllowed
from tests.domain.processes.given import (
    HOUR,
    MINUTE,
    NINE,
    SYSTEM,
    facts,
    person,
    place,
    publish,
    staff,
    started,
    submit,
    unit,
)
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LINE = process("a user post=agent; b user post=agent returnTo=a", "start a; a b; b end")
LINE.nodes["a"] = replace(
    LINE.nodes["a"], unit=replace(LINE.nodes["a"].unit, charges="t.fee t.stamp")
)


@pytest.fixture
def units():
    publish(LINE)
    found = place()
    fee = [
        _price("30.00", NINE - DAY, NINE + DAY),
        _price("35.00", NINE + DAY),
        _price("20.00", NINE - DAY, region_id=found["east"]),
    ]
    stamp = [_price("5.00", NINE - DAY)]
    items = [ItemTerms("t.fee", "上门费", True, fee), ItemTerms("t.stamp", "工本费", False, stamp)]
    actions.put_prices(items, by=SYSTEM, at=NINE - DAY)
    return found


def _price(amount: str, since: datetime, until: datetime | None = None, **where) -> PriceTerms:
    return PriceTerms(Money.of(amount), since, until, **where)


def due(unit_id: int, at: datetime = NINE) -> dict[str, str]:
    found = queries.due(["t.fee", "t.stamp", "t.none"], unit_id, at)
    return {one.key: str(one.price) for one in found}


def charged() -> list[tuple[str, str, bool]]:
    found = queries.charges_of("thing:1")
    return [(one.key, str(one.price), one.refunded_at is not None) for one in found]


def test_the_nearest_region_and_the_moment_decide(units):
    assert due(units["west"]) == {"t.fee": "¥30.00", "t.stamp": "¥5.00"}
    assert due(units["west"], NINE + DAY) == {"t.fee": "¥35.00", "t.stamp": "¥5.00"}
    assert due(units["east1"], NINE + DAY) == {"t.fee": "¥20.00", "t.stamp": "¥5.00"}
    assert due(units["west"], NINE - 2 * DAY) == {}


def test_a_unit_charges_the_price_of_the_moment_it_opened(units):
    done = started(units["west"])
    kim = person("kim", ("agent", units["west"]))
    seen = units_of.unit(access_of(kim, NINE), unit(done.id, "a").pk, at=NINE)
    assert [(one.name, str(one.price)) for one in seen.charges] == [
        ("上门费", "¥30.00"),
        ("工本费", "¥5.00"),
    ]

    submit(done.id, "a", NINE + 2 * DAY, staff(kim))

    assert charged() == [("t.fee", "¥30.00", False), ("t.stamp", "¥5.00", False)]
    assert facts("charge.") == ["charge.made", "charge.made"]
    after = units_of.unit(access_of(kim, NINE), unit(done.id, "a").pk, at=NINE + 2 * DAY)
    assert after.charges == []


@pytest.mark.parametrize("way", ["returned", "withdrawn"])
def test_what_is_undone_is_paid_back_or_counts_for_the_next_run(units, way):
    kim = person("kim", ("agent", units["west"]))
    done = started(units["west"])
    submit(done.id, "a", NINE, staff(kim))
    if way == "returned":
        processes.return_unit(unit(done.id, "b").pk, reason="缺章", by=SYSTEM, at=NINE + HOUR)
    else:
        processes.withdraw(unit(done.id, "a").pk, by=staff(kim), at=NINE + HOUR)
    assert charged() == [("t.fee", "¥30.00", True), ("t.stamp", "¥5.00", False)]

    submit(done.id, "a", NINE + 2 * HOUR, staff(kim))

    assert charged() == [
        ("t.fee", "¥30.00", True),
        ("t.stamp", "¥5.00", False),
        ("t.fee", "¥30.00", False),
    ]
    standing = Charge.objects.exclude(pk__in=Refund.objects.values("charge_id"))
    assert {one.unit for one in standing} == {f"unit:{unit(done.id, 'a').pk}"}


def test_a_terminated_process_pays_back_what_is_refundable(units):
    done = started(units["east"])
    submit(done.id, "a", NINE)
    processes.terminate(done.id, reason="客户撤回", by=SYSTEM, at=NINE + MINUTE)

    assert charged() == [("t.fee", "¥20.00", True), ("t.stamp", "¥5.00", False)]
    assert queries.charges_of("thing:1")[0].refund_reason == "客户撤回"


def test_a_refused_submission_charges_nothing(units):
    kim = person("kim", ("agent", units["west"]))
    done = started(units["west"])
    with pytest.raises(NotAllowed):
        submit(done.id, "a", NINE, staff(person("max")))
    assert charged() == []
    submit(done.id, "a", NINE, staff(kim))
    assert len(charged()) == 2


def test_a_refund_by_hand_needs_the_verb_and_a_reason_and_comes_once(units):
    lee = person("lee", ("admin", units["hq"]))
    kim = person("kim", ("agent", units["west"]))
    submit(started(units["west"]).id, "a", NINE, staff(kim))
    stamp = queries.charges_of("thing:1")[1].id

    with pytest.raises(NotAllowed):
        actions.refund_charge(stamp, reason="多收", by=staff(kim), at=NINE)
    with pytest.raises(actions.RefundReasonMissing):
        actions.refund_charge(stamp, reason=" ", by=staff(lee), at=NINE)
    actions.refund_charge(stamp, reason="多收", by=staff(lee), at=NINE)
    with pytest.raises(actions.AlreadyRefunded):
        actions.refund_charge(stamp, reason="多收", by=staff(lee), at=NINE)

    assert charged() == [("t.fee", "¥30.00", False), ("t.stamp", "¥5.00", True)]


def test_a_region_has_one_price_at_a_moment(units):
    price = Price.objects.filter(region=None, item__key="t.fee").order_by("id")[0]
    price.pk = None
    with pytest.raises(IntegrityError, match="price_is_one_in_a_region"), transaction.atomic():
        price.save(force_insert=True)


def test_new_prices_take_the_place_of_the_old_and_what_was_charged_stays(units):
    submit(started(units["west"]).id, "a", NINE)
    actions.put_prices(
        [ItemTerms("t.fee", "上门费", True, [_price("50.00", NINE - DAY)])], by=SYSTEM, at=NINE
    )

    assert due(units["east"]) == {"t.fee": "¥50.00", "t.stamp": "¥5.00"}
    assert charged()[0] == ("t.fee", "¥30.00", False)
