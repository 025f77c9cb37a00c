"""Contacting a customer who is not to be disturbed: only with a reason, which is a fact (decision 0372)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.ledger import actions as ledger
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.engines.contacting import Clearance
from bihuan.kit.problems import Invalid

INSISTED: Final = "contact.insisted"
LEAST_REASON: Final = 4


class ContactUnwelcome(Invalid):
    """The customer refused to be contacted this way, or it is their quiet hours, and nobody said why now."""

    message = "客户此时不便联系，确需联系请写明原因，至少 4 个字。"


@dataclass(frozen=True, slots=True)
class Insisting:
    """Of what the contact is a fact (`customer:7`, `case:9`), on which channel, and why it is made nevertheless."""

    root: str
    channel: str
    despite: str = ""


def insist(what: Insisting, stands: Clearance, *, by: Actor, at: datetime) -> None:
    """Let a contact go on: freely, or with a reason that becomes a fact. Refuses with ContactUnwelcome."""
    if stands.is_free:
        return
    reason = what.despite.strip()
    if len(reason) < LEAST_REASON:
        raise ContactUnwelcome(fields={"despite": ContactUnwelcome.message})
    data = {"channel": what.channel, "why": stands.why}
    ledger.record(Fact(INSISTED, what.root, what.root, at, by, reason=reason, data=data))
