"""A foreign file is reached by no way at all, as any demo role; with a manager's grant by every way, and facts say so."""

from dataclasses import asdict, dataclass, replace
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from bihuan.config.live.audience import Audience
from bihuan.config.live.mailbox import News
from bihuan.domain.customers import queries as customers
from bihuan.domain.customers.actions import bonds
from bihuan.domain.customers.choices import RelationKind
from bihuan.domain.customers.models import Customer
from bihuan.domain.customers.queries.reach import places, reach_of
from bihuan.domain.ledger import queries as ledger
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions as org, queries as people
from bihuan.domain.org.models import Staff
from bihuan.domain.portfolios.actions import opening
from bihuan.domain.portfolios.choices import Purpose
from bihuan.kit import clock

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(240)]
PHONE, ACCOUNT, NAME = "13800007034", "3301095034", "临原第一人民医院"
OWNER, SIGNER = "tangwei", "yeqing"
ROLES = ("linxiao", "shenzhiyuan", "gumingyu", "zhouli", "sumin", "qiumin", "fangqin", "gaoyuan")
ROLES += (OWNER, "sunyue", SIGNER, "dongyuan", "guanli", "panyun", "it-songjia", "it-mengfei")
# Guessed addresses, with the verb: what is sent to those that take a form.
GUESSED = (
    ("get", "/customers/{id}/"),
    ("get", "/customers/{id}/print/"),
    ("get", "/customers/{id}/contacts/{contact}/"),
    ("post", "/customers/{id}/contacts/{contact}/"),
    ("post", "/customers/{id}/choices/"),
    ("get", "/customers/{id}/erasure/"),
    ("get", "/intake/?customer={id}"),
    ("get", "/customers/{id}/request/"),
    ("get", "/customers/{id}/break-glass/"),
    ("get", "/customers/access/looks/?customer={id}"),
    ("get", "/customers/{id}/details/"),
    ("post", "/customers/{id}/details/"),
    ("get", "/customers/{id}/state/lose/"),
    ("get", "/customers/{id}/spoken/"),
    ("get", "/customers/{id}/contacts/"),
    ("get", "/customers/{id}/contacts/{contact}/terms/"),
    ("get", "/customers/{id}/contacts/{contact}/removal/"),
    ("get", "/customers/{id}/relations/"),
    ("get", "/customers/{id}/contracts/"),
    ("get", "/customers/{id}/contracts/{contract}/change/"),
    ("get", "/customers/{id}/contracts/{contract}/end/"),
    ("get", "/customers/{other}/"),
    ("get", "/customers/{other}/relations/?key=1&other={id}"),
    ("get", "/customers/{other}/relations/?key=1&other=临原第一"),
)
FORM = {
    "choice": "回拨客户",
    "reason": "核对现场联系人",
    "despite": "约在夜间",
    "field": "name",
    "row": "1",
}


@dataclass
class Hospital:
    """The foreign file."""

    id: int
    contact: int
    contract: int
    other: int


@pytest.fixture
def hospital(world):
    found = Customer.objects.get(name=NAME)
    other = Customer.objects.get(name="南岸医院").pk
    at = clock.now()
    bonds.relate(
        customer_id=other, other_id=found.pk, kind=RelationKind.SUBSIDIARY, by=SYSTEM, at=at
    )
    new = bonds.NewContract("HT-7034", f"{NAME}供用电合同", at.date())
    contract = bonds.add_contract(customer_id=found.pk, new=new, by=SYSTEM, at=at)
    phone = found.contacts.get(kind="PHONE")
    return Hospital(found.pk, phone.pk, contract.pk, other)


def client_of(login):
    client = Client()
    client.force_login(Staff.objects.get(login_name=login))
    return client


def text_of(answer):
    if answer.streaming:
        return b"".join(answer.streaming_content).decode()
    return answer.content.decode()


def ways(login, hospital):
    """Try every way, and return those that gave the file away."""
    client = client_of(login)
    pages = {
        "list": "/customers/",
        "search by name": "/customers/?q=临原第一",
        "search by pinyin": "/customers/?q=lydyr",
        "search by phone": f"/customers/?q={PHONE}",
        "search by tail": f"/customers/?q={PHONE[-4:]}",
        "search by account": f"/customers/?q={ACCOUNT}",
        "global search": f"/search/?q={NAME[:4]}",
        "pairs": "/customers/pairs/",
        "requests": "/customers/access/",
        "grants": "/customers/access/?view=open",
        "hand-overs": "/customers/handovers/",
        "hand-over of the owner's": f"/customers/handovers/new/?from={OWNER}",
        "corrections": "/customers/corrections/",
        "segments": "/customers/segments/",
        "follow-ups": f"/customers/following/?from={OWNER}",
    }
    found = {way for way, address in pages.items() if NAME in text_of(client.get(address))}
    for asked in ("", NAME):
        file = client.post("/customers/export/", {"q": asked, "reason": "核对客户名单"})
        if NAME in text_of(file):
            found.add("export")
    match = client.post("/intake/match/", {"contact_phone": PHONE, "contact_name": NAME[:4]})
    if f'value="{hospital.id}"' in text_of(match):
        found.add("intake")
    for verb, pattern in GUESSED:
        address = pattern.format(**asdict(hospital))
        answer = getattr(client, verb)(address, FORM if verb == "post" else None)
        told = text_of(answer)
        if NAME in told or PHONE in told or ACCOUNT in told:
            found.add(f"{verb} {address}")
    return found | api(login) | others(login, hospital)


