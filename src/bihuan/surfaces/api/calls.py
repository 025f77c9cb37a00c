"""What every operation needs: who calls, as whom they act, and a retry that does its work once."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Schema

from bihuan.domain.ledger.events import Actor
from bihuan.domain.org.ports import Access
from bihuan.domain.org.rules import require
from bihuan.kit import clock
from bihuan.kit.idempotency import Answer, Request, once
from bihuan.kit.problems import Invalid, NotAllowed

LONGEST_KEY = 120


class IdempotencyKeyTooLong(Invalid):
    """A key is a name for one request, not its content."""

    message = "幂等键最长 120 个字符。"


def access_of(request: HttpRequest, *verbs: str) -> Access:
    """Return what the caller's token allows; refuse one that has none of the verbs in its scopes.

    Every operation names its verbs here or in `actor_of`: a token may be narrower than its owner, and
    the lists of somebody's work follow the owner's posts.
    """
    access: Access = request.auth  # type: ignore[attr-defined]  # ninja sets what authenticate returned
    if not any(access.may(verb) for verb in verbs):
        raise NotAllowed
    return access


def actor_of(
    request: HttpRequest, verb: str, unit_id: int | None = None, *, also: str = ""
) -> Actor:
    """Return the token's owner as the one who acts.

    A token may be narrower than its owner, and actions know only the owner: so the verb an operation
    needs is asked of the token here; `also` is another verb that will do.
    """
    access = access_of(request, verb, also)
    if access.may(verb):
        require(access, verb, unit_id)
    return Actor(access.ref)


def carry_out(
    request: HttpRequest, work: Callable[[], Schema], *, status: int = 200
) -> JsonResponse:
    """Do the work and answer with its result.

    With an `Idempotency-Key` header a retry gets the first answer and does nothing (RFC draft
    idempotency-key-header); the same key with other content is refused.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY:
        raise IdempotencyKeyTooLong
    if not key:
        return JsonResponse(_plain(work()), status=status)
    caller = f"{request.auth.ref} {request.path}"[:80]  # type: ignore[attr-defined]
    attempt = Request(caller, key, request.body)
    answer = once(attempt, lambda: Answer(status, _plain(work())), at=clock.now())
    return JsonResponse(answer.body, status=answer.status)


def _plain(result: Schema) -> Any:
    return result.model_dump(mode="json")
