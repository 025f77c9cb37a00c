"""The dispatcher's loop: it stops when told, and outlives the database."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connections

from bihuan.config import dispatcher
from bihuan.domain.clocks import actions
from bihuan.kit import clock
from tests.domain.clocks.given import BY, facts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stays_connected(monkeypatch):
    """The tests' transaction must survive a loop that lets go of its connections."""
    monkeypatch.setattr(connections["default"], "close", lambda: None)


def stopped_after(turns, monkeypatch, turn=lambda: False):
    """A dispatcher that stops itself after some turns; returns how long it slept after each."""
    stop, sleeps = threading.Event(), []
    monkeypatch.setattr(stop, "wait", sleeps.append)
    loop = dispatcher.Dispatcher(stop)
    real, taken = loop.turn, []

    def counted():
        taken.append(1)
        if len(taken) == turns:
            stop.set()
        turn()
        return real()

    monkeypatch.setattr(loop, "turn", counted)
    loop.run()
    return sleeps


def test_what_is_due_is_fired_and_the_loop_goes_on_at_once(monkeypatch):
    hour_ago = clock.now() - timedelta(hours=1)
    terms = actions.ClockTerms("PT30M", warn="50%")
    actions.start_clock("desk:1", "case:1", terms, by=BY, at=hour_ago)
    assert stopped_after(3, monkeypatch) == [dispatcher.LONGEST_SLEEP]
    assert [name for name, _ in facts()] == ["clock.warned", "clock.overdue"]


def test_it_sleeps_until_the_next_moment(monkeypatch):
    terms = actions.ClockTerms("PT0.1S")
    now = clock.now()
    with time_machine.travel(now, tick=False):
        actions.start_clock("desk:1", "case:1", terms, by=BY, at=now + timedelta(seconds=0.05))
        (sleep,) = stopped_after(1, monkeypatch)
    assert sleep == pytest.approx(0.15)


def test_while_the_database_is_away_it_waits_longer_and_longer(monkeypatch):
    def away():
        raise OperationalError("the server closed the connection")

    assert stopped_after(7, monkeypatch, away) == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