def api(login):
    staff = Staff.objects.get(login_name=login)
    access = people.access_of(staff.pk, clock.now())
    if not access.may("customer.view"):
        return set()
    by = people.actor_for(staff.pk, clock.now())
    _row, token = org.issue_token(
        new=org.NewToken(
            staff_id=staff.pk, name=f"every way {clock.now()}", scopes=["customer.view"]
        ),
        by=by,
        at=clock.now(),
    )
    head = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    found = set()
    for asked in ("", f"?q={PHONE}", f"?q={NAME}"):
        answer = Client().get(f"/api/v1/customers{asked}", **head)
        assert answer.status_code == 200
        if any(NAME in str(one) for one in answer.json()["items"]):
            found.add("API")
    return found


def others(login, hospital):
    """Counts, and the live stream."""
    at = clock.now()
    access = people.access_of(Staff.objects.get(login_name=login).pk, at)
    found = set()
    if any(row.id == hospital.id for row in customers.search(access, NAME)):
        found.add("count")
    audience = replace(Audience.of(access), reach=replace(reach_of(access), granted=()))
    news = News(1, "customer.updated", f"customer:{hospital.id}", f"customer:{hospital.id}")
    if audience.may_hear(news, {}, places([hospital.id], at)):
        found.add("live stream")
    return found


def test_no_role_reaches_a_foreign_file_by_any_way(hospital):
    found = {login: ways(login, hospital) for login in ROLES}

    reached = {login for login, some in found.items() if some}
    assert reached == {OWNER, SIGNER}, {k: v for k, v in found.items() if v}
    for way in ("list", "search by name", "search by phone", "search by account", "live stream"):
        assert way in found[OWNER], way
        assert way in found[SIGNER], way
    assert "API" in found[OWNER]
    assert "export" in found[SIGNER]
    assert f"get /customers/{hospital.id}/" in found[OWNER]


def test_with_a_grant_every_way_opens_and_facts_say_so(hospital):
    at = clock.now()
    agent = people.actor_for(Staff.objects.get(login_name="linxiao").pk, at)
    boss = people.actor_for(Staff.objects.get(login_name=SIGNER).pk, at)
    wanted = opening.Wanted(hospital.id, Purpose.CASE, "核对现场联系人", 2)
    asked = opening.ask_for_file(wanted=wanted, by=agent, at=at)
    assert ways("linxiao", hospital) == set()

    opening.sign_request(request_id=asked.pk, by=boss, at=at)
    opened = ways("linxiao", hospital)

    for way in (
        "list",
        "search by name",
        "search by phone",
        "intake",
        "API",
        "live stream",
        "count",
    ):
        assert way in opened, way
    assert f"get /customers/{hospital.id}/" in opened
    assert f"post /customers/{hospital.id}/contacts/{hospital.contact}/" in opened
    facts = ledger.facts_of(f"customer:{hospital.id}").rows
    mine = {(one.name, one.data.get("right")) for one in facts if one.actor == agent.ref}
    assert {
        ("customer.opened", "SIGNED"),
        ("customer.printed", "SIGNED"),
        ("customer.phone_seen", None),
        ("customer.file_asked_for", None),
    } <= mine
    searched = ledger.facts_of(agent.ref, names=["customer.searched"]).rows
    assert searched
    assert all(PHONE not in str(one.data) for one in searched)

    opening.end_grant(request_id=asked.pk, reason="已经办完", by=boss, at=at)
    assert ways("linxiao", hospital) == set()


def test_who_looked_is_listed_for_managers_only_and_goes_into_a_file(hospital):
    client_of(OWNER).get(f"/customers/{hospital.id}/")
    boss = client_of(SIGNER)

    assert "查一位客户或一名人员" in text_of(
        boss.get("/customers/access/looks/")
    )  # nothing asked yet
    page = text_of(boss.get(f"/customers/access/looks/?customer=C-{hospital.id:06d}"))
    of_person = text_of(boss.get(f"/customers/access/looks/?person={OWNER}"))
    file = text_of(boss.get(f"/customers/access/looks/?customer={hospital.id}&as=csv"))

    for text in (page, of_person, file):
        assert "唐薇" in text
        assert "打开档案" in text
    assert "导出人 叶青" in file
    assert client_of(OWNER).get("/customers/access/looks/").status_code == 403


def test_an_export_carries_who_when_and_what_for(hospital):
    boss = client_of(SIGNER)

    refused = boss.post("/customers/export/", {"reason": "无"})
    book = boss.post("/customers/export/", {"q": NAME, "reason": "年度走访名单", "as": "xlsx"})
    sheet = load_workbook(BytesIO(b"".join(book.streaming_content))).active
    rows = [[str(cell) for cell in row if cell is not None] for row in sheet.values]
    assert rows[0][0].startswith("导出人 叶青，时间 ")
    assert rows[0] == rows[-1]
    assert rows[0][0] in sheet.oddFooter.center.text
    assert "138****7034" in rows[2]
    file = text_of(boss.post("/customers/export/", {"q": NAME, "reason": "年度走访名单"}))

    assert refused.status_code == 422
    assert file.splitlines()[0].lstrip("\ufeff").startswith("导出人 叶青，时间 ")
    assert "用途：年度走访名单，编号 " in file
    assert PHONE not in file
    assert "138****7034" in file
    facts = ledger.facts_of(
        f"staff:{Staff.objects.get(login_name=SIGNER).pk}", names=["customers.exported"]
    ).rows
    assert {one.reason for one in facts} == {"年度走访名单"}
    assert sum(one.data["code"] in file for one in facts) == 1
