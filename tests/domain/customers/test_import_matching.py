"""Records of a file find the customers they are: joined, kept apart, or left to people to decide."""

import pytest

from bihuan.domain.customers.actions import arriving
from bihuan.domain.customers.actions.merging import Grounds, merge_customers
from bihuan.domain.customers.models import Customer, Pair, RejectedRow, SourceRow
from bihuan.domain.customers.queries import imports
from bihuan.domain.org import queries as org
from bihuan.kit.problems import NotAllowed
from tests.domain.customers.importing_given import LIANG, ZHANG, counts, kept, sheet, table, taken
from tests.domain.org import given
from tests.domain.org.given import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


def test_a_record_joins_the_file_it_surely_belongs_to(ids, clerk):
    taken(table(ZHANG), ids, clerk)
    by_id = ("X1", "张晓岚", "", ZHANG[3], "")
    by_phone = ("X2", "张晓岚", "13812342046", "", "")
    family = ("X3", "张建国", "13812342046", "", "")

    batch = taken(table(by_id, by_phone, family), ids, clerk, source="呼叫中心")

    assert counts(batch) == {"matched": 2, "created": 1}
    assert sorted(c.name for c in Customer.objects.all()) == ["张建国", "张晓岚"]
    assert Pair.objects.count() == 0
    zhang = Customer.objects.get(name="张晓岚")
    assert sorted(r.source.title for r in zhang.source_rows.all()) == [
        "呼叫中心",
        "呼叫中心",
        "营销系统",
    ]


def test_two_proven_numbers_are_never_one_person_and_doubts_are_kept(ids, clerk):
    taken(table(ZHANG), ids, clerk)
    other_id = ("X1", "张晓岚", "13812342046", "110105198806053718", "")
    sounds_alike = ("X2", "张小岚", "13812342046", "", "")

    batch = taken(table(other_id, sounds_alike), ids, clerk, source="呼叫中心")

    assert counts(batch) == {"created": 2}
    pairs = Pair.objects.all()
    assert {frozenset((p.left.name, p.right.name)) for p in pairs} == {
        frozenset({"张晓岚", "张小岚"})
    }


def test_a_proven_number_under_quite_another_name_is_a_doubt(ids, clerk):
    other = ("B1", "钱多福", "13712349052", ZHANG[3], "")
    renamed = ("B2", "张小岚", "13912340001", ZHANG[3], "")
    taken(table(ZHANG), ids, clerk)

    batch = taken(table(other, renamed), ids, clerk, source="呼叫中心")

    assert counts(batch) == {"matched": 1, "created": 1}
    (pair,) = Pair.objects.all()
    assert {pair.left.name, pair.right.name} == {"张晓岚", "钱多福"}


def test_nobody_imports_into_or_matches_with_a_foreign_part(ids, clerk):
    taken(table(ZHANG), ids, clerk)
    west = given.actor(given.person("wu", ("admin", ids["west"])))

    with pytest.raises(NotAllowed):
        kept(table(ZHANG), ids, west)
    assert counts(taken(table(ZHANG), ids, west, source="西区", unit="west")) == {"created": 1}
    access = org.access_of(west.staff_id, NOON)
    assert [row.source for row in imports.import_list(access).rows] == ["西区"]


def test_an_account_of_somebody_else_is_not_taken_over(ids, clerk):
    heading = ("姓名", "手机号", "户号")
    taken(sheet(heading, ("张晓岚", "13812342046", "3301-0001")), ids, clerk)
    again = sheet(heading, ("孙不二", "13912342047", "3301-0001"))
    batch = taken(again, ids, clerk, source="收费")

    assert counts(batch) == {"rejected": 1}
    assert RejectedRow.objects.get(batch=batch).problems == {"account": "这个户号已属于另一位客户"}


def test_an_account_is_one_customers_within_a_file_and_when_a_record_changes(ids, clerk):
    """The second lost the number without a word."""
    heading = ("客户编号", "姓名", "手机号", "户号")
    zhang = ("1", "张晓岚", "13812342046", "3301-0001")
    sun, chen = ("2", "孙不二", "13912342047"), ("3", "陈一", "13912342048")
    batch = taken(sheet(heading, zhang, (*sun, "3301-0002"), (*chen, "3301-0001")), ids, clerk)
    assert counts(batch) == {"created": 2, "rejected": 1}

    assert counts(taken(sheet(heading, (*sun, "3301-0001")), ids, clerk)) == {"rejected": 1}
    assert SourceRow.objects.get(key="2").values["accounts"] == ["3301-0002"]


def test_who_is_merged_while_a_portion_is_read_is_joined_where_they_went(ids, clerk, monkeypatch):
    taken(table(ZHANG), ids, clerk)
    gone = Customer.objects.get()
    taken(table(LIANG), ids, clerk)
    stays = Customer.objects.exclude(pk=gone.pk).get()
    place_all, merged = arriving._place_all, []

    def merging_meanwhile(*given):
        found = place_all(*given)
        if not merged:
            both = {"survivor_id": stays.pk, "absorbed_id": gone.pk}
            merged.append(merge_customers(**both, grounds=Grounds(), by=clerk, at=NOON))
        return found

    monkeypatch.setattr(arriving, "_place_all", merging_meanwhile)
    again = ("C1", ZHANG[1], "13912347777", ZHANG[3], "")
    assert counts(taken(table(again), ids, clerk, source="收费")) == {"matched": 1}

    assert SourceRow.objects.get(key="C1").customer_id == stays.pk
    assert stays.contacts.filter(value="13912347777").exists()
