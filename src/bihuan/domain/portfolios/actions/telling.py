"""What portfolios tell people, and the facts they leave."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications import actions as notifications
from bihuan.domain.notifications.choices import Topic
from bihuan.domain.notifications.events import Notice
from bihuan.kit.problems import Invalid, Refused

Data = Mapping[str, Any]


class OwnMatter(Refused):
    """Nobody signs or reviews what they asked for themselves."""

    message = "自己提出的事要由别人签字或复核。"


class ReasonTooShort(Invalid):
    """Whoever asks, refuses or takes back says why."""

    def __init__(self, least: int) -> None:
        words = f"写清为什么，至少 {least} 个字。"
        super().__init__(words, fields={"reason": words})


def reason_given(reason: str, least: int) -> str:
    """Return a reason without gaps around it, or refuse with ReasonTooShort."""
    words = reason.strip()
    if len(words) < least:
        raise ReasonTooShort(least)
    return words[:500]


def tell(
    staff_ids: Iterable[int],
    title: str,
    root: str,
    *,
    urgent: bool = False,
    by: Actor,
    at: datetime,
) -> None:
    """Tell people something; the same sentence about the same thing once."""
    # Keys stand in facts: what people wrote stays out of them.
    said = hashlib.sha256(title.encode()).hexdigest()[:16]
    notice = Notice(Topic.CUSTOMER, title, root, f"{root}:{said}", urgent=urgent)
    notifications.notify(notice, staff_ids, by=by, at=at)


def keep(
    name: str, customer_id: int, data: Data, *, reason: str = "", by: Actor, at: datetime
) -> None:
    """Leave a fact about a customer."""
    ref = f"customer:{customer_id}"
    ledger.record(Fact(name, ref, ref, at, by, reason=reason, data=data))
