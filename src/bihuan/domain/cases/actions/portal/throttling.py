"""How often somebody from the public may try something. Counted by hashes: no number or address is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.crypto import salted_hmac

from bihuan.kit import db
from bihuan.kit.problems import Refused

_SPEND = """
insert into cases_attempt (kind, who, at)
select %(kind)s::text, %(who)s::text, %(at)s::timestamptz
where (select count(*) from cases_attempt where kind = %(kind)s::text and who = %(who)s::text
    and at > %(since)s and at <= %(at)s::timestamptz) < %(most)s
returning id
"""
KEPT: Final = timedelta(days=2)


class TooOften(Refused):
    """Somebody tries the same thing too often; the limit is named in docs/how-to/serve-the-public.md."""

    status = 429
    message = "操作太频繁了，请过一会儿再试，或拨打服务电话。"


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of one kind within a span, for one phone, address or case."""

    kind: str
    most: int
    within: timedelta
    refusal: str = TooOften.message


REQUESTS_OF_PHONE: Final = Allowance(
    "request-phone", 5, timedelta(days=1), "这个手机号今天已提交 5 件，请拨打服务电话。"
)
REQUESTS_OF_ADDRESS: Final = Allowance("request-address", 30, timedelta(hours=1))
CODE_AGAIN: Final = Allowance(
    "code-again", 1, timedelta(minutes=1), "验证码一分钟只能发一次，请稍后再试。"
)
CODES_OF_CASE: Final = Allowance(
    "code-case", 5, timedelta(hours=1), "验证码发得太多了，请一小时后再试，或拨打服务电话。"
)
CODES_OF_ADDRESS: Final = Allowance("code-address", 30, timedelta(hours=1))
GUESSES_OF_CASE: Final = Allowance("guess-case", 20, timedelta(hours=1))
GUESSES_OF_ADDRESS: Final = Allowance("guess-address", 60, timedelta(hours=1))
ADDITIONS: Final = Allowance(
    "add", 20, timedelta(days=1), "今天补充得太多了，请明天再补充，或拨打服务电话。"
)
FILES: Final = Allowance("file", 40, timedelta(hours=1))


def spend(allowance: Allowance, who: str, *, at: datetime) -> None:
    """Count one attempt, or refuse with `TooOften`.

    Guesses are counted outside any transaction, so that they stay counted when they fail.
    """
    params = {
        "kind": allowance.kind,
        "who": salted_hmac("bihuan.portal.attempt", who, algorithm="sha256").hexdigest(),
        "at": at,
        "since": at - allowance.within,
        "most": allowance.most,
    }
    if db.one(_SPEND, params) is None:
        raise TooOften(allowance.refusal)


def forget_attempts(*, at: datetime) -> int:
    """Forget what no limit counts any more; return how many."""
    return db.run("delete from cases_attempt where at < %s", (at - KEPT,))
