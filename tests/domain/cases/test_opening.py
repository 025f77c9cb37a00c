"""A case is written together with the first step of its process: at once, in order, and never half."""

import re
from dataclasses import replace

import pytest

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import opening
from bihuan.domain.cases.actions.portal import requesting
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.models import Case, Fingerprint
from bihuan.domain.customers import actions as customers
from bihuan.domain.customers.choices import Tier
from bihuan.domain.customers.models import Customer
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import ProcessInstance, Token
from bihuan.domain.processes.ports import VERBS
from bihuan.integrations.message_file import intake
from bihuan.kit import db
from bihuan.kit.ids import next_number
from bihuan.kit.line import _translated
from bihuan.kit.problems import Refused
from tests.domain.cases import given
from tests.domain.cases.given import MORNING
from tests.domain.org.given import START
from tests.domain.processes.given import publish
from tests.engines.bpmn_given import process

pytestmark = pytest.mark.django_db
FLOWS = "start first; first desk; desk end"


def begun(nodes: str, flows: str = FLOWS, **values: object) -> OpenedCase:
    given.classes()
    publish(process(nodes, flows), "demo.handling")
    request = CaseRequest(
        pack="demo",
        title="路灯不亮",
        class_code="complaint",
        org_unit_id=given.org_unit(),
        **values,
    )
    return actions.open_case(request, by=SYSTEM, at=MORNING)


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch):
    """A service task of our own, registered for one test."""
    seen: list[object] = []

    def work(call: object) -> None:
        seen.append(
            Case.objects.values_list("number", "state").get(pk=call.subject.partition(":")[2])
        )

    monkeypatch.setitem(VERBS._entries, "test.look", work)
    return seen


def test_a_case_carries_the_tier_and_the_priority_of_its_customer():
    new = customers.NewCustomer("南岸医院", given.org_unit(), tier=Tier.VIP)
    hospital = customers.create_customer(new=new, by=SYSTEM, at=MORNING).pk
    Customer.objects.filter(pk=hospital).update(priority=80)

    made = begun("first user post=agent", "start first; first end", customer_id=hospital)

    instance = ProcessInstance.objects.get(pk=made.instance_id)
    assert (instance.variables["tier"], instance.priority) == ("VIP", 80)
    assert set(Token.objects.values_list("priority", flat=True)) == {80}


def test_a_batch_looks_the_customers_tiers_up_ahead():
    given.classes()
    publish(process("first user post=agent", "start first; first end"), "demo.handling")
    new = customers.NewCustomer("南岸医院", given.org_unit(), tier=Tier.IMPORTANT)
    hospital = customers.create_customer(new=new, by=SYSTEM, at=MORNING).pk
    Customer.objects.filter(pk=hospital).update(priority=60)
    request = CaseRequest(
        pack="demo",
        title="停电",
        class_code="complaint",
        org_unit_id=given.org_unit(),
        customer_id=hospital,
        source_ref="log:1",
    )

    with processes.batch():
        actions.look_ahead([request])
        made = actions.open_case(request, by=SYSTEM, at=MORNING)

    instance = ProcessInstance.objects.get(pk=made.instance_id)
    assert (instance.variables["tier"], instance.priority) == ("IMPORTANT", 60)


def test_what_is_shown_of_the_process_is_there_as_soon_as_the_case_is():
    made = begun("first task; desk user post=agent", "start desk; desk end")

    case = Case.objects.select_related("standing").get(pk=made.id)
    assert (case.number, case.involved_unit_ids) == (made.number, [given.org_unit()])
    assert (case.standing.instance_id, case.standing.process_state) == (made.instance_id, "RUNNING")
    assert case.standing.current_units == "desk"
    assert Fingerprint.objects.filter(case=case).exists()


def test_a_service_task_at_the_very_start_finds_its_case(verb):
    made = begun("first service verb=test.look; desk user post=agent")

    assert verb == [(made.number, "OPEN")]
    assert Case.objects.get(pk=made.id).standing.current_units == "desk"


@pytest.mark.parametrize("first", ["task", "service verb=test.look"])
def test_the_first_fact_of_a_case_is_that_it_was_opened(verb, first):
    made = begun(f"first {first}; desk user post=agent")

    names = [fact.name for fact in reversed(facts_of(made.ref, since=START).rows)]
    assert names == ["case.opened", "process.started", "unit.opened"]


def test_what_is_refused_or_known_already_takes_no_number():
    first = begun("first task; desk user post=agent", source_ref="demo:mail:1")
    request = CaseRequest(
        pack="demo", title="又来一次", class_code="complaint", org_unit_id=given.org_unit(),
        source_ref="demo:mail:1",
    )  # fmt: skip

    assert actions.open_case(request, by=SYSTEM, at=MORNING).id == first.id
    with pytest.raises(Refused):
        actions.open_case(replace(request, source_ref="", class_code="none"), by=SYSTEM, at=MORNING)
    assert next_number(scope="case", day=MORNING.date()) == "260302-0002"


@pytest.mark.parametrize("statement", [opening._AHEAD, requesting._KNOWN, intake._KNOWN])
def test_where_a_case_came_from_is_looked_up_by_its_index(statement: str):
    text = _translated(statement)[0].decode()
    places = ", ".join(["null"] * len(set(re.findall(r"\$\d+", text))))

    # What is asked often is planned once, for whatever is asked.
    db.run("set local plan_cache_mode = force_generic_plan")
    db.run("set local enable_seqscan = off")
    db.run(f"prepare looked_up as {text}")
    plan = "\n".join(line for (line,) in db.rows(f"explain execute looked_up({places})"))
    db.run("deallocate looked_up")

    assert "case_is_taken_over_from_its_source_once" in plan
