"""Pure decisions about mail: our own addresses, the token in them, the headers that hold a thread together."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bihuan.domain.interactions.choices import SORT_AGAIN_FIRST, SORT_AGAIN_MOST
from bihuan.kit.problems import Invalid

_MAILBOX: Final = re.compile(r"(?P<address>[^\s@=]+@[^\s@=]+)=(?P<pack>[^\s:]+)(?::(?P<unit>\S+))?")
_TOKEN: Final = re.compile(r"c(\d{1,18})-([a-z2-7]{16})")
_ANGLED: Final = re.compile(r"<[^<>\s]{1,390}>")
MOST_REFERENCES: Final = 20


class MailboxesUnreadable(Invalid):
    """The setting that names our mailboxes cannot be read."""

    message = (
        "邮箱设置有误：BIHUAN_MAILBOXES 写成 service@example.cn=行业包:机构代码，几个之间用空格。"
    )


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address of ours: the pack and org unit whose cases its mails become. No unit: the pack's first."""

    address: str
    pack: str
    unit_code: str = ""

    @property
    def domain(self) -> str:
        """Return what stands behind the @."""
        return self.address.rpartition("@")[2]

    def with_token(self, token: str) -> str:
        """Return the address with a token that comes back when somebody answers."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{token}@{domain}"


def read_mailboxes(text: str) -> tuple[Mailbox, ...]:
    """Read `service@example.cn=complaint:HQ repair@example.cn=hotline`, or refuse."""
    found = []
    for word in text.split():
        said = _MAILBOX.fullmatch(word)
        if said is None:
            raise MailboxesUnreadable
        found.append(Mailbox(said["address"].lower(), said["pack"], said["unit"] or ""))
    return tuple(found)


def mailbox_of(mailboxes: Sequence[Mailbox], address: str) -> tuple[Mailbox, str] | None:
    """Return the mailbox an address is one of, and the token in it; None when it is not ours."""
    local, _, domain = address.lower().rpartition("@")
    name, _, token = local.partition("+")
    for one in mailboxes:
        if one.address in (f"{name}@{domain}", f"{local}@{domain}"):
            return one, token
    return None


def token_of(case_id: int, secret: str) -> str:
    """Return the token by which an answer finds its case. Nobody can make one for another case."""
    return f"c{case_id}-{_signature(case_id, secret)}"


def case_of(token: str, secret: str) -> int | None:
    """Return the case a token is for, None when it is not one of ours."""
    said = _TOKEN.fullmatch(token.lower())
    if said is None:
        return None
    good = hmac.compare_digest(said[2], _signature(int(said[1]), secret))
    return int(said[1]) if good else None


def _signature(case_id: int, secret: str) -> str:
    digest = hmac.digest(f"mail:{secret}".encode(), str(case_id).encode(), hashlib.sha256)
    return base64.b32encode(digest[:10]).decode().lower()


def message_id(key: str, domain: str, secret: str) -> str:
    """Return the Message-ID of a letter: the same for the same letter, and nobody can guess it."""
    digest = hmac.digest(f"message-id:{secret}".encode(), key.encode(), hashlib.sha256)
    return f"<{base64.b32encode(digest[:20]).decode().lower()}@{domain}>"


def thread_headers(answers: Sequence[str]) -> dict[str, str]:
    """Return the headers that put a mail into the thread of those it answers, oldest first."""
    ids = [one for one in answers if _ANGLED.fullmatch(one)]
    if not ids:
        return {}
    kept = ids if len(ids) <= MOST_REFERENCES else [ids[0], *ids[1 - MOST_REFERENCES :]]
    return {"In-Reply-To": ids[-1], "References": " ".join(kept)}


def sort_again_after(attempts: int) -> timedelta:
    """Return how long to wait before a mail that could not be sorted is tried again."""
    doublings: int = 2 ** min(attempts - 1, 12)
    return min(SORT_AGAIN_FIRST * doublings, SORT_AGAIN_MOST)
