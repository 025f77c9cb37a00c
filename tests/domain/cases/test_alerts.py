"""What the command desk watches (MON-08), and acting on what one has seen (decision 0221)."""

import pytest
from django.db import transaction

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.actions import CaseChanged, Order
from bihuan.domain.cases.queries import AlertFilter
from bihuan.domain.ledger.events import SYSTEM, Actor
from bihuan.domain.org.ports import Access
from bihuan.domain.org.queries import access_of, actor_for, staff_by_login
from bihuan.domain.processes import actions as processes
from tests.domain.escalations.test_ladders import NINE, dispatch, loop, minutes, open_unit

pytestmark = pytest.mark.django_db


def eyes(login: str) -> Access:
    return access_of(staff_by_login(login).pk, NINE)


def doer(login: str) -> Actor:
    return actor_for(staff_by_login(login).pk, NINE)


def tiers(who: Access, after: float) -> list[tuple[str, ...]]:
    at = minutes(after)
    return [one.tiers(at) for one in queries.alert_board(who, at, fresh=True)]


@pytest.fixture
def case():
    return loop()


@pytest.fixture
def chief(case) -> Access:
    """She sees all org units."""
    return eyes("yh-situ")


@pytest.fixture
def south(case) -> Access:
    """He sees another region only."""
    return eyes("yh-ouyang")


def test_a_case_comes_to_the_board_with_its_warning_and_rests_with_its_clock(case, chief):
    assert tiers(chief, 20) == []
    assert tiers(chief, 97) == [("warn",)]

    processes.suspend(case.instance_id, reason="等备件", by=SYSTEM, at=minutes(98))
    assert tiers(chief, 200) == []


def test_an_overdue_case_stays_until_somebody_takes_it_on(case, chief):
    dispatch(minutes(121))

    assert tiers(chief, 121) == [("overdue", "escalated")]


def test_the_board_holds_what_one_may_see_and_no_more(chief, south):
    assert tiers(chief, 130) == [("overdue",)]
    assert tiers(south, 130) == []


def test_a_filter_cuts_by_tier_org_unit_process_and_level(case, chief):
    at = minutes(130)
    board = queries.alert_board(chief, at, fresh=True)
    works = chief.tree.by_code["yh-east"].id
    elsewhere = chief.tree.by_code["yh-south"].id

    def found(**wanted: object) -> int:
        return len(queries.narrowed(board, AlertFilter(**wanted), chief, at))

    assert found(org_unit_id=works, tier="overdue", process=board[0].process, level=1) == 1
    assert found(org_unit_id=elsewhere) == 0
    assert found(tier="warn") == 0
    assert found(level=4) == 0
    assert found(process="itsm.incident") == 0


def test_what_changed_is_read_once_and_everybody_gets_their_part(case, chief, south):
    changes = queries.alert_changes([case.id, 404], minutes(130))

    [row], gone = changes.seen_by(chief)
    assert (row.case_id, row.tiers, row.unit_id) == (case.id, ("overdue",), open_unit(case))
    assert gone == [404]
    assert changes.seen_by(south) == ([], [])


def test_figures_count_the_day_and_the_load_of_each_org_unit(case, chief):
    dispatch(minutes(121))

    today = queries.day_figures(chief, NINE, minutes(600))
    [load] = queries.org_unit_loads(chief, minutes(130))

    assert (today["case.opened"], today["clock.overdue"], today["case.closed"]) == (1, 1, 0)
    assert (load.org_unit, load.open, load.overdue, load.people) == ("东区工程部", 1, 1, 2)


def test_a_board_is_kept_for_all_who_see_the_same(case, chief, django_assert_num_queries):
    queries.alert_board(chief, minutes(130), fresh=True)

    with django_assert_num_queries(0):
        assert len(queries.alert_board(chief, minutes(130))) == 1
    assert queries.eyes_of(chief) != queries.eyes_of(eyes("yh-shangguan"))


def issue(case, login: str, to: str, seen: int, after: float) -> None:
    with transaction.atomic():
        actions.require_unchanged(case.id, seen)
        order = Order(staff_by_login(to).pk, "请今天答复客户", "PT2H", "")
        actions.issue_supervision(case_id=case.id, order=order, by=doer(login), at=minutes(after))


def test_who_acts_on_an_old_picture_is_refused_and_told_what_happened(case, chief):
    seen = queries.latest_act(case.id).id
    issue(case, "yh-situ", "yh-shimo", seen, 10)

    with pytest.raises(CaseChanged) as refused:
        issue(case, "yh-shangguan", "yh-shimo", seen, 11)

    assert refused.value.message == "司徒静 09:10 已发出督办，请看过最新情况再决定。"
    assert len(queries.supervision_of_case(chief, case.id)) == 1
    issue(case, "yh-shangguan", "yh-shimo", queries.latest_act(case.id).id, 12)
    assert len(queries.supervision_of_case(chief, case.id)) == 2
