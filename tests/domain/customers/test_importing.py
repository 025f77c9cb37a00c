"""Files of customers: read whatever their encoding, taken in once, mended line by line, gone on with after a kill."""

import json
from datetime import timedelta

import pytest

from bihuan.domain.customers import queries
from bihuan.domain.customers.actions import importing, repairing, sounding
from bihuan.domain.customers.models import (
    Customer,
    ImportBatch,
    RejectedRow,
    SourceRow,
)
from bihuan.domain.customers.queries import imports
from bihuan.domain.org import queries as org
from tests.domain.customers.importing_given import (
    BAD_ID,
    BAD_NAME,
    BAD_PHONE,
    HEADING,
    LIANG,
    ZHANG,
    counts,
    kept,
    sheet,
    table,
    taken,
    workbook,
)
from tests.domain.killing import killed
from tests.domain.org.given import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.mark.parametrize(
    "content",
    [
        table(ZHANG, LIANG),
        table(ZHANG, LIANG, encoding="utf-8-sig"),
        table(ZHANG, LIANG, encoding="gb18030", delimiter="\t"),
        table(ZHANG, LIANG, encoding="utf-16", delimiter=";"),
        workbook(ZHANG, LIANG),
        json.dumps([dict(zip(HEADING, row, strict=True)) for row in (ZHANG, LIANG)]).encode(),
    ],
    ids=["utf-8", "with a BOM", "GB18030 by tabs", "UTF-16", "workbook with a title", "JSON"],
)
def test_a_file_is_read_whatever_its_form(ids, clerk, content):
    assert counts(taken(content, ids, clerk)) == {"created": 2}

    zhang = Customer.objects.get(name="张晓岚")
    assert zhang.attributes == {"birth_date": "1975-03-07", "gender": "男"}
    assert zhang.contacts.get(kind="PHONE").value_norm == "13812342046"
    assert zhang.contacts.get(kind="ADDRESS").parts["district"] == "西湖区"
    assert (zhang.identifiers.get().value_norm, zhang.identifiers.get().is_proven) == (
        ZHANG[3],
        True,
    )
    assert (zhang.completeness, zhang.missing) == (85, ["occupation", "email"])


def test_whatever_stands_in_a_cell_comes_through_whole(ids, clerk):
    odd = '杭州市西湖区\t文三路 90 号\\N\n2 幢 "301" 室'
    taken(table((*ZHANG[:4], odd), ("A\\2", "梁文彬", "138123420", "", odd)), ids, clerk)

    assert Customer.objects.get().contacts.get(kind="ADDRESS").value == odd
    assert SourceRow.objects.get().values["contacts"][-1][1] == odd
    assert RejectedRow.objects.get().cells == ["A\\2", "梁文彬", "138123420", "", odd]


def test_only_the_first_contact_of_a_kind_is_the_primary_one(ids, clerk):
    taken(table((*ZHANG[:2], "", *ZHANG[3:])), ids, clerk)
    more = [
        ("X1", "张晓岚", "13812342046", ZHANG[3], ""),
        ("X2", "张晓岚", "13612349052", ZHANG[3], ""),
    ]

    assert counts(taken(table(*more), ids, clerk, source="呼叫中心")) == {"matched": 2}
    found = Customer.objects.get().contacts.filter(kind="PHONE").order_by("id")
    assert [(one.value, one.is_primary) for one in found] == [
        ("13812342046", True),
        ("13612349052", False),
    ]


def test_the_same_file_twice_changes_nothing(ids, clerk):
    content = table(ZHANG, LIANG, BAD_PHONE)
    first = taken(content, ids, clerk)
    again = kept(content, ids, clerk)

    assert again == first.pk
    assert (Customer.objects.count(), RejectedRow.objects.count()) == (2, 1)


def test_rows_that_came_before_are_known_again_and_changes_are_taken(ids, clerk):
    taken(table(ZHANG, LIANG), ids, clerk)
    moved = (*ZHANG[:4], "杭州市滨江区江南大道 1 号 5 幢 202 室")

    assert counts(taken(table(moved, LIANG), ids, clerk)) == {"changed": 1, "unchanged": 1}
    assert Customer.objects.count() == 2
    row = SourceRow.objects.get(key="A1")
    assert row.values["contacts"][-1][1] == moved[4]
    assert Customer.objects.get(name="张晓岚").contacts.filter(kind="ADDRESS").count() == 2


def test_bad_lines_stay_out_with_their_reason_and_are_mended_in_place(ids, clerk):
    batch = taken(table(BAD_PHONE, LIANG, BAD_NAME, BAD_ID), ids, clerk)
    bad = {row.line: row for row in RejectedRow.objects.order_by("line")}

    assert counts(batch) == {"created": 1, "rejected": 3}
    assert list(bad) == [2, 4, 5]
    assert bad[2].problems == {"phone": "没有这样的号码，请核对位数和区号"}
    assert list(bad[4].problems) == ["name"]
    assert bad[5].problems == {"resident_id": "最后一位校验码不对，有数字写错了"}

    with pytest.raises(repairing.StillWrong):
        repairing.repair_row(bad[2].pk, {"联系电话": "12"}, by=clerk, at=NOON)
    repairing.repair_row(bad[2].pk, {"联系电话": "13612347777"}, by=clerk, at=NOON)
    repairing.drop_row(bad[4].pk, by=clerk, at=NOON)
    with pytest.raises(repairing.RowSettled):
        repairing.drop_row(bad[2].pk, by=clerk, at=NOON)

    batch.refresh_from_db()
    assert counts(batch) == {"created": 2, "rejected": 2}
    assert Customer.objects.get(name="赵敏芝").contacts.get().value_norm == "13612347777"


