"""Letters to people outside wait until they were sent or refused; none is lost or sent twice."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bihuan.domain.ledger.events import Actor
from bihuan.domain.ledger.models import Fact
from bihuan.domain.notifications import actions, queries
from bihuan.domain.notifications.events import Letter as NewLetter, Preference
from bihuan.domain.notifications.models import Letter
from bihuan.domain.notifications.ports import CHANNELS, TERMS, Message, Undeliverable
from bihuan.engines.contacting import Agreed, Purpose, Quiet, clearance

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STAFF = Actor("staff:1")
SERVICE = Purpose.SERVICE


@pytest.fixture
def letter(db):
    new = NewLetter(
        "case:1:received", "case:1", "EMAIL", "ada@customer.test", "已受理", "您好", SERVICE
    )
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


@pytest.fixture
def receiver(monkeypatch):
    """Let the receiver of every letter have these terms."""

    def agreed(**terms) -> None:
        theirs = Agreed("Asia/Shanghai", **terms)
        monkeypatch.setitem(
            TERMS._entries,
            "customers",
            lambda channel, address, *asked: clearance(asked[0], theirs, asked[1]),
        )

    return agreed


def written(purpose, at=AT, **more):
    new = NewLetter("l", "case:1", "EMAIL", "ada@customer.test", "告知", "您好", purpose, **more)
    actions.write_letter(new, at=at)
    return Letter.objects.get()


def told():
    return [(one.name, one.reason) for one in Fact.objects.filter(root="case:1").order_by("id")]


@pytest.mark.django_db
def test_a_service_letter_waits_for_the_end_of_quiet_hours_and_says_so(receiver, channel):
    sent: list[Message] = []
    channel(sent.append)
    receiver(consent="REFUSED", quiet=(Quiet(time(22), time(8)),))
    night = AT + 14 * HOUR  # 23:00 in Shanghai
    morning = AT + 23 * HOUR

    letter = written(SERVICE, night)
    why = "客户免打扰 22:00–08:00"
    assert (letter.state, letter.due_at, letter.last_error) == ("WAITING", morning, why)
    told_so = f"{why}，3月3日 08:00 发出"
    assert queries.letter_states(["l"]) == {"l": ("WAITING", told_so)}
    assert told() == [("letter.held", told_so)]
    assert actions.send_letters(at=morning - timedelta(minutes=1)) == 0
    assert (actions.send_letters(at=morning), len(sent)) == (1, 1)
    assert Letter.objects.get().last_error == ""


@pytest.mark.django_db
def test_what_is_urgent_or_answers_at_once_does_not_wait_and_the_reason_is_a_fact(receiver):
    receiver(quiet=(Quiet(time(22), time(8)),))
    night = AT + 14 * HOUR

    assert written(SERVICE, night, hurry="凌晨抢修，需客户开门").due_at == night
    assert told() == [("letter.hurried", "凌晨抢修，需客户开门")]
    Letter.objects.all().delete()
    assert written(Purpose.ANSWER, night).due_at == night
    Letter.objects.all().delete()
    assert written(Purpose.CARE, night, hurry="想早点发").due_at > night, "care is never urgent"


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", [Purpose.CARE, Purpose.MARKETING])
def test_a_hurry_lets_nothing_go_that_needs_consent(receiver, channel, purpose):
    sent: list[Message] = []
    channel(sent.append)
    receiver(consent="GIVEN", quiet=(Quiet(time(22), time(8)),))
    written(purpose, AT + 14 * HOUR, hurry="想早点发")
    receiver(consent="REFUSED")
    actions.send_letters(at=AT + 24 * HOUR)

    assert (sent, Letter.objects.get().state) == ([], "WITHHELD")


@pytest.mark.django_db
def test_a_hurried_letter_that_goes_out_in_quiet_hours_later_says_so_once(receiver, channel):
    sent: list[Message] = []

    def down(message: Message) -> None:
        raise OSError("no route")

    channel(down)
    receiver(quiet=(Quiet(time(22), time(8)),))
    written(SERVICE, AT + 12 * HOUR, hurry="凌晨抢修，需客户开门")  # 21:00
    for hours in (12, 14):
        actions.send_letters(at=AT + hours * HOUR)
    channel(sent.append)
    actions.send_letters(at=AT + 16 * HOUR)

    assert len(sent) == 1
    assert told() == [("letter.hurried", "凌晨抢修，需客户开门")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("purpose", "consent", "state"),
    [
        (Purpose.SERVICE, "REFUSED", "WAITING"),
        (Purpose.CARE, "UNKNOWN", "WAITING"),
        (Purpose.CARE, "REFUSED", "WITHHELD"),
        (Purpose.MARKETING, "UNKNOWN", "WITHHELD"),
        (Purpose.MARKETING, "GIVEN", "WAITING"),
    ],
)
def test_what_needs_consent_is_withheld_without_it_and_kept_with_the_reason(
    receiver, purpose, consent, state
):
    receiver(consent=consent)
    letter = written(purpose)
    assert letter.state == state
    assert [name for name, _ in told()] == ["letter.withheld"] * (state == "WITHHELD")


@pytest.mark.django_db
def test_terms_that_change_before_a_letter_is_sent_hold(receiver, channel):
    sent: list[Message] = []
    channel(sent.append)
    receiver(consent="GIVEN")
    written(Purpose.MARKETING)
    receiver(consent="GIVEN", quiet=(Quiet(time(9), time(10)),))  # AT is 9 o'clock
    actions.send_letters(at=AT)
    receiver(consent="REFUSED")
    actions.send_letters(at=AT + HOUR)

    assert sent == []
    assert [name for name, _ in told()] == ["letter.held", "letter.withheld"]
    assert (Letter.objects.get().state, queries.letters_withheld("EMAIL")) == ("WITHHELD", 1)


@pytest.mark.parametrize("typed", ["ada", "a b@c", "<ada@x>"])
def test_no_notices_go_to_what_is_no_mail_address(db, typed):
    with pytest.raises(actions.MailAddressUnusable):
        actions.set_preference(Preference(("EMAIL",), mail_address=typed), by=STAFF, at=AT)
