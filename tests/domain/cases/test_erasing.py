"""A customer is made anonymous: the person goes from files, cases and conversations, what must be kept stays."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from bihuan.domain.attachments import actions as attachments
from bihuan.domain.attachments.ports import Upload
from bihuan.domain.cases.actions import steps
from bihuan.domain.cases.models import Case, Note
from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.actions import erasing, importing, merging
from bihuan.domain.customers.actions.bonds import NewContract, add_contract
from bihuan.domain.customers.models import (
    Account,
    ContactPoint,
    Contract,
    Customer,
    SourceRow,
)
from bihuan.domain.customers.queries import search
from bihuan.domain.interactions.models import Delivery, Interaction
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Channel
from bihuan.domain.notifications.events import Letter
from bihuan.domain.notifications.models import Letter as Waiting
from bihuan.domain.org import queries as org
from bihuan.domain.portfolios.actions import opening
from bihuan.domain.portfolios.choices import Purpose
from bihuan.engines.contacting import Purpose as For
from bihuan.kit import db
from bihuan.kit.problems import NotAllowed
from tests.domain.cases import given as cases
from tests.domain.org import given as orgs
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
    add_contract(customer_id=one, new=contract, by=SYSTEM, at=NOON)
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


def end(case):
    cases.handled_by(case, cases.KIM)
    steps.verify(cases.step(case, cases.LEE, 2), cases.AGREED)
    steps.close(cases.step(case, cases.LEE, 3))


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


def test_who_was_merged_while_an_erasure_waited_goes_from_both_files(house, file, monkeypatch):
    """The file that rested was made anonymous, and the person stayed in the one that went on."""
    one, other, _merge = file
    known, asked = erasing.survivor_of, []

    def read_before_the_merge(customer_id):
        asked.append(customer_id)
        return customer_id if len(asked) == 1 else known(customer_id)

    monkeypatch.setattr(erasing, "survivor_of", read_before_the_merge)
    assert erase(house, other) is True

    assert {row.name for row in Customer.objects.filter(pk__in=(one, other))} == {"已匿名客户"}
    third = given.customer(house, "张晓蓝", "13712349053", house.ada)
    with pytest.raises(merging.CustomerErased):
        merging.merge_customers(
            survivor_id=third, absorbed_id=one, grounds=merging.Grounds(), by=SYSTEM, at=NOON
        )


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
    end(Case.objects.get(pk=case))
    Note.objects.create(case_id=case, text="已致电 13612349052 张晓岚", by="staff:1", at=NOON)

    waiting = ("c", f"case:{case}", "shared@home.test"), ("o", "", "13812342046")
    for key, root, address in (*waiting, ("n", "", "13900001111")):
        new = Letter(key, root, Channel.SMS, address, "办理结果", "张晓岚，您好", For.SERVICE)
        notifications.write_letter(new, at=NOON)

    erase(house, one)

    states = dict(Waiting.objects.values_list("key", "state"))
    assert states == {"c": "WITHHELD", "o": "WITHHELD", "n": "WAITING"}
    kept = Case.objects.get(pk=case)
    assert (kept.title, kept.contact_name, kept.contact_phone) == ("***家停电", "", "")
    assert Note.objects.get().text == "已致电 *** ***"
    assert kept.customer_id == one


NAMED = (
    "张晓岚",
    "13812342046",
    "138 1234 2046",
    "110101197503073033",
    "zhang@bihuan.cn",
    "杭州市西湖区文三路 90 号",
)
KEPT = {"customers_account"}  # the number of an account may be a telephone number


@pytest.fixture
def everywhere(house, settings, tmp_path, django_capture_on_commit_callbacks):
    """One customer whose name and numbers stand wherever the product lets people write, and a namesake's file."""
    settings.HOME = tmp_path
    text = io.StringIO()
    rows = [
        ("客户编号", "客户名称", "联系电话", "身份证号", "地址", "邮箱", "户号"),
        ("A1", *NAMED[:1], NAMED[2], NAMED[3], NAMED[5], NAMED[4], NAMED[1]),
        ("A2", "测试", NAMED[2], "", "", "", ""),
    ]
    csv.writer(text).writerows(rows)
    clerk = org.actor_for(orgs.person("fang", ("admin", house.ids["vip"])), NOON)
    upload = importing.Upload("客户.csv", "营销系统", house.ids["vip"])
    batch = importing.keep_file(upload, [text.getvalue().encode()], by=clerk, at=NOON)
    columns = importing.ImportBatch.objects.get(pk=batch).columns
    importing.start(batch, columns, by=clerk, at=NOON)
    with django_capture_on_commit_callbacks(execute=True):
        importing.run(batch, now=lambda: NOON)
    file = Customer.objects.get(name=NAMED[0]).pk
    said = "，".join(NAMED)
    asked = opening.Wanted(file, Purpose.CASE, said, 24)
    given_ = opening.ask_for_file(wanted=asked, by=given.by(house.ada), at=NOON)
    opening.refuse_request(request_id=given_.pk, reason=said, by=given.by(house.boss), at=NOON)
    open_ = {"org_unit_id": house.ids["vip"], "title": said, "description": said}
    case = cases.stored_case(customer_id=file, contact_name=NAMED[0], **open_).pk
    phoned = {"contact_phone": NAMED[2], "contact_digits": NAMED[1]}
    cases.stored_case("260302-0002", contact_name=NAMED[0], **phoned, **open_)
    for one in Case.objects.all():
        end(one)
    Note.objects.create(case_id=case, text=said, by="staff:1", at=NOON)
    photo = Upload(
        f"case:{case}", f"case:{case}", "photos", "file", f"{NAMED[0]}.txt", [said.encode()]
    )
    attachments.add_attachment(photo, by=clerk, at=NOON)
    letter = Letter(
        "l1", f"case:{case}", Channel.EMAIL, NAMED[4], said, said, For.SERVICE, NAMED[0], said
    )
    notifications.write_letter(letter, at=NOON)
    talked = Interaction.objects.create(
        channel="MAIL",
        direction="IN",
        outcome="ASIDE",
        party_address=NAMED[4],
        text=said,
        by="x",
        at=NOON,
    )
    mail = {"key": "m", "envelope_from": NAMED[4], "envelope_to": "s@bihuan.cn", "size": 1}
    Delivery.objects.create(
        original=said.encode(),
        interaction=talked,
        state="SORTED",
        sorted_at=NOON,
        received_at=NOON,
        due_at=NOON,
        **mail,
    )
    customers.look_up(
        access=given.access(house.boss), text=NAMED[0], by=given.by(house.boss), at=NOON
    )
    return file


