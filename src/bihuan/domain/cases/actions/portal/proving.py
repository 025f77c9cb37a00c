"""Whose case is it? A code sent to its phone tells, or the receipt given when it was sent in."""

import base64
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.portal import throttling
from bihuan.domain.cases.actions.portal.throttling import spend
from bihuan.domain.cases.events import case_ref
from bihuan.domain.cases.models import PhoneCode
from bihuan.domain.cases.ports import PORTAL, PORTAL_ACTOR
from bihuan.domain.cases.queries import portal as portals, wording
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.notifications.choices import Channel
from bihuan.domain.notifications.ports import CHANNELS, Message
from bihuan.kit import db
from bihuan.kit.problems import Invalid, Refused

log = logging.getLogger(__name__)

LIVES: Final = timedelta(minutes=10)
MOST_WRONG: Final = 5
SOURCE: Final = f"{PORTAL}:"
# Nobody reads an I for a 1 or an O for a 0.
_CLEAR: Final = str.maketrans("IO", "89")
_FIND = """
select id, customer_id, contact_digits, source_ref, contact_phone, contact_name, pack
from cases_case where number = %s and customer_id is not null
"""


class CodeWrong(Refused):
    """The code is wrong, too old or used, or there is no such case: the answer is the same, on purpose."""

    status = 422
    message = "单号或验证码不对，或验证码已过期。请核对后重试，或重新获取验证码。"


class CodeNotSent(Refused):
    """No text message can go out now."""

    status = 503
    message = "短信暂时发不出去，请稍后再试；提交时给的查询码一直可用，也可以拨打服务电话。"


class Proof(StrEnum):
    """How somebody showed that a case is theirs. Only the phone allows to end it."""

    PHONE = "phone"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who says that a case is theirs: its number, the phone as typed, and the address asked from."""

    number: str
    phone: str = ""
    address: str = ""

    @property
    def digits(self) -> str:
        """Return the phone's digits, as cases keep them."""
        return wording.digits_of(self.phone)


@dataclass(frozen=True, slots=True)
class Proven:
    """A case shown to be somebody's."""

    case_id: int
    number: str
    customer_id: int
    proof: Proof


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    customer_id: int
    digits: str
    source_ref: str
    phone: str
    name: str
    pack: str


def can_send() -> bool:
    """Tell whether text messages go out at all."""
    return Channel.SMS in CHANNELS


def send_code(claim: Claim, *, at: datetime) -> None:
    """Send a code to the phone of a case, when number and phone belong together.

    It lives ten minutes. Whoever asks learns nothing from the answer: it is the same for a case that does
    not exist. Limited by case, phone and address.
    """
    if not claim.digits:
        raise Invalid("请填写提交时留的手机号。", fields={"phone": "请填写提交时留的手机号"})
    if not can_send():
        raise CodeNotSent
    spend(throttling.CODES_OF_ADDRESS, claim.address, at=at)
    pair = f"{claim.number}/{claim.digits}"
    spend(throttling.CODE_AGAIN, pair, at=at)
    spend(throttling.CODES_OF_CASE, pair, at=at)
    found = _find(claim.number)
    if found is None or found.digits != claim.digits:
        return
    code = f"{secrets.randbelow(10**6):06d}"
    made = _keep(found, code, at)
    _deliver(found, claim.number, code, made, at)


def prove(claim: Claim, code: str, *, at: datetime) -> Proven:
    """Return whose case it is, or refuse with `CodeWrong`; `code` is the phone's or the receipt.

    A code is guessed five times at most and used once; guesses are limited by case and address too.
    """
    spend(throttling.GUESSES_OF_ADDRESS, claim.address, at=at)
    spend(throttling.GUESSES_OF_CASE, claim.number, at=at)
    found, typed = _find(claim.number), _typed(code)
    proof = None if found is None else _proof(found, typed, at)
    if found is None or proof is None:
        raise CodeWrong(fields={"code": CodeWrong.message})
    _tell(found, events.PROVEN, at, proof=str(proof))
    return Proven(found.id, claim.number, found.customer_id, proof)


def receipt_of(source_ref: str) -> str:
    """Return the receipt of a request sent in on the portal, `K7QM-2WXF`: known to who sent it, kept nowhere."""
    digest = salted_hmac("bihuan.portal.receipt", source_ref, algorithm="sha256").digest()
    text = base64.b32encode(digest).decode()[:8].translate(_CLEAR)
    return f"{text[:4]}-{text[4:]}"


def _typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def _proof(found: _Found, typed: str, at: datetime) -> Proof | None:
    if found.source_ref.startswith(SOURCE):
        receipt = receipt_of(found.source_ref).replace("-", "")
        if constant_time_compare(receipt, typed):
            return Proof.RECEIPT
    return Proof.PHONE if _is_right(found, typed, at) else None


@transaction.atomic
def _is_right(found: _Found, typed: str, at: datetime) -> bool:
    """Look at the latest code; guesses at one code wait for each other and stay counted."""
    codes = PhoneCode.objects.select_for_update(no_key=True).filter(case_id=found.id, used_at=None)
    code = codes.order_by("-sent_at").first()
    if code is None or not code.sent_at <= at < code.expires_at or code.wrong >= MOST_WRONG:
        return False
    is_right = constant_time_compare(code.code_hash, _hash(found.id, code.sent_at, typed))
    if is_right:
        code.used_at = at
    else:
        code.wrong += 1
    code.save(update_fields=["used_at", "wrong"])
    return is_right


@transaction.atomic
def _keep(found: _Found, code: str, at: datetime) -> PhoneCode:
    made = PhoneCode.objects.create(
        case_id=found.id, code_hash=_hash(found.id, at, code), sent_at=at, expires_at=at + LIVES
    )
    _tell(found, events.CODE_SENT, at)
    return made


def _deliver(found: _Found, number: str, code: str, made: PhoneCode, at: datetime) -> None:
    minutes = LIVES // timedelta(minutes=1)
    message = Message(
        key=f"code:{made.pk}",
        staff_id=None,
        name=found.name,
        phone=found.phone,
        title=f"验证码 {code}",
        text=f"查询工单 {number}，{minutes} 分钟内有效。工作人员不会向您索要验证码。",
        at=at,
    )
    try:
        CHANNELS.get(Channel.SMS)(message)
    except Exception as failure:  # noqa: BLE001 -- an adapter may raise anything; the customer is told
        log.warning("a code could not be sent: %s", type(failure).__name__)
        raise CodeNotSent from None


def _hash(case_id: int, sent_at: datetime, code: str) -> str:
    salt = f"{case_id}/{sent_at.timestamp():.6f}/{code}"
    return salted_hmac("bihuan.portal.code", salt, algorithm="sha256").hexdigest()


def _find(number: str) -> _Found | None:
    """Return a case that has a customer and whose pack has a portal; any other is not there."""
    row = db.one(_FIND, (number.strip(),))
    found = _Found(*row) if row else None
    return found if found and found.pack in {one.pack for one in portals.portals()} else None


def _tell(found: _Found, name: str, at: datetime, **data: str) -> None:
    ref = case_ref(found.id)
    by = Actor(PORTAL_ACTOR, on_behalf_of=f"customer:{found.customer_id}")
    record(Fact(name, ref, ref, at, by, data=data))
