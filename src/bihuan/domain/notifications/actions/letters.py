"""Letters to people outside: written in the transaction of what they tell, sent when the channel is up."""

import json
import logging
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import SYSTEM, Fact
from bihuan.domain.notifications import events, rules
from bihuan.domain.notifications.choices import LetterState
from bihuan.domain.notifications.models import Letter
from bihuan.domain.notifications.ports import CHANNELS, Message, Undeliverable
from bihuan.kit import db

log = logging.getLogger(__name__)

LONGEST_TITLE = 400
LONGEST_ERROR = 200
_WRITE = """
insert into notifications_letter (key, root, channel, address, name, title, text, headers, state,
    written_at, due_at, attempts, last_error)
values (%(key)s, %(root)s, %(channel)s, %(address)s, %(name)s, %(title)s, %(text)s, %(headers)s::jsonb,
    'WAITING', %(at)s, %(at)s, 0, '')
on conflict (key) do nothing returning id
"""


def write_letter(letter: events.Letter, *, at: datetime) -> bool:
    """Put a letter among those that wait; return whether it was not there yet.

    Belongs into the transaction of what the letter tells: both are there or neither.
    """
    values = {
        "key": letter.key,
        "root": letter.root,
        "channel": letter.channel,
        "address": letter.address,
        "name": letter.name[:128],
        "title": letter.title[:LONGEST_TITLE],
        "text": letter.text,
        "headers": json.dumps(dict(letter.headers)),
        "at": at,
    }
    return db.one(_WRITE, values) is not None


def send_letters(*, at: datetime, limit: int = 200) -> int:
    """Send up to `limit` letters that are due, each in a transaction of its own; return how many are settled.

    Stops at the first that fails: it is tried again later, ever less often, and the others by the next call. A letter refused for
    good is RETURNED, which is a fact about what it told of. A sender that dies between the adapter and
    its commit sends the letter again under the same key.
    """
    sent = 0
    while sent < limit and _send_next(at):
        sent += 1
    return sent


@transaction.atomic
def _send_next(at: datetime) -> bool:
    """Try the next letter; tell whether there was one and it is settled. No two senders take the same one."""
    due = Letter.objects.filter(
        state=LetterState.WAITING, due_at__lte=at, channel__in=list(CHANNELS)
    ).order_by("due_at", "id")
    letter = due.select_for_update(skip_locked=True).first()
    if letter is None:
        return False
    try:
        CHANNELS.get(letter.channel)(_message(letter))
    except Undeliverable as refusal:
        _return(letter, str(refusal), at)
        return True
    except Exception as failure:  # noqa: BLE001 -- an adapter may raise anything; the letter waits
        log.warning("a letter waits for %s, which failed: %r", letter.channel, failure)
        letter.attempts += 1
        letter.last_error = str(failure)[:LONGEST_ERROR]
        letter.due_at = at + rules.retry_after(letter.attempts)
        letter.save(update_fields=["attempts", "last_error", "due_at"])
        return False
    letter.state, letter.sent_at, letter.last_error = LetterState.SENT, at, ""
    letter.save(update_fields=["state", "sent_at", "last_error"])
    return True


@transaction.atomic
def return_letter(*, key: str, reason: str, at: datetime) -> bool:
    """Note that a letter came back undelivered; return whether that is new."""
    letter = Letter.objects.select_for_update().filter(key=key).first()
    if letter is None or letter.state == LetterState.RETURNED:
        return False
    _return(letter, reason, at)
    return True


def _return(letter: Letter, reason: str, at: datetime) -> None:
    letter.state, letter.returned_at = LetterState.RETURNED, at
    letter.last_error = reason[:LONGEST_ERROR]
    letter.save(update_fields=["state", "returned_at", "last_error"])
    if letter.root:
        data = {"channel": letter.channel, "key": letter.key}
        fact = Fact(
            events.LETTER_RETURNED, letter.root, letter.root, at, SYSTEM, letter.last_error, data
        )
        record(fact)


def _message(letter: Letter) -> Message:
    return Message(
        key=f"letter:{letter.key}",
        staff_id=None,
        name=letter.name,
        phone=letter.address if letter.channel != "EMAIL" else "",
        title=letter.title,
        text=letter.text,
        at=letter.written_at,
        address=letter.address,
        headers=letter.headers,
    )
