"""Cases that go back: returned after they were resolved, followed up again, reopened by those who may."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from bihuan.domain.cases import actions
from bihuan.domain.cases.actions import opening
from bihuan.domain.cases.events import CaseRequest
from bihuan.domain.cases.models import Case, Consent
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.models import Staff
from bihuan.domain.org.queries import unit_by_code
from bihuan.domain.packs.actions import install_pack
from bihuan.domain.processes import actions as processes
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.models import Token
from tests.domain.cases.given import MORNING, later
from tests.generative.pack_lives import form
from tests.packs import shipped, standing

DICE = [0.9, 0.1]  # the answers that move a case on
BACK = [0.1, 0.1]  # those that send it back


@pytest.fixture
def _hotline(db):
    standing.install("base", "hotline", at=MORNING.replace(year=2020), logins=True)


def who(login: str) -> Actor:
    return Actor(f"staff:{Staff.objects.get(login_name=login).pk}")


def opened() -> Case:
    request = CaseRequest(
        pack="hotline",
        title="家中停电",
        org_unit_id=unit_by_code("csc").id,
        class_code="fault.low.single",
    )
    return Case.objects.get(pk=actions.open_case(request, by=SYSTEM, at=MORNING).id)


def unit(case: Case) -> Token:
    case.standing.refresh_from_db()
    live = ["OPEN", "CLAIMED"]
    return Token.objects.get(instance_id=case.standing.instance_id, kind="USER", state__in=live)


def work(case: Case, until: str, *, by: dict[str, Actor] | None = None, hours: float = 1) -> None:
    """Submit unit after unit until `until` is open."""
    while (now := unit(case)).node != until:
        person = (by or {}).get(now.node, SYSTEM)
        processes.submit(now.pk, form(now.node, DICE), by=person, at=later(hours))


@pytest.mark.usefixtures("_hotline")
def test_a_case_returned_after_it_was_resolved_is_resolved_again():
    case = opened()
    work(case, "verify", by={"handle": who("zhouli")})

    processes.return_unit(unit(case).pk, "review", reason="说明不清楚", by=SYSTEM, at=later(2))
    work(case, "archive", hours=3)

    case.refresh_from_db()
    assert case.state == "RESOLVED"
    assert case.handlings.count() == 1


@pytest.mark.usefixtures("_hotline")
def test_a_follow_up_done_again_may_take_a_consent_back():
    case = opened()
    work(case, "archive")

    processes.return_unit(unit(case).pk, "verify", reason="记错了", by=SYSTEM, at=later(2))
    processes.submit(unit(case).pk, form("verify", BACK), by=SYSTEM, at=later(2))

    case.refresh_from_db()
    assert (unit(case).node, case.rework_count, case.state) == ("handle", 1, "OPEN")
    assert [one.answer for one in Consent.objects.all()] == ["REFUSED"]


@pytest.mark.usefixtures("_hotline")
def test_whoever_may_reopen_or_withdraw_needs_no_right_to_change_routes():
    lead, case = who("gaoyuan"), opened()
    work(case, "archive")
    processes.submit(unit(case).pk, form("archive", DICE), by=SYSTEM, at=later(2))

    actions.reopen_case(case_id=case.pk, reason="又停电了", by=lead, at=later(3))
    assert unit(case).node == "handle"
    actions.withdraw_case(case_id=case.pk, reason="不用了", by=lead, at=later(4))

    case.refresh_from_db()
    assert (case.state, case.closure.by) == ("CANCELLED", lead.ref)


@pytest.mark.usefixtures("_hotline")
def test_a_case_withdrawn_before_anybody_handled_it_is_reopened_from_the_start():
    case = opened()
    actions.withdraw_case(case_id=case.pk, reason="不用了", by=SYSTEM, at=later(1))

    actions.reopen_case(case_id=case.pk, reason="还是要办", by=SYSTEM, at=later(2))

    assert unit(case).node == "accept"


@pytest.mark.usefixtures("_hotline")
def test_who_handled_any_round_never_follows_up_also_when_somebody_else_redid_it():
    """罗琳 handled first, 周立 redid it: in the reopened case 罗琳 is still no verifier."""
    case = opened()
    work(case, "review", by={"handle": who("luolin")})
    processes.submit(unit(case).pk, form("review", BACK), by=SYSTEM, at=later(1))
    work(case, "archive", by={"handle": who("zhouli")})
    processes.submit(unit(case).pk, form("archive", DICE), by=SYSTEM, at=later(2))

    actions.reopen_case(case_id=case.pk, reason="又停电了", by=SYSTEM, at=later(3))
    while (now := unit(case)).node != "verify":
        processes.submit(now.pk, form(now.node, DICE), by=SYSTEM, at=later(4))

    with pytest.raises(refusals.HandledByTheSamePerson):
        processes.claim(unit(case).pk, by=who("luolin"), at=later(4))


@pytest.mark.usefixtures("_hotline")
def test_a_number_that_is_taken_is_refused():
    case = opened()
    request = CaseRequest(
        pack="hotline", title="停电", org_unit_id=case.org_unit_id, number=case.number
    )

    with pytest.raises(opening.NumberTaken):
        actions.open_case(request, by=SYSTEM, at=later(1))


@pytest.mark.django_db(transaction=True)
def test_two_who_open_from_one_source_at_once_open_one_case():
    for key in ("base", "hotline"):
        install_pack(shipped.pack(key), by=SYSTEM, at=MORNING.replace(year=2020))
    request = CaseRequest(
        pack="hotline",
        title="停电",
        org_unit_id=unit_by_code("csc").id,
        source_ref=f"mail:{uuid4()}",
    )
    made: list[object] = []
    begin = threading.Barrier(4)

    def open_one() -> None:
        begin.wait()
        try:
            made.append(actions.open_case(request, by=SYSTEM, at=MORNING))
        except BaseException as failure:  # noqa: BLE001 -- the test says what came out
            made.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len({one.id for one in made}) == 1, made
    assert sorted(one.is_new for one in made) == [False, False, False, True]