def where_named():
    """Return the tables and files that name the person."""
    words = [f"%{form}%" for word in NAMED for form in (word, word.encode().hex())]
    lasting = "select relname from pg_class where relkind in ('r', 'm') and relpersistence = 'p'"
    tables = [row[0] for row in db.rows(f"{lasting} and relnamespace = 'public'::regnamespace")]
    holds = "select 1 from {} t where to_jsonb(t)::text like any(%s) limit 1"
    found = {table for table in tables if db.rows(holds.format(table), (words,))}
    files = [one for one in Path(settings.HOME).rglob("*") if one.is_file()]
    return found | {
        one.name for one in files if any(word.encode() in one.read_bytes() for word in NAMED)
    }


def test_nobody_finds_an_erased_person_by_any_text_in_tables_or_files(
    house, everywhere, django_capture_on_commit_callbacks
):
    assert {"cases_note", "interactions_delivery", "notifications_notice"} <= where_named()

    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase_customer(
            customer_id=everywhere, reason="张晓岚本人书面要求", by=given.by(house.boss), at=NOON
        )

    assert where_named() == KEPT
    assert Account.objects.get().number == NAMED[1]
    fact = ledger.facts_of(f"customer:{everywhere}", names=["customer.erased"]).rows[0]
    assert fact.reason == "***本人书面要求"
