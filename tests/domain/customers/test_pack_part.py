"""Packs add fields to customers' files and say what should be known of each."""

from datetime import time

import pytest

from bihuan.domain.customers.pack_parts import CustomerFilePart
from bihuan.domain.customers.queries import profile_rules
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.packs import actions as packs
from bihuan.engines.contacting import House, Quiet
from bihuan.engines.packs.source import read_pack
from tests.domain.org.given import NOON

MANIFEST = b'key = "fleet"\nversion = "1.0"\nname = { zh = "\xe8\xbd\xa6\xe9\x98\x9f" }\n'
FILE = """
title: 车队客户
fields:
  - {key: fleet_size, title: 车队规模, applies: [ORGANISATION]}
completeness:
  ORGANISATION: {phone: 60, fleet_size: 40}
"""


def fleet(text=FILE):
    return read_pack({"pack.toml": MANIFEST, "customers/customers.yaml": text.encode()})


@pytest.mark.django_db
def test_an_installed_pack_adds_fields_and_weights():
    assert profile_rules.house() == House()
    own = 'quiet_hours: {from: "21:00", until: "08:00"}\ncare_needs_consent: true\n'
    packs.install_pack(source=fleet(FILE + own), by=SYSTEM, at=NOON)

    assert profile_rules.house() == House((Quiet(time(21), time(8)),), care_needs_consent=True)
    assert [(one.key, one.title) for one in profile_rules.own_fields()] == [
        ("fleet_size", "车队规模")
    ]
    assert profile_rules.weights_for("ORGANISATION") == {"phone": 60, "fleet_size": 40}
    assert profile_rules.weights_for("PERSON") == profile_rules.DEFAULT["PERSON"]
    assert profile_rules.field_title("fleet_size") == "车队规模"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (FILE.replace("fleet_size: 40", "fleet_sise: 40"), "没有“fleet_sise”这一项"),
        (FILE + 'quiet_hours: {from: "08:00", until: "08:00"}', "起止时间相同，一分钟也没有"),
        (FILE.replace("[ORGANISATION]", "[COMPANY]"), "没有“COMPANY”这类客户"),
    ],
)
def test_a_mistake_is_told_with_its_line(wrong, message):
    pack = fleet(wrong)
    file = next(one for one in pack.files if one.path.startswith("customers/"))

    assert [one.message for one in CustomerFilePart().check(file, pack)] == [message]
