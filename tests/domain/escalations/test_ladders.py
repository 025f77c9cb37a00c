"""Ladders: each step fires once, whoever dispatches and however late (SLA-18, CMP-06)."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bihuan.domain.cases.actions import open_case
from bihuan.domain.cases.events import CaseRequest, OpenedCase
from bihuan.domain.cases.models import Case
from bihuan.domain.clocks import actions as clocks
from bihuan.domain.clocks.queries import live_clock
from bihuan.domain.escalations import actions, queries, rules
from bihuan.domain.escalations.models import Climb, Escalation
from bihuan.domain.ledger.events import SYSTEM
from bihuan.domain.notifications.models import Notice
from bihuan.domain.org.queries import access_of, actor_for, staff_by_login, unit_by_code
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.models import Token
from bihuan.kit.problems import NotAllowed
from tests.packs import standing

NINE = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DESK = {
    "contact_name": "阮文清",
    "request_summary": "卫生间顶面漏水",
    "class_code": "complaint.quality.leak",
    "importance": "2",
    "urgency": "2",
    "scope": "1",
    "complexity": "simple",
    "org_unit": "yh-east-works",
    "instruction": "请上门查明",
}


def minutes(count: float) -> datetime:
    return NINE + timedelta(minutes=count)


def loop() -> OpenedCase:
    """A complaint with the responsible unit: two hours from nine o'clock on."""
    standing.install("base", "complaint", at=NINE - timedelta(days=90), logins=True)
    request = CaseRequest(
        "complaint", "漏水", unit_by_code("yh").id, class_code="complaint.quality.leak"
    )
    case = open_case(request, by=SYSTEM, at=NINE)
    processes.submit(open_unit(case), DESK, by=SYSTEM, at=NINE)
    return case


def open_unit(case: OpenedCase) -> int:
    live = Token.objects.filter(instance_id=case.instance_id, kind="USER")
    return live.get(state__in=["OPEN", "CLAIMED"]).pk


def dispatch(until: datetime) -> None:
    while clocks.fire_due(until):
        pass


def fired() -> list[str]:
    return list(Escalation.objects.order_by("at", "id").values_list("step", flat=True))


@pytest.mark.django_db
def test_steps_fire_at_their_own_moments_however_late_the_dispatcher_comes():
    loop()

    dispatch(minutes(600))

    at = list(Escalation.objects.order_by("at").values_list("step", "at"))
    assert at == [
        ("remind", minutes(96)),
        ("manager", minutes(120)),
        ("general", minutes(180)),
        ("president", minutes(240)),
    ]
    assert Case.objects.get().level == 4


@pytest.mark.django_db
def test_a_unit_submitted_late_has_escalated_even_if_no_dispatcher_ran():
    case = loop()

    processes.submit(
        open_unit(case),
        {
            "contacted_at": "2026-03-02 10:00",
            "cause": "works",
            "handling": "重做防水层并试水",
            "reply": "已修好请验收",
        },
        by=SYSTEM,
        at=minutes(130),
    )

    assert fired() == ["remind", "manager"]
    assert Climb.objects.get().ended_at == minutes(130)
    dispatch(minutes(1000))
    assert "general" not in fired()


@pytest.mark.django_db
def test_only_who_was_told_acknowledges_and_the_fact_says_so():
    loop()
    dispatch(minutes(120))
    row = Escalation.objects.get(step="manager")
    told = actor_for(staff_by_login("yh-shangguan").pk, NINE)
    other = actor_for(staff_by_login("yh-shimo").pk, NINE)

    with pytest.raises(NotAllowed):
        actions.acknowledge(row.pk, by=other, at=minutes(125))
    [waiting] = queries.unanswered_for(access_of(told.staff_id, NINE))
    actions.acknowledge(row.pk, note="我来办", by=told, at=minutes(125))

    assert waiting.can_acknowledge
    assert queries.unanswered_for(access_of(told.staff_id, NINE)) == []


@pytest.mark.django_db
def test_at_night_the_page_shows_and_nothing_rings():
    loop()
    ladder = queries.ladder("complaint.response")
    late = datetime(2026, 3, 2, 23, 30)  # noqa: DTZ001 -- local time of day is what counts

    assert rules.after_quiet(ladder, late) == datetime(2026, 3, 3, 7, 0)  # noqa: DTZ001
    assert rules.after_quiet(ladder, late.replace(hour=12)) is None
    assert ladder.quiet_from == time(22)


@pytest.mark.django_db
def test_what_is_done_together_is_followed_with_one_question():
    first, second = loop(), loop()

    with (
        CaptureQueriesContext(connection) as asked,
        transaction.atomic(),
        processes.batch() as work,
    ):
        for case in (first, second):
            work.suspend(case.instance_id, reason="等客户", by=SYSTEM, at=minutes(30))
        work.flush()

    questions = [one["sql"] for one in asked if 'FROM "escalations_climb"' in one["sql"]]
    assert len(questions) == 1
    climbing = [live_clock(one.owner) for one in Climb.objects.all()]
    assert [clock.state for clock in climbing if clock] == ["PAUSED", "PAUSED"]


@pytest.mark.django_db
def test_a_suggestion_is_no_complaint_and_has_no_ladder():
    case = loop()
    Case.objects.filter(pk=case.id).update(level=1)
    request = CaseRequest(
        "complaint", "建议", unit_by_code("yh").id, class_code="suggestion.service.new"
    )
    other = open_case(request, by=SYSTEM, at=NINE)
    said = {**DESK, "class_code": "suggestion.service.new"}
    processes.submit(open_unit(other), said, by=SYSTEM, at=NINE)

    dispatch(minutes(600))

    assert Case.objects.get(pk=other.id).level == 1
    assert not Escalation.objects.filter(subject=other.ref).exists()


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_fire_each_step_once():
    loop()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                with transaction.atomic():
                    clocks.fire_due(minutes(600), limit=3)
        except BaseException as problem:  # noqa: BLE001 -- told to the test
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatch(minutes(600))

    assert problems == []
    assert sorted(fired()) == ["general", "manager", "president", "remind"]
    keys = list(Notice.objects.values_list("staff_id", "key"))
    assert len(keys) == len(set(keys))
