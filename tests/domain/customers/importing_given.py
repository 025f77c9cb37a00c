"""Files of customers as tests hand them in."""

import csv
import io

from openpyxl import Workbook

from bihuan.domain.customers.actions import importing
from bihuan.domain.customers.models import ImportBatch
from tests.domain.org.given import NOON

HEADING = ("客户编号", "客户名称", "联系电话", "身份证号", "地址")
ZHANG = (
    "A1",
    "张晓岚",
    "138 1234 2046",
    "110101197503073033",
    "杭州市西湖区文三路 90 号 2 幢 301 室",
)
LIANG = ("A2", "梁文彬", "13612349052", "", "")
BAD_PHONE = ("A3", "赵敏芝", "138123420", "", "")
BAD_NAME = ("A4", "测试", "13612340000", "", "")
BAD_ID = ("A5", "钱多福", "13712349052", "110101197503073030", "")


def sheet(*rows, encoding="utf-8", delimiter=","):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def table(*rows, **form):
    return sheet(HEADING, *rows, **form)


def workbook(*rows):
    book = Workbook()
    for row in (("二〇二六年客户清单",), HEADING, *rows):
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def kept(content, ids, clerk, *, source="营销系统", name="客户.csv", unit="east"):
    upload = importing.Upload(name, source, ids[unit])
    return importing.keep_file(upload, [content], by=clerk, at=NOON)


def taken(content, ids, clerk, **where):
    batch_id = kept(content, ids, clerk, **where)
    columns = ImportBatch.objects.get(pk=batch_id).columns
    importing.start(batch_id, columns, by=clerk, at=NOON)
    importing.run(batch_id, now=lambda: NOON)
    return ImportBatch.objects.get(pk=batch_id)


def counts(batch):
    return {
        name: count
        for name in ("created", "matched", "changed", "unchanged", "rejected")
        if (count := getattr(batch, name))
    }
