"""The pages that take files in and show doubles: nothing typed is lost, nothing foreign is seen, no number is whole."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localtime

from bihuan.domain.customers.actions import (
    Contact,
    ContactTerms,
    NewCustomer,
    consolidating,
    create_customer,
    importing,
    settle_contact,
)
from bihuan.domain.customers.choices import Consent, ContactKind
from bihuan.domain.customers.models import (
    Consolidation,
    ContactPoint,
    Customer,
    ImportBatch,
    Pair,
    RejectedRow,
)
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org.models import Staff
from bihuan.kit import clock
from tests.domain.org import given

pytestmark = pytest.mark.django_db

FILE = (
    "客户编号,姓名,手机号,行业\n"
    "A1,张晓岚,13812342046,餐饮\n"
    "A2,张小岚,13812342046,物流\n"
    "A3,测试,13612349052,\n"
).encode("gb18030")


@pytest.fixture
def ids():
    return given.organisation()


@pytest.fixture(autouse=True)
def home(settings, tmp_path):
    settings.HOME = tmp_path


def signed_in(login, unit, role="admin"):
    client = Client()
    client.force_login(Staff.objects.get(pk=given.person(login, (role, unit))))
    return client


@pytest.fixture
def clerk(ids):
    return signed_in("fang", ids["east"])


@pytest.fixture
def taken(clerk, ids):
    batch = upload(clerk, ids)
    form = {"name.0": "客户编号", "column.0": "key", "name.1": "姓名", "column.1": "name"}
    form |= {"name.2": "手机号", "column.2": "phone", "name.3": "行业", "column.3": "industry"}
    assert clerk.post(f"/customers/imports/{batch.pk}/", form).status_code == 302
    importing.run(batch.pk, now=clock.now)
    return batch


def upload(client, ids, **more):
    file = SimpleUploadedFile("客户.csv", FILE)
    values = {"file": file, "source": "营销系统", "unit": ids["east"], **more}
    response = client.post("/customers/imports/", values)
    assert response.status_code == 302
    return ImportBatch.objects.get()


def text(client, address):
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    assert "13812342046" not in page
    assert "13612349052" not in page
    return page


def test_columns_are_guessed_shown_with_a_preview_and_asked_for_when_missing(clerk, ids):
    batch = upload(clerk, ids)
    page = text(clerk, f"/customers/imports/{batch.pk}/")

    assert "GB18030" in page
    assert "138****2046" in page
    assert '<option value="industry" selected>' in page
    refused = clerk.post(f"/customers/imports/{batch.pk}/", {"name.0": "姓名", "column.0": ""})
    assert refused.status_code == 422
    assert "请指明哪一列是姓名或单位名称。" in refused.content.decode()


def test_a_form_without_file_or_source_keeps_what_was_typed(clerk):
    response = clerk.post("/customers/imports/", {"source": "营销系统"})

    assert response.status_code == 422
    assert 'value="营销系统"' in response.content.decode()
    assert "请选择文件。" in response.content.decode()


def test_a_bad_line_comes_back_with_what_was_typed_until_it_is_right(clerk, taken):
    row = RejectedRow.objects.get()
    address = f"/customers/imports/lines/{row.pk}/repair/"
    assert "像是随手填写的姓名" in text(clerk, f"/customers/imports/{taken.pk}/")

    refused = clerk.post(address, {"cell.1": "何秀英", "cell.2": "1361"})
    assert refused.status_code == 422
    assert 'value="1361"' in refused.content.decode()
    assert clerk.post(address, {"cell.1": "何秀英", "cell.2": "136****9052"}).status_code == 200
    assert Customer.objects.get(name="何秀英").contacts.get().value_norm == "13612349052"


def test_a_pair_is_merged_shown_as_one_and_taken_back(clerk, taken):
    pair = Pair.objects.get()
    page = text(clerk, "/customers/pairs/")
    assert "姓名同音" in page
    assert "餐饮" in page

    done = clerk.post(f"/customers/pairs/{pair.pk}/accept/", {"keep": pair.left_id}, follow=True)
    assert "已合并" in done.content.decode()
    other = clerk.get(f"/customers/{pair.right_id}/")
    assert (other.status_code, other["Location"]) == (302, f"/customers/{pair.left_id}/")
    assert "合并记录" in text(clerk, f"/customers/{pair.left_id}/")

    clerk.post(f"/customers/pairs/{pair.pk}/reopen/")
    assert clerk.get(f"/customers/{pair.right_id}/").status_code == 200


def test_a_disputed_value_is_chosen(clerk, taken):
    pair = Pair.objects.get()
    clerk.post(f"/customers/pairs/{pair.pk}/accept/", {"keep": pair.left_id})
    before = Customer.objects.get(pk=pair.left_id).attributes["industry"]
    other = {"餐饮": "物流", "物流": "餐饮"}[before]
    row = next(
        row
        for row in Customer.objects.get(pk=pair.left_id).source_rows.all()
        if row.values["attributes"]["industry"] == other
    )

    form = {"field": "attributes.industry", "row": row.pk}
    assert clerk.post(f"/customers/{pair.left_id}/choices/", form).status_code == 302
    assert Customer.objects.get(pk=pair.left_id).attributes["industry"] == other


def test_nobody_sees_files_lines_pairs_or_customers_of_a_foreign_part(ids, taken):
    west = signed_in("wu", ids["west"])
    row, pair = RejectedRow.objects.get(), Pair.objects.get()

    assert west.get(f"/customers/imports/{taken.pk}/").status_code == 404
    assert west.get(f"/customers/imports/{taken.pk}/progress/").status_code == 404
    assert west.post(f"/customers/imports/lines/{row.pk}/drop/").status_code == 404
    assert west.get(f"/customers/{pair.left_id}/").status_code == 404
    assert west.post(f"/customers/pairs/{pair.pk}/accept/").status_code == 403
    assert "张晓岚" not in text(west, f"/customers/pairs/?pair={pair.pk}")
    assert "客户.csv" not in text(west, "/customers/imports/")
    assert Pair.objects.get().state == "OPEN"


def test_who_may_only_look_neither_imports_nor_merges(ids, taken):
    agent = signed_in("kim", ids["east"], "agent")

    for address in ("/customers/imports/", "/customers/pairs/"):
        assert agent.get(address).status_code == 403
    assert "导入客户" not in text(agent, "/customers/")


def test_what_a_look_through_all_files_found_is_told_and_owners_see_what_to_collect(clerk, taken):
    assert "还没有比对过" in text(clerk, "/customers/runs/")
    assert clerk.post("/customers/runs/").status_code == 302
    assert "比对中" in text(clerk, "/customers/runs/")
    consolidating.run(Consolidation.objects.get().pk, now=clock.now)
    Customer.objects.update(owner=Staff.objects.get(login_name="fang"))

    page = text(clerk, "/customers/runs/")
    assert "按来源和机构" in page
    assert "营销系统" in page
    assert "未指定负责人" in page
    mine = text(clerk, "/customers/collecting/")
    assert "证件" in mine
    assert Customer.objects.filter(merged_into=None)[0].name in mine


def test_a_relation_is_found_while_one_types_noted_taken_away_and_brought_back(clerk, taken):
    one, other = Customer.objects.order_by("id")
    page = f"/customers/{one.pk}/"
    asked = clerk.get(f"{page}relations/?key=k&kind=HOUSEHOLD&other=张小岚").content.decode()
    assert f'value="{other.pk}"' in asked
    form = {"key": "k", "kind": "HOUSEHOLD", "other": ["张小岚", str(other.pk)], "note": "夫妻"}
    assert clerk.post(f"{page}relations/", form | {"other": "张"}).status_code == 422
    assert clerk.post(f"{page}relations/", form).status_code == 204
    assert "家庭成员" in text(clerk, page)

    kept = one.relations.first() or other.relations.get()
    gone = clerk.post(f"{page}relations/{kept.pk}/removal/")
    assert "没有登记关系" in text(clerk, page)
    assert clerk.post(json.loads(gone["HX-Trigger"])["toast"]["undo"]).status_code == 204
    assert "夫妻" in text(clerk, page)


def test_a_contract_with_a_wrong_day_keeps_what_was_typed(clerk, taken):
    one = Customer.objects.earliest("id")
    address = f"/customers/{one.pk}/contracts/"
    form = {"key": "c", "number": "HT-9", "title": "供货", "starts_date": "2026-13-01"}
    refused = clerk.post(address, form)
    assert refused.status_code == 422
    assert "写成 2026-01-31" in refused.content.decode()
    assert 'value="HT-9"' in refused.content.decode()

    right = form | {"key": "d", "starts_date": "2026-01-01", "amount": "12,000"}
    assert clerk.post(address, right).status_code == 204
    assert "12,000" in text(clerk, f"/customers/{one.pk}/")


def test_whoever_calls_in_quiet_hours_is_warned_and_goes_on_with_a_reason(clerk, ids):
    now = localtime()
    phone = Contact(ContactKind.PHONE, "13812342046")
    new = NewCustomer(name="张晓岚", unit_id=ids["east"], contacts=[phone])
    customer = create_customer(new=new, by=SYSTEM, at=now).pk
    hours = ((now + timedelta(hours=some)).time() for some in (-1, 1))
    terms = ContactTerms(Consent.GIVEN, *hours)
    point = ContactPoint.objects.get(customer_id=customer)
    settle_contact(contact_id=point.pk, terms=terms, by=SYSTEM, at=now)

    number = f"/customers/{customer}/contacts/{point.pk}/"
    asked = clerk.get(number).content.decode()
    assert "客户免打扰" in asked
    assert 'name="despite"' in asked
    look = {"choice": "回拨客户", "reason": "客户来电未接"}
    refused = clerk.post(number, look)
    assert refused.status_code == 422
    assert "客户来电未接" in refused.content.decode()
    assert "13812342046" in clerk.post(number, look | {"despite": "抢修通知"}).content.decode()

    spoken = f"/customers/{customer}/spoken/"
    assert "客户免打扰" in clerk.get(spoken).content.decode()
    said = {"channel": "PHONE", "reason": "客户知道了", "key": "k1"}
    assert clerk.post(spoken, said).status_code == 422
    assert clerk.post(spoken, said | {"channel": "ONSITE", "key": "k2"}).status_code == 204
    facts = ledger.facts_of(f"customer:{customer}", names=["contact.insisted"]).rows
    assert [one.reason for one in facts] == ["抢修通知"]
