"""Sending by SMTP: the way out that `notifications` knows as EMAIL."""

import smtplib
import ssl
import threading
import time
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.interactions import rules
from bihuan.domain.notifications.ports import Message, Undeliverable
from bihuan.integrations.email.addresses import Server, read_server

TIMEOUT = 20.0
# A connection is used again for this long, in seconds.
KEPT = 20.0
# Folded as the library does it, long ids would be encoded and no longer be ids.
_IDS: Final = frozenset({"message-id", "in-reply-to", "references"})
_kept = threading.local()


class _IdsWhole(EmailPolicy):
    """Folds headers as usual, and leaves the ids of mails whole."""

    def fold(self, name: str, value: str) -> str:
        """Return a header folded for the wire."""
        if name.lower() in _IDS:
            end = str(self.linesep)
            return f"{name}: {(end + ' ').join(value.split())}{end}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header folded for the wire, as bytes."""
        if name.lower() in _IDS:
            return self.fold(name, value).encode("ascii", "replace")
        return bytes(super().fold_binary(name, value))


_POLICY: Final = _IdsWhole(linesep="\r\n")


class NowhereToSend(Exception):
    """The person has given no mail address; the message waits until they do."""


def send(message: Message) -> None:
    """Send one message, or raise: `Undeliverable` when the server refuses it for good."""
    if not message.address:
        raise NowhereToSend
    mail = _mail(message)
    server = read_server(settings.MAIL_SMTP)
    try:
        _connection(server).send_message(mail, from_addr=_own_address(message))
    except smtplib.SMTPServerDisconnected:
        _forget()
        _again(server, message, mail)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, said = next(iter(refusal.recipients.values()))
        _refused(code, said, refusal)
    except smtplib.SMTPResponseException as refusal:
        _forget()
        _refused(refusal.smtp_code, refusal.smtp_error, refusal)
    except OSError:
        _forget()
        raise


def _again(server: Server, message: Message, mail: EmailMessage) -> None:
    """Send over a new connection: the kept one had been closed by the other side."""
    try:
        _connection(server).send_message(mail, from_addr=_own_address(message))
    except smtplib.SMTPRecipientsRefused as refusal:
        code, said = next(iter(refusal.recipients.values()))
        _refused(code, said, refusal)


def _refused(code: int, said: bytes | str, refusal: Exception) -> None:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    # A sender who may not send (530, 535, 550 at MAIL FROM) is ours to mend: the letter waits.
    of_the_letter = isinstance(refusal, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    if of_the_letter and 500 <= code < 600:
        raise Undeliverable(f"{code} {words}"[:180]) from refusal
    raise refusal


def _connection(server: Server) -> smtplib.SMTP:
    """Return this thread's connection, a new one when the last is old or for another server."""
    found: tuple[Server, smtplib.SMTP, float] | None = getattr(_kept, "connection", None)
    if found is not None and found[0] == server and time.monotonic() - found[2] < KEPT:
        return found[1]
    _forget()
    made = _connect(server)
    _kept.connection = (server, made, time.monotonic())
    return made


def _connect(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        made: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=TIMEOUT, context=context
        )
    else:
        made = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        if server.security == "starttls":
            made.starttls(context=context)
    if server.user:
        made.login(server.user, server.password)
    return made


def _forget() -> None:
    found = getattr(_kept, "connection", None)
    _kept.connection = None
    if found is not None:
        with suppress(smtplib.SMTPException, OSError):
            found[1].quit()


def _mail(message: Message) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    given = dict(message.headers)
    own = _own_address(message)
    given.pop("From", None)
    mail["From"] = _named(settings.TENANT_NAME, own)
    mail["To"] = _named(message.name, message.address)
    mail["Subject"] = " ".join(message.title.split())
    mail["Date"] = format_datetime(message.at.astimezone(ZoneInfo(settings.TIME_ZONE)))
    mail["Message-ID"] = given.pop("Message-ID", "") or _message_id(message.key, own)
    if message.staff_id is not None:
        given |= {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    for name, value in given.items():
        mail[name] = value
    mail.set_content(message.text or message.title, charset="utf-8", cte="base64")
    return mail


def _own_address(message: Message) -> str:
    """Return the mailbox it is from; returns come back to it and are never answered."""
    given = message.headers.get("From", "")
    return given or rules.read_mailboxes(settings.MAILBOXES)[0].address


def _message_id(key: str, own: str) -> str:
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{own.rpartition('@')[2]}>"


def _named(name: str, address: str) -> Address | str:
    """Return an address with its name; one that the library cannot take apart goes as it is."""
    try:
        return Address(" ".join(name.split()), addr_spec=address)
    except (ValueError, IndexError):
        return address
