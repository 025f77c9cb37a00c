"""A wrong value is reported, an archivist writes it right, the reporter is told (CUS-15); agencies ask through the
manager (CUS-14)."""

from datetime import time

import pytest

from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries import CustomerUnknown
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.notifications.models import Notice
from bihuan.domain.portfolios.actions import corrections as actions
from bihuan.domain.portfolios.choices import CorrectionState
from bihuan.domain.portfolios.queries import corrections as queries
from bihuan.kit.problems import NotAllowed
from tests.domain.org.given import NOON
from tests.domain.portfolios import given
from tests.domain.portfolios.test_opening_files import sees_card

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def steel(house):
    return given.customer(house, "澄州钢铁集团", "13812342046", house.ada)


def report(house, customer_id, field="phone", who=None):
    wrong = actions.Wrong(customer_id, field, "号码是空号，客户说新号尾号 9052")
    return actions.report_mistake(wrong=wrong, by=given.by(who or house.agent), at=NOON)


def assign(house, found):
    return actions.assign(
        correction_id=found.pk, archivist_id=house.clerk, by=given.by(house.boss), at=NOON
    )


def test_reported_assigned_corrected_told(house, steel):
    found = report(house, steel)
    assert report(house, steel).pk == found.pk, "reported twice is one report"
    assert not sees_card(house.clerk, steel)

    assign(house, found)
    assert sees_card(house.clerk, steel), "the file is open to the archivist meanwhile"
    with pytest.raises(NotAllowed):
        actions.correct(
            correction_id=found.pk, value="13612349052", by=given.by(house.ada), at=NOON
        )
    said = {
        "consent": "REFUSED",
        "consent_at": NOON,
        "quiet_from": time(22),
        "quiet_until": time(8),
    }
    Customer.objects.get(pk=steel).contacts.update(**said)
    done = actions.correct(
        correction_id=found.pk, value="13612349052", by=given.by(house.clerk), at=NOON
    )

    assert not sees_card(house.clerk, steel), "and closes again"
    [point] = Customer.objects.get(pk=steel).contacts.all()
    assert (point.value, point.is_primary) == ("13612349052", True)
    assert (point.consent, point.quiet_from) == ("REFUSED", time(22)), "not called on the new one"
    assert (done.before, done.after) == ("138****2046", "136****9052")
    fact = ledger.facts_of(f"customer:{steel}", names=["customer.corrected"]).rows[0]
    assert (fact.data["before"], fact.data["after"]) == ("138****2046", "136****9052")
    assert Notice.objects.get(staff_id=house.agent).title.endswith("电话已修正")
    again = actions.correct(
        correction_id=found.pk, value="13700000000", by=given.by(house.clerk), at=NOON
    )
    assert again.after == "136****9052"


def test_names_notes_and_pack_fields_are_corrected_too(house, steel):
    for field, value in (("name", "澄州钢铁"), ("note", "已更名"), ("fleet_size", "12")):
        found = assign(house, report(house, steel, field))
        actions.correct(correction_id=found.pk, value=value, by=given.by(house.clerk), at=NOON)

    customer = Customer.objects.get(pk=steel)
    assert (customer.name, customer.note) == ("澄州钢铁", "已更名")
    assert customer.attributes["fleet_size"] == "12"


def test_what_need_not_change_is_answered(house, steel):
    found = report(house, steel)

    actions.refuse(correction_id=found.pk, reason="已经核实无误", by=given.by(house.boss), at=NOON)

    assert Notice.objects.get(staff_id=house.agent).title.endswith("已经核实无误")
    with pytest.raises(actions.CorrectionDecided):
        assign(house, found)


def test_an_agency_asks_through_the_manager(house, steel):
    wrong = actions.Wrong(steel, "address", "新厂区在科园路 1 号")
    call = {"sender": "临原地区办", "archivist_id": house.clerk, "at": NOON}
    with pytest.raises(NotAllowed):
        actions.ask_for_agency(wrong=wrong, by=given.by(house.ada), **call)
    with pytest.raises(actions.SenderMissing):
        actions.ask_for_agency(wrong=wrong, by=given.by(house.boss), **{**call, "sender": ""})

    made = actions.ask_for_agency(wrong=wrong, by=given.by(house.boss), **call)

    assert made.state == CorrectionState.ASSIGNED
    assert Notice.objects.filter(staff_id=house.clerk).count() == 1


def test_strangers_report_nothing_and_reporters_see_no_file(house, steel):
    east = given.customer(house, "东区小店", "13912342046", None, unit="east")
    with pytest.raises(CustomerUnknown):
        report(house, 10**9)
    with pytest.raises(actions.FieldUnknown):
        report(house, east, "owner")

    report(house, steel)
    [mine] = queries.corrections(given.access(house.agent)).rows
    [boss] = queries.corrections(given.access(house.boss)).rows
    assert (mine.customer, mine.may_assign) == ("", False)
    assert (boss.customer, boss.may_assign) == ("澄州钢铁集团", True)
    assert queries.corrections(given.access(house.outsider)).rows == []
