"""Letters to people outside: written in the transaction of what they tell, sent when the channel is up.

The one way out to customers (decision 0372): what a receiver agreed to is asked when a letter is written and again
when it is sent. A letter held back waits for its moment; one that is withheld stays, with the reason.
"""

import json
import logging
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import SYSTEM, Fact
from bihuan.domain.ledger.queries import facts_of
from bihuan.domain.notifications import events, queries, rules
from bihuan.domain.notifications.choices import LetterState
from bihuan.domain.notifications.models import Letter
from bihuan.domain.notifications.ports import CHANNELS, TERMS, Message, Undeliverable
from bihuan.engines.contacting import FREE, Clearance, Purpose
from bihuan.kit import db

log = logging.getLogger(__name__)

LONGEST_TITLE = 400
LONGEST_ERROR = 200
_WRITE = """
insert into notifications_letter (key, root, channel, address, name, title, text, headers, purpose, hurry,
    state, written_at, due_at, attempts, last_error)
values (%(key)s, %(root)s, %(channel)s, %(address)s, %(name)s, %(title)s, %(text)s, %(headers)s::jsonb,
    %(purpose)s, %(hurry)s, %(state)s, %(at)s, %(due)s, 0, %(why)s)
on conflict (key) do nothing returning id
"""


def write_letter(letter: events.Letter, *, at: datetime) -> bool:
    """Put a letter among those that wait; return whether it was not there yet.

    Belongs into the transaction of what the letter tells: both are there or neither. It waits for the end
    of its receiver's quiet hours, and is withheld where they did not agree: both are facts.
    """
    found = _terms(letter.channel, letter.address, letter.purpose, at)
    hurries = _may_hurry(letter) and not found.is_free
    stands = FREE if hurries else found
    values = {
        "key": letter.key,
        "root": letter.root,
        "channel": letter.channel,
        "address": letter.address,
        "name": letter.name[:128],
        "title": letter.title[:LONGEST_TITLE],
        "text": letter.text,
        "headers": json.dumps(dict(letter.headers)),
        "purpose": letter.purpose.value,
        "hurry": letter.hurry[:LONGEST_ERROR],
        "state": LetterState.WITHHELD if stands.never else LetterState.WAITING,
        "at": at,
        "due": stands.until or at,
        "why": stands.why[:LONGEST_ERROR],
    }
    if db.one(_WRITE, values) is None:
        return False
    if hurries:
        _tell_hurry(letter, found, at)
    _tell_standing(letter, stands, at)
    return True


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
    stands = _terms(letter.channel, letter.address, Purpose(letter.purpose), at)
    hurries = _may_hurry(letter)
    if not stands.is_free and not hurries:
        _hold(letter, stands, at)
        return True
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
    if hurries and not stands.is_free and not _is_told(events.LETTER_HURRIED, letter):
        _tell_hurry(letter, stands, at)
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
    data = _data(letter.channel, letter.key)
    _tell(events.LETTER_RETURNED, letter.root, letter.last_error, data, at)


def withhold_letters(*, addresses: Collection[str], roots: Collection[str], why: str) -> int:
    """Withhold what still waits to go to these addresses or tells of these roots; return how many.

    For who is made anonymous: the caller keeps the fact, nothing of it names a letter.
    """
    theirs = Q(address__in=addresses) | Q(root__in=[one for one in roots if one])
    waiting = Letter.objects.filter(theirs, state=LetterState.WAITING)
    return waiting.update(state=LetterState.WITHHELD, last_error=why[:LONGEST_ERROR])


def _may_hurry(letter: events.Letter | Letter) -> bool:
    """Tell whether a letter goes out at any hour: only what serves its receiver can be urgent."""
    return bool(letter.hurry) and letter.purpose == Purpose.SERVICE


def _terms(channel: str, address: str, purpose: Purpose, at: datetime) -> Clearance:
    """Return what stands against a letter now; of several who know, the strictest."""
    if purpose == Purpose.ANSWER:
        return FREE
    found = [ask(channel, address, purpose, at) for ask in TERMS.values()]
    return max(found, key=lambda one: (one.never, one.until or at), default=FREE)


def _hold(letter: Letter, stands: Clearance, at: datetime) -> None:
    """Let a letter wait for the end of quiet hours, or withhold it: terms may have changed since it was written."""
    letter.state = LetterState.WITHHELD if stands.never else LetterState.WAITING
    letter.due_at, letter.last_error = stands.until or letter.due_at, stands.why[:LONGEST_ERROR]
    letter.attempts = 0
    letter.save(update_fields=["state", "due_at", "last_error", "attempts"])
    _tell_standing(letter, stands, at)


def _tell_standing(letter: events.Letter | Letter, stands: Clearance, at: datetime) -> None:
    data = _data(letter.channel, letter.key)
    if stands.never:
        _tell(events.LETTER_WITHHELD, letter.root, stands.why, data, at)
    elif stands.until is not None:
        held = {**data, "until": stands.until.isoformat()}
        why = queries.held_until(stands.why, stands.until)
        _tell(events.LETTER_HELD, letter.root, why, held, at)


def _tell_hurry(letter: events.Letter | Letter, stands: Clearance, at: datetime) -> None:
    data = {"why": stands.why, **_data(letter.channel, letter.key)}
    _tell(events.LETTER_HURRIED, letter.root, letter.hurry, data, at)


def _is_told(name: str, letter: Letter) -> bool:
    found = facts_of(letter.root, names=[name], since=letter.written_at).rows if letter.root else []
    return any(one.data.get("key") == letter.key for one in found)


def _data(channel: str, key: str) -> dict[str, str]:
    return {"channel": channel, "key": key}


def _tell(name: str, root: str, reason: str, data: Mapping[str, str], at: datetime) -> None:
    if root:
        record(Fact(name, root, root, at, SYSTEM, reason, data))


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
