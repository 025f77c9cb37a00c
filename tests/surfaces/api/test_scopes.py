"""Every operation of the API asks the token, whatever its owner may do."""

import json

import pytest
from django.test import Client

from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org import actions as org
from bihuan.domain.org.queries import access_of, staff_by_login
from bihuan.domain.packs.actions import install_pack
from bihuan.kit import clock
from bihuan.surfaces.api.application import api
from tests.packs import shipped

pytestmark = pytest.mark.django_db

IDS = {
    "number": "261122-0001",
    "unit_id": "1",
    "instance_id": "1",
    "batch_id": "1",
    "copy_id": "1",
    "extension_id": "1",
    "charge_id": "1",
    "order_id": "1",
    "escalation_id": "1",
    "notice_id": "1",
    "burst_id": "1",
    "study_id": "1",
    "grant_id": "1",
    "entry_id": "1",
    "consultation_id": "1",
    "other": "261122-0002",
    "definition_id": "1",
}
BODY = {
    "pack": "itsm",
    "title": "登录不了",
    "unit": "it",
    "reason": "写明原因",
    "values": {},
    "to_staff_id": 1,
    "operation": "claim",
    "units": [1],
    "answer": "已办",
    "items": [],
    "people": [{"name": "何平"}],
    "group": "itsm.experts",
    "opinion": "属实",
    "text": "已办",
    "attribution": "MISTAKE",
    "cause": "错配",
    "result": "PASSED",
    "question": "是否保修",
    "ruling": "UNIT",
    "grounds": "合同",
    "root_cause": "错配",
    "correction": "更换",
    "prevention": "核对",
    "owner_id": 1,
    "due_date": "2026-12-01",
    "evidence": "已换",
    "is_effective": True,
    "problem": "漏水",
    "solution": "重做",
    "purpose": "REWARD",
    "amount": "10",
    "is_approved": True,
    "number": "261122-0002",
    "staff_id": 1,
    "from_definition": 1,
    "to_definition": 2,
    "to": "a",
    "name": "paid",
    "path": "processes/incident.bpmn",
    "source": "x",
    "rev": 1,
}


def operations() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return [(verb, path.format(**IDS)) for path, verbs in paths.items() for verb in verbs]


@pytest.fixture
def key() -> str:
    """Return a key that may run exports only; its owner may do everything a lead may."""
    now = clock.now()
    for pack in ("base", "itsm"):
        source = shipped.pack(pack)
        beside = tuple(shipped.pack(need.key) for need in source.manifest.requires)
        install_pack(source.standing_on(beside), by=SYSTEM, at=now)
    org.open_demo_logins(by=SYSTEM, at=now)
    lead = staff_by_login("it-mengfei").pk
    assert access_of(lead, now).may("case.open")
    new = org.NewToken(staff_id=lead, name="exports", scopes=("export.run",))
    return org.issue_token(new=new, by=Actor(f"staff:{lead}"), at=now)[1]


def test_no_operation_works_for_a_token_without_its_scope(key):
    allowed = {}
    for verb, path in operations():
        answer = Client().generic(
            verb.upper(),
            path,
            json.dumps(BODY),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        if answer.status_code != 403:
            allowed[verb, path] = (answer.status_code, answer.content.decode())

    assert len(operations()) >= 10
    assert allowed == {}