def test_what_is_longer_than_its_place_stays_out_with_its_reason(ids, clerk):
    rows = [
        ("客户编号", "客户名称", "联系电话", "地址", "微信", "户号"),
        ("B1" * 60, "张晓岚", "", "", "", ""),
        ("B2", "张" * 129, "", "", "", ""),
        ("B3", "梁文彬", "", "杭州市西湖区文三路 90 号" + "内" * 300, "", ""),
        ("B4", "赵敏芝", "", "", "w" * 301, ""),
        ("B5", "钱多福", "", "", "", "3" * 65),
        ("B6", "孙立群", "13612349052", "", "", "3" * 64),
    ]
    batch = taken(sheet(*rows), ids, clerk)

    assert counts(batch) == {"created": 1, "rejected": 5}
    problems = [row.problems for row in RejectedRow.objects.order_by("line")]
    assert [list(one) for one in problems] == [
        ["key"],
        ["name"],
        ["address"],
        ["wechat"],
        ["account"],
    ]
    assert problems[4] == {"account": "超过 64 个字，请核对"}


def test_a_quote_left_open_takes_no_other_row_with_it(ids, clerk):
    """Thirty rows between two marks became one cell of one line that stayed out."""
    plain = [
        (f"B{nth}", f"王小{'伟芳娜敏静丽强磊军洋'[nth % 10]}", f"1391234{nth * 37:04}", "", "")
        for nth in range(30)
    ]
    content = 'C1,"梁文彬,13612349052,,\n'.encode().join([table(ZHANG), sheet(*plain)])

    batch = taken(
        content + sheet(("C2", "何秀英", "13712349052", "", "杭州市西湖区\n文三路 90 号")),
        ids,
        clerk,
    )

    assert (batch.state, counts(batch)) == ("DONE", {"created": 32, "rejected": 1})
    bad = RejectedRow.objects.get()
    assert (bad.line, list(bad.problems.values())) == (3, ["有一个引号没有配对，请核对这一行"])
    assert bad.cells == ["C1", '"梁文彬', "13612349052", "", ""]
    repairing.repair_row(bad.pk, {"客户名称": "梁文彬"}, by=clerk, at=NOON)
    assert Customer.objects.filter(name="梁文彬").exists()


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_goes_on_where_it_was(ids, clerk, monkeypatch):
    monkeypatch.setattr(importing, "PORTION", 2)
    people = [
        (
            f"B{n}",
            f"王{n:02d}".translate(str.maketrans("0123456789", "伟芳娜敏静丽强磊军洋")),
            f"1391234{n:04d}",
            "",
            "",
        )
        for n in range(30, 37)
    ]
    batch_id = kept(table(*people), ids, clerk)
    importing.start(batch_id, ImportBatch.objects.get(pk=batch_id).columns, by=clerk, at=NOON)
    killed(f"""
from bihuan.domain.customers.actions import importing
importing.PORTION = 2
importing.take_in = in_call(3, importing.take_in)
importing.run({batch_id}, now=lambda: NOON)
""")
    assert ImportBatch.objects.get(pk=batch_id).lines_done == 4

    importing.run(batch_id, now=lambda: NOON + timedelta(minutes=1))
    batch = ImportBatch.objects.get(pk=batch_id)
    assert (batch.state, counts(batch)) == ("DONE", {"created": 7})
    assert Customer.objects.count() == 7


def test_an_import_that_breaks_off_says_so_and_goes_on(ids, clerk, monkeypatch):
    def breaks(*_given, **_options):
        raise LookupError

    with monkeypatch.context() as patch:
        patch.setattr(importing, "take_in", breaks)
        with pytest.raises(LookupError):
            taken(table(ZHANG), ids, clerk)
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.trouble) == ("STOPPED", importing.BROKEN_OFF)

    importing.resume(batch.pk, in_background=False, by=clerk, at=NOON)
    importing.run(batch.pk, now=lambda: NOON)
    assert counts(ImportBatch.objects.get()) == {"created": 1}


def test_a_customer_is_found_by_pinyin_and_initials(ids, clerk):
    taken(table(ZHANG, LIANG), ids, clerk)
    access = org.access_of(clerk.staff_id, NOON)

    for text in ("zxl", "zhangxiao", "晓岚", "2046"):
        assert [row.name for row in queries.search(access, text)] == ["张晓岚"], text


def test_mended_lines_keep_numbers_that_were_shown_masked(ids, clerk):
    batch = taken(table(("A9", "测试", "13812342046", "", "")), ids, clerk)
    access = org.access_of(clerk.staff_id, NOON)
    line = imports.rejected_lines(access, batch.pk).rows[0]

    assert line.cells["联系电话"] == "138****2046"
    repairing.repair_row(line.id, {**line.cells, "客户名称": "何秀英"}, by=clerk, at=NOON)

    assert Customer.objects.get(name="何秀英").contacts.get().value_norm == "13812342046"


def test_names_from_before_sounds_were_kept_are_filled_in_by_portions(ids, clerk, monkeypatch):
    monkeypatch.setattr(sounding, "PORTION", 1)
    taken(table(ZHANG, LIANG), ids, clerk)
    Customer.objects.update(name_pinyin="", name_initials="")

    assert sounding.fill_sounds() == 2
    assert Customer.objects.get(name="张晓岚").name_pinyin == "zhangxiaolan"
    assert sounding.fill_sounds() == 0
