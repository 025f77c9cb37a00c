"""A customer is made anonymous: the person goes from files, cases and conversations, what must be kept stays."""

from datetime import date, timedelta

import pytest

from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.models import Case, Note
from bihuan.domain.customers.actions import erasing, merging, profiling
from bihuan.domain.customers.actions.profiling import NewContract
from bihuan.domain.customers.models import (
    Account,
    ContactPoint,
    Contract,
    Customer,
    SourceRow,
)
from bihuan.domain.customers.queries import search
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.kit.problems import NotAllowed
from tests.domain.cases import given as cases
from tests.domain.org.given import NOON
from tests.domain.portfolios import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return given.house()


@pytest.fixture
def file(house):
    """Two files that were found to be one customer, with an account, a contract that has ended."""
    one = given.customer(house, "张晓岚", "13812342046", house.ada)
    other = given.customer(house, "张晓兰", "13612349052", house.ada)
    Account.objects.create(
        customer_id=one,
        number="ACC-1",
        address="东门街3号",
        unit_id=house.ids["vip"],
        created_at=NOON,
    )
    contract = NewContract("HT-1", "张晓岚供电合同", date(2024, 1, 1), date(2025, 1, 1))
    profiling.add_contract(customer_id=one, new=contract, by=SYSTEM, at=NOON)
    merge = merging.merge_customers(
        survivor_id=one, absorbed_id=other, grounds=merging.Grounds(), by=SYSTEM, at=NOON
    )
    return one, other, merge


def erase(house, customer_id, who=None):
    return erasing.erase_customer(
        customer_id=customer_id,
        reason="客户本人书面要求",
        by=given.by(who or house.boss),
        at=NOON,
    )


def test_the_person_goes_and_what_the_law_keeps_stays(house, file):
    one, other, merge = file

    assert erase(house, one) is True

    assert {row.name for row in Customer.objects.filter(pk__in=(one, other))} == {"已匿名客户"}
    assert not ContactPoint.objects.filter(customer_id__in=(one, other)).exists()
    assert not SourceRow.objects.filter(customer_id__in=(one, other)).exists()
    assert (Account.objects.get().number, Account.objects.get().address) == ("ACC-1", "")
    kept = Contract.objects.get()
    assert (kept.number, kept.title, kept.ends_date) == ("HT-1", "合同", date(2025, 1, 1))
    assert search(given.access(house.boss), "张晓岚") == []
    assert search(given.access(house.boss), "13812342046") == []
    fact = ledger.facts_of(f"customer:{one}", names=["customer.erased"]).rows[0]
    assert (fact.reason, fact.data["files"]) == ("客户本人书面要求", 2)
    with pytest.raises(merging.CustomerErased):
        merging.undo_merge(merge_id=merge, reason="不是同一个人", by=SYSTEM, at=NOON)
    assert erase(house, one) is False, "done once"


def test_running_contracts_and_people_without_the_verb_stop_it(house, file):
    one, *_ = file
    with pytest.raises(NotAllowed):
        erase(house, one, house.ada)
    with pytest.raises(erasing.ErasureReasonMissing):
        erasing.erase_customer(customer_id=one, reason="", by=given.by(house.boss), at=NOON)
    Contract.objects.update(ends_date=NOON.date() + timedelta(days=1))
    with pytest.raises(erasing.StillNeeded, match="合同"):
        erase(house, one)
    assert Customer.objects.get(pk=one).name == "张晓岚"


def test_cases_keep_the_matter_and_lose_the_person(house, file):
    one, *_ = file
    case = cases.stored_case(
        title="张晓岚家停电",
        customer_id=one,
        contact_name="张晓岚",
        contact_phone="13812342046",
        org_unit_id=house.ids["vip"],
    ).pk
    with pytest.raises(erasing.StillNeeded, match="工单"):
        erase(house, one)
    stored = Case.objects.get(pk=case)
    cases.handled_by(stored, cases.KIM)
    steps.verify(cases.step(stored, cases.LEE, 2), cases.AGREED)
    steps.close(cases.step(stored, cases.LEE, 3))
    Note.objects.create(case_id=case, text="已致电 13612349052 张晓岚", by="staff:1", at=NOON)

    erase(house, one)

    kept = Case.objects.get(pk=case)
    assert (kept.title, kept.contact_name, kept.contact_phone) == ("***家停电", "", "")
    assert Note.objects.get().text == "已致电 *** ***"
    assert kept.customer_id == one
