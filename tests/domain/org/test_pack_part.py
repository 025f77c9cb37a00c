"""What a pack says about the organisation, checked and put into force."""

import pytest

from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.org import actions, queries
from bihuan.domain.org.models import Holding, OrgUnit, Post, Role, Staff
from bihuan.domain.org.ports import Device
from bihuan.domain.packs import actions as packs
from bihuan.engines.packs.source import PackSource, read_pack
from tests.domain.org.given import NOON

pytestmark = pytest.mark.django_db

ROLES = """
title: 岗位
roles:
  - {code: agent, name: 受理, verbs: [case.open, unit.work]}
"""
POSTS = """
posts:
  - {code: intake, name: 受理员, role: agent}
"""
# Read first, names what the other files define.
STAFF = """
staff:
  - {login: linxiao, name: 林晓, phone: "13900000001", password: bihuan-demo, holds: [{post: intake, unit: north}]}
"""
UNITS = """
units:
  - code: csc
    name: 客服中心
    children:
      - {code: north, name: 北区}
"""


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pack(version: str = "1.0", **texts: str) -> PackSource:
    manifest = f'key = "shop"\nversion = "{version}"\nname = {{ zh = "店" }}\n'
    files = {"pack.toml": manifest.encode()}
    files |= {f"org/{name}.yaml": text.encode() for name, text in texts.items()}
    return read_pack(files)


def whole(version: str = "1.0", **other: str) -> PackSource:
    texts = {"a_staff": STAFF, "b_posts": POSTS, "c_roles": ROLES, "d_units": UNITS}
    return pack(version, **{**texts, **other})


def install(source: PackSource) -> None:
    packs.install_pack(source, by=SYSTEM, at=NOON)


def said(**texts: str) -> list[str]:
    return [str(problem) for problem in packs.check_pack(pack(**texts), beside={})]


def test_files_may_name_each_other_in_any_order():
    install(whole())

    assert Role.objects.get().verbs == ["case.open", "unit.work"]
    assert Post.objects.get().role.code == "agent"
    north = queries.unit_by_code("north")
    assert queries.tree().units[north.parent_id or 0].code == "csc"


def test_installing_opens_no_account():
    install(whole())

    assert Staff.objects.count() == 0


def test_the_demo_opens_accounts_once():
    install(whole())

    first = actions.open_demo_logins(by=SYSTEM, at=NOON)
    again = actions.open_demo_logins(by=SYSTEM, at=NOON)

    assert (first, again) == (["linxiao"], [])
    staff = actions.sign_in(login_name="linxiao", password="bihuan-demo", device=Device(), at=NOON)
    assert (staff.name, staff.must_change_password) == ("林晓", False)
    north = queries.unit_by_code("north").id
    assert queries.holdings_of(staff.pk, NOON) == [("intake", north)]
    assert Holding.objects.count() == 1


def test_a_new_version_sets_roles_and_leaves_the_units_of_the_house_alone():
    install(whole())
    north, csc = queries.unit_by_code("north"), queries.unit_by_code("csc")
    actions.rename_unit(unit_id=north.id, name="北部", by=SYSTEM, at=NOON)
    actions.move_unit(unit_id=north.id, parent_id=None, by=SYSTEM, at=NOON)

    install(
        whole(
            "1.1",
            c_roles=ROLES.replace("unit.work", "case.view"),
            d_units=UNITS + "      - {code: south, name: 南区}\n",
        )
    )

    assert Role.objects.get().verbs == ["case.open", "case.view"]
    assert queries.unit_by_code("north").name == "北部"
    assert queries.unit_by_code("north").parent_id is None
    assert queries.unit_by_code("south").parent_id == csc.id
    assert OrgUnit.objects.count() == 3


def test_a_verb_nobody_knows_is_named_with_its_line():
    assert said(x=ROLES.replace("unit.work", "unit.wrok")) == [
        "org/x.yaml:4: 没有权限“unit.wrok”。是否想写“unit.work”。"
    ]


def test_references_must_lead_somewhere():
    assert said(a=POSTS, b=STAFF, c=UNITS, d=ROLES.replace("agent", "agents")) == [
        "org/a.yaml:3: 没有角色“agent”。是否想写“agents”。"
    ]
    assert said(b=STAFF.replace("north", "nowhere"), a=POSTS, c=UNITS, d=ROLES) == [
        "org/b.yaml:3: 没有机构“nowhere”。请改用其中之一：csc、north。"
    ]


def test_a_code_is_used_once_in_a_pack():
    assert said(a=UNITS, b="units: [{code: north, name: 北}]") == [
        "org/a.yaml:2: 代码“north”在行业包里出现了多次。请只留一处。",
        "org/b.yaml:1: 代码“north”在行业包里出现了多次。请只留一处。",
    ]


def test_unknown_words_and_missing_names_are_reported():
    problems = said(x="units:\n  - {code: north, nme: 北}\n")

    assert problems == [
        "org/x.yaml:2: 不认识“nme”。是否想写“name”。",
        "org/x.yaml:2: 缺少“name”。请补上 name: 受理员。",
    ]


@pytest.mark.parametrize("text", ["units: 3", "- a", "staff: [3]", "units:\n  - {children: 4}"])
def test_nonsense_is_a_problem_and_no_crash(text):
    assert said(x=text) != []
