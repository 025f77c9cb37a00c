"""Tell people something, and note what they read and wish."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from bihuan.domain.ledger.actions import record, record_many
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import events, queries, rules
from bihuan.domain.notifications.choices import Channel, Topic
from bihuan.domain.notifications.models import Notice, Outgoing, Preference
from bihuan.kit.problems import Invalid, NotAllowed, NotFound

TITLE_LENGTH = 200
_MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,250}")


class NoticeMissing(NotFound):
    """No such notice, or it is somebody else's."""

    message = "没有找到这条通知。"


class PreferenceInvalid(Invalid):
    """A preference names a channel or topic that does not exist."""

    message = "请从列出的通知方式和主题里选择。"


class QuietHoursEmpty(Invalid):
    """Quiet hours that end when they begin hold never, whatever was meant."""

    message = "免打扰的起止时间不能相同。"


class MailAddressUnusable(Invalid):
    """Nothing could be sent to this mail address."""

    message = "邮箱地址有误，例如 name@example.cn。"


@transaction.atomic
def notify(
    notice: events.Notice, staff_ids: Iterable[int], *, by: Actor, at: datetime
) -> list[int]:
    """Give a notice to people and return those who had not been told of it yet.

    The page shows it at once. What goes outside waits for its hour in the table of outgoing messages,
    written in the same transaction: nothing is lost when a channel is down.
    """
    told = [staff_id for staff_id in dict.fromkeys(staff_ids) if _tell(notice, staff_id, at)]
    # A fact for each: its root is the person, so that only they hear of it on their page.
    record_many(
        Fact(
            events.GIVEN,
            f"staff:{staff_id}",
            f"staff:{staff_id}",
            at,
            by,
            data={"about": notice.root, "topic": notice.topic, "key": notice.key},
        )
        for staff_id in told
    )
    return told


def _tell(notice: events.Notice, staff_id: int, at: datetime) -> bool:
    row, is_new = Notice.objects.get_or_create(
        staff_id=staff_id,
        key=notice.key,
        defaults={
            "topic": notice.topic,
            "title": notice.title[:TITLE_LENGTH],
            "text": notice.text,
            "root": notice.root,
            "urgent": notice.urgent,
            "at": at,
        },
    )
    if not is_new:
        return False
    wish = queries.preference_of(staff_id)
    if notice.topic in wish.muted and not notice.urgent:
        return True
    due = rules.due_at(notice, wish, at.astimezone(ZoneInfo(settings.TIME_ZONE)))
    in_digest = wish.digest_at is not None and not notice.urgent
    Outgoing.objects.bulk_create(
        Outgoing(notice=row, channel=channel, due_at=due, in_digest=in_digest)
        for channel in wish.channels
    )
    return True


@transaction.atomic
def read_notice(notice_id: int, *, by: Actor, at: datetime) -> None:
    """Note that the actor has read a notice of theirs. Again it changes nothing."""
    mine = Notice.objects.filter(pk=notice_id, staff_id=_reader(by))
    if not mine.exists():
        raise NoticeMissing
    if mine.filter(read_at__isnull=True).update(read_at=at):
        record(Fact(events.READ, by.ref, by.ref, at, by, data={"notices": [notice_id]}))


@transaction.atomic
def read_all(*, by: Actor, at: datetime) -> int:
    """Note that the actor has read all their notices; return how many were unread."""
    mine = Notice.objects.filter(staff_id=_reader(by), read_at__isnull=True)
    ids = list(mine.values_list("pk", flat=True))
    if ids:
        Notice.objects.filter(pk__in=ids).update(read_at=at)
        record(Fact(events.READ, by.ref, by.ref, at, by, data={"notices": ids}))
    return len(ids)


@transaction.atomic
def set_preference(wish: events.Preference, *, by: Actor, at: datetime) -> None:
    """Set what reaches the actor outside the page. What waits already keeps its hour, but never rings in their night."""
    if not set(wish.channels) <= set(Channel.values) or not set(wish.muted) <= set(Topic.values):
        raise PreferenceInvalid
    if wish.quiet and wish.quiet.begins == wish.quiet.ends:
        raise QuietHoursEmpty(fields={"quiet_until": "起止时间不能相同"})
    Preference.objects.update_or_create(
        staff_id=_reader(by),
        defaults={
            "channels": list(dict.fromkeys(wish.channels)),
            "muted": list(dict.fromkeys(wish.muted)),
            "digest_at": wish.digest_at,
            "quiet_from": wish.quiet.begins if wish.quiet else None,
            "quiet_until": wish.quiet.ends if wish.quiet else None,
            "mail_address": _mail_address(wish.mail_address),
        },
    )
    data = {"channels": list(wish.channels), "muted": list(wish.muted)}
    record(Fact(events.PREFERRED, by.ref, by.ref, at, by, data=data))


def _mail_address(typed: str) -> str:
    address = typed.strip()
    if address and not _MAIL.fullmatch(address):
        raise MailAddressUnusable(fields={"mail_address": MailAddressUnusable.message})
    return address


def _reader(by: Actor) -> int:
    if by.staff_id is None:
        raise NotAllowed
    return by.staff_id
