"""The loops of the mail programs outlive whatever goes wrong in a turn."""

import imaplib
import threading

import psycopg
import pytest
from django.db import OperationalError

from bihuan.config import mailing
from bihuan.config.mailing import Loop


@pytest.mark.parametrize(
    "problem",
    [
        OperationalError("the database is away"),
        psycopg.OperationalError("not wrapped by Django"),
        imaplib.IMAP4.abort("the mailbox is away"),
        ConnectionResetError(),
        KeyError("a mistake of ours"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_loop_goes_on_after_a_turn_that_failed(problem, monkeypatch):
    monkeypatch.setattr(mailing, "SHORTEST_ABSENCE", 0.0)
    stop, turns = threading.Event(), []

    def turn() -> bool:
        turns.append(1)
        if len(turns) < 3:
            raise problem
        stop.set()
        return False

    Loop("sorting", turn, 0.0, stop).run()

    assert len(turns) == 3
