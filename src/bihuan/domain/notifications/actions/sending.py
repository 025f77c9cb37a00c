"""Send what is due over the channels that have an adapter; what cannot be sent waits."""

import logging
from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from bihuan.domain.notifications import queries, rules
from bihuan.domain.notifications.choices import Channel, MessageState
from bihuan.domain.notifications.models import Outgoing
from bihuan.domain.notifications.ports import CHANNELS, Message
from bihuan.engines.contacting import after_quiet

log = logging.getLogger(__name__)

_Group = tuple[str, int, int | None]


@transaction.atomic
def send_due(*, at: datetime, limit: int = 200) -> int:
    """Send up to `limit` waiting messages that are due; return how many notices went out.

    Messages of one digest go out as one. A channel without an adapter keeps its messages; one that fails
    is tried again later, ever less often. Several senders never take the same message. A sender that
    dies after the adapter took the message and before its commit sends it again: its `key` is the same.
    """
    due = Outgoing.objects.filter(
        state=MessageState.WAITING, due_at__lte=at, channel__in=list(CHANNELS)
    ).order_by("due_at", "id")
    taken = due.select_for_update(skip_locked=True, of=("self",)).select_related("notice__staff")
    groups: dict[_Group, list[Outgoing]] = defaultdict(list)
    for one in taken[:limit]:
        if _waits_on(one, at):
            continue
        alone = None if one.in_digest else one.pk
        groups[one.channel, one.notice.staff_id, alone].append(one)
    return sum(_send(channel, group, at) for (channel, *_), group in groups.items())


def _waits_on(one: Outgoing, at: datetime) -> bool:
    """Tell whether a message is late enough to disturb somebody's night; it waits for their morning then.

    A digest comes at the hour its reader chose.
    """
    if one.notice.urgent or one.in_digest:
        return False
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    due = after_quiet(queries.preference_of(one.notice.staff_id).quiet, local)
    if due == local:
        return False
    one.due_at = due
    one.save(update_fields=["due_at"])
    return True


def _send(channel: str, group: list[Outgoing], at: datetime) -> int:
    rows = Outgoing.objects.filter(pk__in=[one.pk for one in group])
    try:
        CHANNELS.get(channel)(_message(group))
    except Exception as failure:  # noqa: BLE001 -- an adapter may raise anything; the message waits
        attempts = max(one.attempts for one in group) + 1
        log.warning("%d notices wait for %s, which failed: %r", len(group), channel, failure)
        rows.update(
            attempts=attempts,
            last_error=str(failure)[:200],
            due_at=at + rules.retry_after(attempts),
        )
        return 0
    rows.update(state=MessageState.SENT, sent_at=at, last_error="")
    return len(group)


def _message(group: list[Outgoing]) -> Message:
    first = group[0].notice
    by_mail = group[0].channel == Channel.EMAIL
    title, text = first.title, first.text
    if len(group) > 1:
        title = f"您有 {len(group)} 条通知"
        text = "\n".join(one.notice.title for one in group)
    return Message(
        key=f"notice:{'+'.join(str(one.pk) for one in group)}",
        staff_id=first.staff_id,
        name=first.staff.name,
        phone=first.staff.phone,
        title=title,
        text=text,
        at=first.at,
        address=queries.preference_of(first.staff_id).mail_address if by_mail else "",
    )
