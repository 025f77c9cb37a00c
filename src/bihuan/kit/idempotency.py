"""A retried request does its work once and gets the same answer (requirement of section 0)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.kit.models import RequestKey
from bihuan.kit.problems import Invalid


class RequestKeyReused(Invalid):
    """The key came before with another request."""

    message = "这个幂等键已用于另一份内容，请换一个键。"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with; `body` is plain JSON."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt: `scope` tells callers apart, `key` is the client's, `content` the raw body."""

    scope: str
    key: str
    content: bytes

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@transaction.atomic
def once(request: Request, work: Callable[[], Answer], *, at: datetime) -> Answer:
    """Carry out `work` and remember its answer, or return what an earlier attempt was answered.

    Two attempts at the same moment: the later one waits for the earlier one's transaction. When
    `work` raises, nothing is remembered and the request may be tried again.
    """
    entry, is_new = RequestKey.objects.get_or_create(
        scope=request.scope,
        key=request.key,
        defaults={
            "fingerprint": request.fingerprint,
            "status": 0,
            "answer": {},
            "carried_out_at": at,
        },
    )
    if not is_new:
        if entry.fingerprint != request.fingerprint:
            raise RequestKeyReused
        return Answer(entry.status, entry.answer)
    answer = work()
    RequestKey.objects.filter(pk=entry.pk).update(status=answer.status, answer=answer.body)
    return answer


def forget_before(moment: datetime) -> int:
    """Forget answers older than `moment`; return how many."""
    return RequestKey.objects.filter(carried_out_at__lt=moment).delete()[0]
