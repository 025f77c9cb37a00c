"""What our letters look like on the wire, and what a server's refusals mean."""

import smtplib
from datetime import UTC, datetime

import pytest

from bihuan.domain.notifications.ports import Message, Undeliverable
from bihuan.integrations.email import addresses, smtp

LONG = "<" + "A" * 100 + "@prod.outlook.com>"


@pytest.fixture(autouse=True)
def _set_up(settings):
    settings.MAILBOXES = "service@bihuan.test=complaint"
    settings.MAIL_SMTP = "smtp://127.0.0.1:1"
    smtp._forget()
    yield
    smtp._kept.connection = None


class Server:
    """Takes a mail or refuses it as it is told."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.sent: list[tuple[str, bytes]] = []

    def send_message(self, mail, from_addr):
        if self.refusal:
            raise self.refusal
        self.sent.append((from_addr, mail.as_bytes()))

    def quit(self) -> None:
        pass


@pytest.fixture
def server(monkeypatch):
    def use(refusal: Exception | None = None) -> Server:
        made = Server(refusal)
        monkeypatch.setattr(smtp, "_connect", lambda _server: made)
        return made

    return use


def letter(**more: object) -> Message:
    plain = {
        "key": "letter:case:1:received",
        "staff_id": None,
        "name": "艾达",
        "phone": "",
        "title": "[260302-0001] 已受理：" + "路灯不亮" * 20,
        "text": "您好",
        "at": datetime(2026, 3, 2, 1, 0, tzinfo=UTC),
        "address": "ada@customer.test",
        "headers": {"From": "service@bihuan.test", "References": f"<1@x> {LONG}"},
    }
    return Message(**{**plain, **more})


def test_ids_stay_whole_however_long_they_are(server):
    took = server()

    smtp.send(letter())

    [(sender, content)] = took.sent
    assert sender == "service@bihuan.test"
    assert f"References: <1@x>\r\n {LONG}\r\n".encode() in content
    assert b"Date: Mon, 02 Mar 2026 09:00:00 +0800" in content


def test_the_same_letter_has_the_same_id(server):
    took = server()

    smtp.send(letter())
    smtp.send(letter())

    ids = [line for _, text in took.sent for line in text.split(b"\r\n") if b"Message-ID" in line]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_notice_to_staff_says_that_a_machine_wrote_it(server):
    took = server()

    smtp.send(letter(staff_id=1, headers={}, name="客服,李"))

    assert b"Auto-Submitted: auto-generated" in took.sent[0][1]


def test_a_line_break_in_a_name_or_title_adds_no_header(server):
    took = server()

    smtp.send(letter(name="A\r\nBcc: x@y", title="t\r\nBcc: x@y", headers={}))

    assert b"\r\nBcc:" not in took.sent[0][1]


@pytest.mark.parametrize(
    "refusal",
    [
        smtplib.SMTPRecipientsRefused({"ada@customer.test": (550, b"no such user")}),
        smtplib.SMTPDataError(554, b"looks like spam"),
    ],
)
def test_what_is_refused_for_good_is_undeliverable(server, refusal):
    server(refusal)

    with pytest.raises(Undeliverable):
        smtp.send(letter())


@pytest.mark.parametrize(
    "refusal",
    [
        smtplib.SMTPRecipientsRefused({"ada@customer.test": (450, b"greylisted")}),
        smtplib.SMTPSenderRefused(550, b"not you", "service@bihuan.test"),
        smtplib.SMTPServerDisconnected("gone"),
        ConnectionRefusedError(),
    ],
)
def test_what_may_work_later_leaves_the_letter_waiting(server, refusal):
    server(refusal)

    with pytest.raises((OSError, smtplib.SMTPException)):
        smtp.send(letter())


def test_who_gave_no_address_waits():
    with pytest.raises(smtp.NowhereToSend):
        smtp.send(letter(address=""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("smtps://a%40b:p%3Aw@mx.test", ("mx.test", 465, "tls", "a@b", "p:w", "")),
        ("smtp+starttls://u:p@mx.test", ("mx.test", 587, "starttls", "u", "p", "")),
        ("imaps://u:p@mx.test:1993/Kunden", ("mx.test", 1993, "tls", "u", "p", "Kunden")),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "plain", "", "", "")),
    ],
)
def test_a_servers_address_is_read(text, expected):
    found = addresses.read_server(text)

    assert (
        *(found.host, found.port, found.security),
        *(found.user, found.password, found.path),
    ) == expected


@pytest.mark.parametrize(
    "text", ["mx.test", "http://mx.test", "smtp://u:pa55@mx.test", "smtp://x:y"]
)
def test_an_address_that_will_not_do_is_refused_without_its_password(text):
    with pytest.raises(addresses.AddressUnreadable) as refusal:
        addresses.read_server(text)

    assert "pa55" not in refusal.value.message
