"""Three cases merged and one taken back: what lists, desks, figures and the public read is as it was (TKT-18)."""

from dataclasses import asdict, replace
from typing import Any

import pytest

from bihuan.domain.cases import actions, queries
from bihuan.domain.cases.events import OpenedCase
from bihuan.domain.cases.models import Case
from bihuan.domain.cases.queries import CaseFilter
from bihuan.domain.cases.queries.figures import day_figures, order_counts, org_unit_loads
from bihuan.domain.cases.queries.progress import progress
from bihuan.domain.org.queries import access_of, staff_by_login
from bihuan.domain.processes import queries as processes
from tests.domain.cases.test_gathering import another, merge, person, undo
from tests.domain.escalations.test_ladders import NINE, loop, minutes

pytestmark = pytest.mark.django_db


def access(login: str, at: float) -> Any:
    return access_of(staff_by_login(login).pk, minutes(at))


def figures(at: float) -> dict[str, Any]:
    """Every number somebody is shown: the list, the queue of a handler, loads, orders, the day."""
    lead, handler = access("yh-situ", at), access("yh-shimo", at)
    inbox = processes.inbox_counts(handler, at=minutes(at))
    return {
        "open": [row.number for row in queries.case_list(lead, CaseFilter(states=("OPEN",))).rows],
        "all": len(queries.case_list(lead, CaseFilter()).rows),
        "tiers": dict(inbox.tiers),
        "titles": dict(inbox.titles),
        "loads": [asdict(one) for one in org_unit_loads(lead, minutes(at))],
        "orders": order_counts(lead, minutes(at)),
        "day": day_figures(lead, NINE, minutes(24 * 60)),
    }


def public(case: OpenedCase, at: float) -> Any:
    """What the customer sees behind the number they were given."""
    return progress(case.id, at=minutes(at))


def test_figures_lists_and_portal_stand_as_they_stood():
    first, second, third = loop(), another("楼下漏水"), another("阳台漏水")
    order = actions.Order(staff_by_login("yh-shangguan").pk, "请说明", "PT4H", "base.always")
    actions.issue_supervision(case_id=third.id, order=order, by=person("yh-situ"), at=minutes(10))
    merge(second, first, 20)
    before, shown = figures(30), public(third, 30)

    merge(third, first, 30)
    merged, behind = figures(30), public(third, 30)
    undo(third, 31)

    assert third.number in before["open"]
    assert third.number not in merged["open"]
    assert merged["all"] == before["all"], "a tombstone stays in the lists"
    assert sum(merged["tiers"].values()) == sum(before["tiers"].values())
    assert merged["tiers"]["paused"] == before["tiers"]["paused"] + 1
    assert [one.name for one in behind.steps] == [one.name for one in public(first, 30).steps]
    assert behind.number == third.number, "the number given to the customer leads on"
    assert behind.may == frozenset()
    assert figures(31) == before
    after = public(third, 31)
    assert replace(after, steps=()) == replace(shown, steps=())
    assert [(one.name, one.state) for one in after.steps] == [
        (one.name, one.state) for one in shown.steps
    ]


def test_taking_one_back_leaves_the_others_merged_and_their_numbers_leading():
    first, second, third = loop(), another("楼下漏水"), another("阳台漏水")
    merge(second, first, 10)
    merge(third, second, 10)

    undo(third, 20)

    states = dict(Case.objects.values_list("number", "state"))
    assert states == {first.number: "OPEN", second.number: "MERGED", third.number: "OPEN"}
    assert queries.survivor_number(second.number) == first.number
    taken_in = queries.gathered(access("yh-situ", 20), first.id).merged
    assert [row.number for row in taken_in] == [second.number]
    facts = queries.case_view(access("yh-situ", 20), third.number)
    assert facts.row.state == "OPEN"
