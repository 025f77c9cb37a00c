"""What must be true of the packs that come with the product, beyond what `pack check` asks."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.packs import actions, queries
from bihuan.engines.bpmn import parse
from bihuan.engines.packs.source import read_pack
from tests.packs import shipped

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
PHONE = re.compile(r"\b1\d{10}\b")
INVENTED = re.compile(r"1(380000\d{4}|390000\d{4})")

AT = datetime(2026, 3, 2, tzinfo=UTC)
PROCESSES = shipped.processes()
NAMES = [process.key for _, process in PROCESSES]


def items(pack, folder: str, key: str) -> list[dict[str, object]]:
    return [item for file in pack.folder(folder) for item in (file.data or {}).get(key, [])]


def test_there_are_three_processes():
    assert NAMES == ["request", "incident", "complaint"]


@pytest.mark.parametrize(("pack", "process"), PROCESSES, ids=NAMES)
def test_every_unit_names_a_post_a_form_and_a_limit_that_exist(pack, process):
    posts = {str(post["code"]) for post in items(pack, "org", "posts")}
    forms = {file.stem for file in pack.folder("forms")}
    units = shipped.units(process)

    assert {unit.unit.post for unit in units} <= posts
    assert {unit.unit.form for unit in units} == forms
    assert [unit.id for unit in units if not unit.unit.limit] == []


@pytest.mark.parametrize(("pack", "process"), PROCESSES, ids=NAMES)
def test_whoever_asks_the_customer_did_not_do_the_work(pack, process):
    asking = {"request": "verify", "incident": "confirm", "complaint": "followup"}[process.key]
    working = {
        "request": {"handle"},
        "incident": {"application", "vendor"},
        "complaint": {"handle"},
    }[process.key]

    assert set(process.nodes[asking].unit.excludes) == working


@pytest.mark.parametrize("key", ["hotline", "itsm", "complaint"])
def test_a_designer_can_open_the_process(key):
    for file in shipped.pack(key).folder("processes"):
        document = parse.read(file.text.encode())
        tree = ElementTree.fromstring(file.text)  # noqa: S314 — our own file
        drawn = {shape.get("bpmnElement") for shape in tree.iter() if shape.tag.startswith(DI)}
        process = document.processes[0]

        assert (document.unsupported, document.problems) == ([], [])
        assert {*process.nodes, *process.flows} <= drawn


def test_the_ten_request_types_have_three_levels_and_eighty_leaves():
    classes = items(shipped.pack("hotline"), "taxonomy", "classes")
    leaves = [leaf for one in classes for two in one["children"] for leaf in two["children"]]

    assert len({one["request_type"] for one in classes}) == 10
    assert len(leaves) >= 80


@pytest.mark.parametrize("key", shipped.KEYS)
def test_every_phone_number_is_an_invented_one(key):
    texts = [file.text for file in shipped.pack(key).files]
    found = {phone for text in texts for phone in PHONE.findall(text)}

    assert {phone for phone in found if not INVENTED.fullmatch(phone)} == set()


@pytest.mark.parametrize(("key", "least"), [("hotline", 8), ("itsm", 4), ("complaint", 8)])
def test_the_process_is_described_by_scenarios(key, least):
    assert len(list(shipped.pack(key).folder("scenarios"))) >= least


def test_the_demo_has_forty_customers_and_a_login_for_each_post():
    pack = shipped.pack("hotline")
    held = {hold["post"] for person in items(pack, "org", "staff") for hold in person["holds"]}

    assert len(items(pack, "demo", "customers")) >= 40
    assert held == {post["code"] for post in items(pack, "org", "posts")}


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["hotline", "itsm", "complaint"])
def test_installing_again_or_what_was_exported_changes_nothing(key):
    for each in ("base", key):
        actions.install_pack(shipped.pack(each), by=SYSTEM, at=AT)

    again = actions.install_pack(shipped.pack(key), by=SYSTEM, at=AT)
    exported = actions.install_pack(read_pack(queries.export_pack(key)), by=SYSTEM, at=AT)

    assert not again.changed
    assert not exported.changed
