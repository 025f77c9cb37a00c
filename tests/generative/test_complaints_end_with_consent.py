"""No path closes a complaint without consent or controlled closure (CMP-05, CMP-08).

Hypothesis picks actions, the people who try them and what they fill in; everybody of the pack tries
everything anybody can do. After each step, whatever closed a complaint must be the customer's own
consent of that round to somebody who did not handle it or given by themselves on the portal, or two signatures; or the customer took it back.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings, strategies as st

from bihuan.domain.cases import actions as cases
from bihuan.domain.cases.actions import portal
from bihuan.domain.cases.events import OpenedCase
from bihuan.domain.cases.models import Case, Closure, Consent, Handling
from bihuan.domain.cases.rules import Weight
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.customers import actions as customers
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import Refused
from tests.domain.cases.test_gathering import HANDLE, another
from tests.domain.escalations.test_ladders import DESK, loop, minutes

SEQUENCES = 25
NODES = ("desk", "handle", "review", "followup", "hold")
FORMS: dict[str, list[dict[str, Any]]] = {
    "desk": [DESK, {**DESK, "class_code": "suggestion.service.new"}],
    "handle": [HANDLE],
    "review": [
        {"review": "pass", "attribution": "none"},
        {"review": "redo", "review_reason": "没有写明原因"},
    ],
    "followup": [
        {"reached": "yes", "consent": "agreed", "score": "5"},
        {"reached": "yes", "consent": "refused", "refusal_reason": "还在漏"},
        {"reached": "silent"},
        {"reached": "yes"},
    ],
}
WORKERS = {
    "desk": ("yh-taoran", "yh-taoran"),
    "handle": ("yh-shimo", "yh-beilei"),
    "review": ("yh-zhuge", "yh-zhuge"),
    "followup": ("yh-murong", "yh-situ"),
    "hold": ("yh-situ", "yh-situ"),
}
FORMS["hold"] = FORMS["followup"]


class World:
    """Two complaints and everybody who may try something on them."""

    def __init__(self) -> None:
        self.case, self.other = loop(), another()
        new = customers.NewCustomer(name="阮文清", unit_id=unit_by_code("yh-400").id)
        found = customers.create_customer(new=new, by=SYSTEM, at=minutes(0))
        Case.objects.update(customer_id=found.pk)
        self.customer = Actor(f"customer:{found.pk}")
        self.at = minutes(1)
        self.people = [
            Actor(f"staff:{one}")
            for one in Staff.objects.order_by("id").values_list("id", flat=True)
        ]
        self.done: list[str] = []

    def units(self, case: OpenedCase) -> list[Token]:
        found = Token.objects.filter(instance_id=self.instance(case), kind="USER")
        return list(found.order_by("-id"))

    def instance(self, case: OpenedCase) -> int:
        return int(Case.objects.get(pk=case.id).standing.instance_id or 0)

    def fitting(self, name: str, case: OpenedCase, pick: int) -> Actor:
        """Return who most likely may: the worker of the unit, a signatory, the lead."""
        if name.startswith("submit"):
            login = WORKERS[_unit(self, case, pick).node][pick % 2]
        else:
            login = "yh-nangong" if name == "sign too" else "yh-situ"
        return Actor(f"staff:{Staff.objects.get(login_name=login).pk}")

    def closed_rightly(self) -> None:
        """Whatever is closed has its right kind of ending."""
        for closure in Closure.objects.all():
            if closure.kind == "CONTROLLED":
                assert closure.signed_by != closure.countersigned_by, self.done
                continue
            assert closure.kind == "CONSENT", (closure.kind, self.done)
            consent = Consent.objects.get(pk=closure.consent_id)
            handled = Handling.objects.filter(case_id=closure.case_id, at__lte=consent.at)
            handlers = set(handled.values_list("handled_by", flat=True))
            assert consent.answer == "AGREED", self.done
            assert consent.asked_by not in handlers, self.done
            assert consent.asked_by.partition(":")[0] in ("staff", "customer"), self.done
            if consent.channel == "WEB":
                assert consent.asked_by == self.customer.ref, self.done
        for case in Case.objects.exclude(state__in=["OPEN", "RESOLVED", "MERGED"]):
            assert case.closure_id is not None, self.done


Deed = Callable[[World, OpenedCase, Actor, int, datetime], object]


def _unit(world: World, case: OpenedCase, pick: int) -> Token:
    units = world.units(case)
    return units[0] if pick % 4 else units[pick % min(len(units), 3)]


def _submit(world: World, case: OpenedCase, by: Actor, pick: int, at: datetime) -> None:
    unit = _unit(world, case, pick)
    forms = FORMS[unit.node]
    processes.submit(unit.pk, forms[pick // 4 % len(forms)], by=by, at=at)


def _controlled(world: World, case: OpenedCase, by: Actor, pick: int, at: datetime) -> None:
    cases.sign_control(case_id=case.id, reason="客户要求超出合同约定范围", by=by, at=at)


def _merge(world: World, case: OpenedCase, by: Actor, pick: int, at: datetime) -> None:
    other = world.other if case is world.case else world.case
    cases.merge_case(case_id=case.id, into_id=other.id, reason="同一件", by=by, at=at)


def _class(world: World, case: OpenedCase, by: Actor, pick: int, at: datetime) -> None:
    code = ("suggestion.service.new", "complaint.quality.leak")[pick % 2]
    cases.classify_case(case_id=case.id, class_code=code, by=by, at=at)


DEEDS: dict[str, Deed] = {
    "submit": _submit,
    "claim": lambda w, c, by, n, at: processes.claim(_unit(w, c, n).pk, by=by, at=at),
    "release": lambda w, c, by, n, at: processes.release(_unit(w, c, n).pk, by=by, at=at),
    "return": lambda w, c, by, n, at: processes.return_unit(
        _unit(w, c, n).pk, NODES[n % 5], reason="退回", by=by, at=at
    ),
    "withdraw": lambda w, c, by, n, at: processes.withdraw(_unit(w, c, n).pk, by=by, at=at),
    "transfer": lambda w, c, by, n, at: processes.transfer(
        _unit(w, c, n).pk,
        to_staff_id=w.people[n % len(w.people)].staff_id,
        reason="转办",
        by=by,
        at=at,
    ),
    "assign": lambda w, c, by, n, at: processes.assign(
        _unit(w, c, n).pk,
        to_staff_id=w.people[n % len(w.people)].staff_id or 0,
        reason="指派",
        by=by,
        at=at,
    ),
    "jump": lambda w, c, by, n, at: processes.jump(
        w.instance(c), NODES[n % 5], reason="干预", by=by, at=at
    ),
    "suspend": lambda w, c, by, n, at: processes.suspend(
        w.instance(c), reason="停表", by=by, at=at
    ),
    "resume": lambda w, c, by, n, at: processes.resume(w.instance(c), by=by, at=at),
    "terminate": lambda w, c, by, n, at: processes.terminate(
        w.instance(c), reason="作废", by=by, at=at
    ),
    "take back": lambda w, c, by, n, at: cases.withdraw_case(
        case_id=c.id, reason="撤回", by=by, at=at
    ),
    "reopen": lambda w, c, by, n, at: cases.reopen_case(case_id=c.id, reason="重开", by=by, at=at),
    "classify": _class,
    "grade": lambda w, c, by, n, at: cases.grade_case(
        case_id=c.id, weight=Weight(3, 3, 1), by=by, at=at
    ),
    "dispatch": lambda w, c, by, n, at: cases.dispatch_case(
        case_id=c.id, org_unit_id=unit_by_code("yh-south-works").id, by=by, at=at
    ),
    "handle": lambda w, c, by, n, at: cases.record_handling(
        case_id=c.id, text="到场处理", by=by, at=at
    ),
    "sign": _controlled,
    "sign too": _controlled,
    "decline": lambda w, c, by, n, at: cases.decline_control(
        case_id=c.id, reason="再上门一次", by=by, at=at
    ),
    "merge": _merge,
    "undo merge": lambda w, c, by, n, at: cases.undo_merge(
        case_id=c.id, reason="撤销", by=by, at=at
    ),
    "press": lambda w, c, by, n, at: cases.urge_case(case_id=c.id, by=by, at=at),
}
DEEDS |= {
    "customer agrees": lambda w, c, by, n, at: portal.answer_case(
        c.id, portal.PublicAnswer(agreed=True, score=4), by=w.customer, at=at
    ),
    "customer refuses": lambda w, c, by, n, at: portal.answer_case(
        c.id, portal.PublicAnswer(agreed=False, reason="还在漏水"), by=w.customer, at=at
    ),
    "somebody agrees for them": lambda w, c, by, n, at: portal.answer_case(
        c.id, portal.PublicAnswer(agreed=True, score=4), by=by, at=at
    ),
}
OFTEN = {"customer agrees": 3, "submit": 60, "sign": 4, "sign too": 4, "undo merge": 4, "resume": 6}
LATER = (1, 2, 5, 30, 60, 26 * 60)


def sequence(seed: int) -> list[tuple[str, int, int, bool, int]]:
    """Return who tries what, what with, on which case and how many minutes later."""
    dice = random.Random(seed)  # noqa: S311 -- a test's dice
    names = sorted(DEEDS)
    weights = [OFTEN.get(name, 1) for name in names]
    return [
        (
            dice.choices(names, weights)[0],
            dice.randrange(10),
            dice.randrange(100),
            dice.random() < 0.2,
            dice.choices(LATER, (30, 30, 20, 10, 8, 2))[0],
        )
        for _ in range(dice.randint(20, 45))
    ]


def live(world: World, steps: list[tuple[str, int, int, bool, int]]) -> None:
    for name, who, what, is_other, later in steps:
        world.at += timedelta(minutes=later)
        while clocks.fire_due(world.at):
            pass
        case = world.other if is_other else world.case
        able = world.fitting(name, case, what) if who > 2 else world.people[what % 11]
        try:
            with transaction.atomic():
                DEEDS[name](world, case, able, what, world.at)
        except Refused:
            continue
        world.done.append(f"{name} by {able.ref}")
        world.closed_rightly()


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_no_sequence_of_anybodys_actions_closes_a_complaint_wrongly():
    world = World()
    ended: Counter[str] = Counter()

    @settings(max_examples=SEQUENCES, deadline=None, database=None, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**40))
    def any_sequence(seed):
        with transaction.atomic():
            world.at, world.done = minutes(1), []
            live(world, sequence(seed))
            ended.update(Closure.objects.values_list("kind", flat=True))
            ended.update(["tried"])
            transaction.set_rollback(True)

    any_sequence()

    assert ended["tried"] >= SEQUENCES
    # Not vacuous: some sequences do come to an end.
    assert ended["CONSENT"] + ended["CONTROLLED"] > 0, ended


@pytest.mark.django_db
def test_the_right_people_do_come_to_an_end_by_consent():
    """The sequence everybody wants is among those tried."""
    world = World()
    by = {staff.login_name: Actor(f"staff:{staff.pk}") for staff in Staff.objects.all()}

    def submit(login: str, form: dict[str, Any], at: float) -> None:
        [unit] = [one for one in world.units(world.case) if one.state in ("OPEN", "CLAIMED")]
        processes.submit(unit.pk, form, by=by[login], at=minutes(at))

    submit("yh-shimo", HANDLE, 10)
    submit("yh-zhuge", FORMS["review"][0], 20)
    submit("yh-murong", FORMS["followup"][0], 30)

    world.closed_rightly()
    assert Case.objects.get(pk=world.case.id).state == "CLOSED"
