"""Who manages the organisation changes its working calendars; nobody else does, from whatever page or program."""

import pytest

from bihuan.domain.clocks import actions as clocks, queries
from bihuan.domain.clocks.actions.foreseeing import CalendarChange
from bihuan.domain.org import actions
from bihuan.engines.worktime import read_slots
from bihuan.kit.problems import NotAllowed
from tests.domain.org import given
from tests.domain.org.given import NOON, START

pytestmark = pytest.mark.django_db


def test_an_agent_changes_no_calendar():
    ids = given.organisation()
    week = (read_slots(["08:30-17:30"]),) * 5 + ((), ())
    spec = clocks.CalendarSpec("office", "工时", "Asia/Shanghai", week)
    clocks.put_calendar(spec, by=given.SYSTEM, at=START)
    agent = given.actor(given.person("kim", ("agent", ids["east"])))
    before = queries.load_calendar("office").revision

    with pytest.raises(NotAllowed):
        actions.change_calendar("office", CalendarChange(week=((),) * 7), by=agent, at=NOON)

    assert queries.load_calendar("office").revision == before
