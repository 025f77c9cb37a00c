"""Polling of IMAP mailboxes: what was written down is marked as read, everything else stays unread."""

import imaplib
import logging
from dataclasses import dataclass

from imap_tools import AND, BaseMailBox, MailBox, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from bihuan.integrations.email import taking
from bihuan.integrations.email.addresses import Server
from bihuan.kit import clock

log = logging.getLogger(__name__)


class MailGone(OSError):
    """Somebody else took the mail out of the mailbox meanwhile."""


FAILURES = (ImapToolsError, imaplib.IMAP4.error)
TIMEOUT = 30.0
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Polled:
    """What one look into a mailbox came to."""

    taken: int
    known: int
    too_large: int


def poll(server: Server, *, most_bytes: int) -> Polled:
    """Take the unread mails of a mailbox over, oldest first, and mark each as read once it is written down.

    Raises what the database or the server raises: mails not marked by then are there at the next look. A mail
    too large to take stays unread and is flagged for a person.
    """
    taken = known = too_large = 0
    with _open(server) as mailbox:
        sizes = {
            message.uid: message.size_rfc822
            for message in mailbox.fetch(
                AND(seen=False, flagged=False),
                headers_only=True,
                mark_seen=False,
                bulk=True,
                limit=AT_ONCE,
            )
        }
        for uid, size in sizes.items():
            if uid is None:
                continue
            if size > most_bytes:
                mailbox.flag(uid, MailMessageFlags.FLAGGED, value=True)
                log.warning("a mail of %d bytes stays in the mailbox, it is too large", size)
                too_large += 1
                continue
            is_new = _take(mailbox, uid)
            taken, known = taken + is_new, known + (not is_new)
    return Polled(taken, known, too_large)


def _take(mailbox: BaseMailBox, uid: str) -> bool:
    original = _original(mailbox, uid)
    is_new = taking.take_over(
        original,
        sender=taking.return_path_in(original),
        recipient=taking.recipient_in(original),
        at=clock.now(),
    )
    mailbox.flag(uid, MailMessageFlags.SEEN, value=True)
    return is_new


def _original(mailbox: BaseMailBox, uid: str) -> bytes:
    """Return a mail byte for byte, without marking it."""
    _status, pieces = mailbox.client.uid("FETCH", uid, "(BODY.PEEK[])")
    for piece in pieces:
        if isinstance(piece, tuple):
            return bytes(piece[1])
    raise MailGone(uid)


def _open(server: Server) -> BaseMailBox:
    kind = MailBox if server.security == "tls" else MailBoxUnencrypted
    box = kind(server.host, server.port, timeout=TIMEOUT)
    return box.login(server.user, server.password, initial_folder=server.path or "INBOX")
