"""What can be asked of notifications: one's own notices, the number on the bell, what waits to go out."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.timezone import localtime

from bihuan.domain.notifications.choices import LetterState, MessageState, Unsent
from bihuan.domain.notifications.events import Preference
from bihuan.domain.notifications.models import Letter, Notice, Outgoing, Preference as Wish
from bihuan.domain.org.ports import Access
from bihuan.engines.contacting import Quiet
from bihuan.kit import db
from bihuan.kit.paging import Page, keyset
from bihuan.kit.problems import NotFound

MOST_COUNTED = 99
_WAITING = Q(state=LetterState.WAITING)
_UNSENT: Mapping[Unsent, Q] = {
    Unsent.HELD: _WAITING & Q(attempts=0) & ~Q(last_error=""),
    Unsent.FAILING: _WAITING & Q(attempts__gt=0),
    Unsent.QUEUED: _WAITING & Q(attempts=0, last_error=""),
    Unsent.WITHHELD: Q(state=LetterState.WITHHELD),
}
_LETTERS_TO = "select count(*) from notifications_letter where address = %s and written_at >= %s"
_UNREAD = """
select count(*) from (
    select 1 from notifications_notice where staff_id = %s and read_at is null limit %s
) as unread
"""


def notices_for(
    access: Access, *, unread_only: bool = False, topic: str = "", after: str = "", size: int = 50
) -> Page[Notice]:
    """Return a person's notices, newest first."""
    found = Notice.objects.filter(staff_id=access.staff_id)
    if unread_only:
        found = found.filter(read_at__isnull=True)
    if topic:
        found = found.filter(topic=topic)
    return keyset(found, order=("-id",), after=after, size=size)


def notice_for(access: Access, notice_id: int) -> Notice:
    """Return one of a person's own notices, or refuse with NotFound."""
    found = Notice.objects.filter(pk=notice_id, staff_id=access.staff_id).first()
    if found is None:
        raise NotFound("没有这条消息。")
    return found


def unread_count(access: Access) -> int:
    """Return how many notices a person has not read; counting stops at 99."""
    return ask_unread_count(db.Together(), access)()


def ask_unread_count(together: db.Together, access: Access) -> Callable[[], int]:
    """Ask for `unread_count` together with other questions."""
    answer = together.ask(_UNREAD, (access.staff_id, MOST_COUNTED))
    return lambda: int(answer()[0][0])


def notice_texts(root: str) -> list[Notice]:
    """Return everything people were told about one root, oldest first."""
    return list(Notice.objects.filter(root=root).order_by("id"))


def preference_of(staff_id: int) -> Preference:
    """Return what a person wishes; who said nothing gets notices on the page only."""
    wish = Wish.objects.filter(pk=staff_id).first()
    if wish is None:
        return Preference()
    quiet = None
    if wish.quiet_from is not None and wish.quiet_until is not None:
        quiet = Quiet(wish.quiet_from, wish.quiet_until)
    return Preference(
        tuple(wish.channels), tuple(wish.muted), wish.digest_at, quiet, wish.mail_address
    )


def waiting(channel: str, at: datetime) -> int:
    """Return how many messages should have gone out on a channel by now and have not."""
    due = Outgoing.objects.filter(channel=channel, state=MessageState.WAITING, due_at__lte=at)
    return due.count()


def letters_waiting(channel: str, at: datetime) -> int:
    """Return how many letters should have gone out on a channel by now and have not."""
    due = Letter.objects.filter(channel=channel, state=LetterState.WAITING, due_at__lte=at)
    return due.count()


def letters_held(channel: str) -> int:
    """Return how many letters wait for the end of their receiver's quiet hours."""
    return unsent(Unsent.HELD).filter(channel=channel).count()


def letters_withheld(channel: str) -> int:
    """Return how many letters were not sent because their receiver had not agreed."""
    return Letter.objects.filter(channel=channel, state=LetterState.WITHHELD).count()


def unsent(how: Unsent | None = None) -> "QuerySet[Letter]":
    """Return the letters that have not gone out, or those that stand so; the caller narrows them to what may be seen."""
    found = Letter.objects.filter(state__in=(LetterState.WAITING, LetterState.WITHHELD))
    return found.filter(_UNSENT[how]) if how else found


def how_unsent(letter: Letter) -> Unsent:
    """Return how a letter stands that has not gone out; holding it back begins its attempts anew."""
    if letter.state == LetterState.WITHHELD:
        return Unsent.WITHHELD
    if letter.attempts:
        return Unsent.FAILING
    return Unsent.HELD if letter.last_error else Unsent.QUEUED


def letters_to(address: str, *, since: datetime) -> int:
    """Return how many letters were written to an address since a moment."""
    [(count,)] = db.rows(_LETTERS_TO, (address, since))
    return int(count)


def held_until(why: str, until: datetime) -> str:
    """Return what stands against a letter, and when it goes out by the centre's clock."""
    goes = localtime(until)
    return f"{why}，{goes.month}月{goes.day}日 {goes:%H:%M} 发出"


def letter_states(keys: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return of letters their state and what stands against them, by key."""
    if not keys:
        return {}
    return {one.key: (one.state, _stands(one)) for one in Letter.objects.filter(key__in=keys)}


def _stands(letter: Letter) -> str:
    if letter.state != LetterState.WAITING or not letter.last_error:
        return letter.last_error
    if letter.attempts:
        return f"试发 {letter.attempts} 次没有成功，会再试"
    return held_until(letter.last_error, letter.due_at)
