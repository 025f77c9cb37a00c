"""What the public does by itself: send a request, prove a phone, answer, press, add, take back.

Whoever acts is the case's own customer; the portal only carries the words. Staff rules stay as they are: an
answer goes through the unit that asks for it, and nobody who handled a case answers for the customer.
"""

from bihuan.domain.cases.actions.portal.answering import PublicAnswer, answer_case
from bihuan.domain.cases.actions.portal.pressing import add_to_case, hand_in, press, take_back
from bihuan.domain.cases.actions.portal.proving import (
    Claim,
    Proof,
    Proven,
    prove,
    receipt_of,
    send_code,
)
from bihuan.domain.cases.actions.portal.requesting import PublicRequest, Sent, send_request
from bihuan.domain.cases.actions.portal.throttling import TooOften, forget_attempts

__all__ = [
    "Claim",
    "Proof",
    "Proven",
    "PublicAnswer",
    "PublicRequest",
    "Sent",
    "TooOften",
    "add_to_case",
    "answer_case",
    "forget_attempts",
    "hand_in",
    "press",
    "prove",
    "receipt_of",
    "send_code",
    "send_request",
    "take_back",
]
