"""Letters to people outside wait until they were sent or refused; none is lost or sent twice."""

from datetime import UTC, datetime, timedelta

import pytest

from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications import actions
from bihuan.domain.notifications.events import Letter as NewLetter, Preference
from bihuan.domain.notifications.models import Letter
from bihuan.domain.notifications.ports import CHANNELS, Message, Undeliverable

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAFF = Actor("staff:1")


@pytest.fixture
def letter(db):
    new = NewLetter("case:1:received", "case:1", "EMAIL", "ada@customer.test", "已受理", "您好")
    assert actions.write_letter(new, at=AT)
    return new


@pytest.fixture
def channel(monkeypatch):
    """Put an adapter in the place of the mail server."""
    return lambda adapter: monkeypatch.setitem(CHANNELS._entries, "EMAIL", adapter)


def test_a_letter_goes_out_once(letter, channel):
    sent: list[Message] = []
    channel(sent.append)

    assert actions.send_letters(at=AT) == 1
    assert actions.send_letters(at=AT + HOUR) == 0
    assert [(one.address, one.title) for one in sent] == [("ada@customer.test", "已受理")]


def test_the_same_letter_is_written_once(letter):
    assert not actions.write_letter(letter, at=AT + HOUR)
    assert Letter.objects.count() == 1


def test_a_letter_waits_while_the_channel_is_down(letter, channel):
    def down(message: Message) -> None:
        raise OSError("no route")

    channel(down)

    assert actions.send_letters(at=AT) == 0
    row = Letter.objects.get()
    assert (row.state, row.attempts, row.last_error) == ("WAITING", 1, "no route")
    assert row.due_at == AT + timedelta(seconds=5)


def test_a_letter_refused_for_good_is_returned_and_is_a_fact(letter, channel):
    def refuse(message: Message) -> None:
        raise Undeliverable("550 no such user")

    channel(refuse)
    actions.send_letters(at=AT)

    assert Letter.objects.get().state == "RETURNED"
    assert Fact.objects.get(root="case:1").reason == "550 no such user"


def test_a_letter_comes_back_once(letter):
    assert actions.return_letter(key=letter.key, reason="mailbox full", at=AT)
    assert not actions.return_letter(key=letter.key, reason="mailbox full", at=AT + HOUR)
    assert not actions.return_letter(key="case:2:received", reason="unknown", at=AT)


@pytest.mark.parametrize("typed", ["ada", "a b@c", "<ada@x>"])
def test_no_notices_go_to_what_is_no_mail_address(db, typed):
    with pytest.raises(actions.MailAddressUnusable):
        actions.set_preference(Preference(("EMAIL",), mail_address=typed), by=STAFF, at=AT)
