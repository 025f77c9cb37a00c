"""A number of the source that stands in a file more than once: every row counts, the last one stands for the customer."""

import pytest

from bihuan.domain.customers.actions import importing, repairing
from bihuan.domain.customers.models import Customer, RejectedRow, SourceRow
from bihuan.domain.ledger import queries as ledger
from tests.domain.customers.importing_given import LIANG, ZHANG, counts, sheet, table, taken
from tests.domain.org.given import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]

HEADING = ("客户编号", "姓名", "手机号", "户号", "行业")
FIRST = ("1", "张晓岚", "13812342046", "3301-0001", "餐饮")
SECOND = ("1", "张晓岚", "13612349052", "3301-0002", "")
THIRD = ("1", "张小岚", "13612349052", "3301-0003", "物流")


def picture():
    customer = Customer.objects.get(merged_into__isnull=True)
    return (
        (customer.name, customer.attributes.get("industry"), customer.completeness),
        sorted(customer.contacts.values_list("value", "is_primary")),
        sorted(customer.accounts.values_list("number", flat=True)),
        [(row.key, row.line, row.values["name"]) for row in SourceRow.objects.all()],
    )


@pytest.mark.parametrize("portion", [1, 2, 4000], ids=lambda size: f"portions of {size}")
def test_rows_of_one_number_are_one_customer_with_all_their_contacts(
    ids, clerk, monkeypatch, portion
):
    """Within a portion only the last row was taken, and the contacts of the others were lost."""
    monkeypatch.setattr(importing, "PORTION", portion)

    batch = taken(sheet(HEADING, FIRST, SECOND, THIRD, THIRD), ids, clerk)

    assert counts(batch) == {"created": 1, "changed": 2, "unchanged": 1}
    assert batch.repeated == 2
    said, contacts, accounts, rows = picture()
    assert said == ("张小岚", "物流", 30)
    assert contacts == [("13612349052", False), ("13812342046", True)]
    assert accounts == ["3301-0001", "3301-0002", "3301-0003"]
    assert rows == [("1", 4, "张小岚")]
    fact = ledger.facts_of(f"customer-import:{batch.pk}").rows[0]
    assert (fact.name, fact.data["repeated"]) == ("customer_import.finished", 2)


def test_a_row_of_the_number_that_is_wrong_keeps_none_of_the_others_out(ids, clerk):
    taken(sheet(HEADING, ("9", "孙不二", "13912342047", "3301-0001", "")), ids, clerk)

    batch = taken(sheet(HEADING, FIRST, SECOND, ("1", "张晓岚", "138", "", "")), ids, clerk)

    assert (counts(batch), batch.repeated) == ({"created": 1, "rejected": 2}, 0)
    assert sorted(RejectedRow.objects.values_list("line", flat=True)) == [2, 4]
    found = Customer.objects.get(name="张晓岚")
    assert [one.value for one in found.contacts.all()] == ["13612349052"]
    bad = RejectedRow.objects.get(line=2)
    repairing.repair_row(bad.pk, {"户号": "3301-0009"}, by=clerk, at=NOON)
    batch.refresh_from_db()
    assert counts(batch) == {"created": 1, "changed": 1, "rejected": 1}


def test_a_newer_file_with_the_same_rows_changes_nothing_that_matters(ids, clerk):
    taken(sheet(HEADING, FIRST, SECOND), ids, clerk)
    before = picture()[:3]

    batch = taken(sheet(HEADING, SECOND, FIRST, SECOND), ids, clerk)

    assert (counts(batch), batch.repeated) == ({"changed": 2, "unchanged": 1}, 2)
    assert picture()[:3] == before


def test_lines_without_a_number_that_are_alike_are_one(ids, clerk):
    nobody, other = (("", *one[1:]) for one in (ZHANG, LIANG))
    batch = taken(table(nobody, other, nobody), ids, clerk)

    assert (counts(batch), batch.repeated) == ({"created": 2, "unchanged": 1}, 0)
