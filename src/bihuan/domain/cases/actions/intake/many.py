"""Take many requests in at once: each by itself, and whatever is refused is kept as it was sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from bihuan.domain.cases import events
from bihuan.domain.cases.actions.intake.taking import accept_request
from bihuan.domain.cases.events import Intake, OpenedCase
from bihuan.domain.interactions import actions as interactions
from bihuan.domain.interactions.choices import Direction, Outcome
from bihuan.domain.interactions.events import NewInteraction
from bihuan.domain.ledger.actions import record
from bihuan.domain.ledger.events import Actor, Fact
from bihuan.domain.org.queries import authorise
from bihuan.kit.problems import Refused


@dataclass(frozen=True, slots=True)
class Sent:
    """One of many requests, as it was sent. `read` makes an intake of it or refuses."""

    values: Mapping[str, Any]
    read: Callable[[Mapping[str, Any]], Intake]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of one of many: its case, or why not and the line of the register it is kept in."""

    case: OpenedCase | None
    refusal: str = ""
    fields: Mapping[str, str] | None = None
    entry_id: int | None = None


def accept_requests(
    sent: Sequence[Sent], *, org_unit_id: int, by: Actor, at: datetime
) -> list[Accepted]:
    """Take requests in, each in a transaction of its own; return what became of each, in order.

    What is refused stays in the register with what was sent and why, until somebody has seen to it: fewer
    cases, never fewer requests. Sent again with the same `source_ref`, nothing is kept twice.
    """
    authorise(by, "case.open", org_unit_id, at=at)
    return [_take_one(one, org_unit_id, by, at) for one in sent]


def _take_one(one: Sent, org_unit_id: int, by: Actor, at: datetime) -> Accepted:
    try:
        with transaction.atomic():
            return Accepted(accept_request(one.read(one.values), by=by, at=at))
    except Refused as refusal:
        with transaction.atomic():
            entry_id = _keep(one.values, refusal, org_unit_id, by, at)
        return Accepted(None, refusal.message, refusal.fields, entry_id)


def _keep(
    values: Mapping[str, Any], refusal: Refused, org_unit_id: int, by: Actor, at: datetime
) -> int:
    source = str(values.get("source_ref") or "")
    known = interactions.refused_before(source) if source else None
    if known is not None:
        return known
    details = "；".join(f"{name} {said}" for name, said in refusal.fields.items())
    new = NewInteraction(
        channel=str(values.get("channel") or "OTHER")[:20],
        direction=Direction.IN,
        root="",
        party_address=str(values.get("contact_phone") or ""),
        party_name=str(values.get("contact_name") or ""),
        text=str(values.get("description") or ""),
        subject=str(values.get("title") or "（没有标题）"),
        outcome=Outcome.REFUSED,
        external_id=source,
        remark=f"{refusal.message}{details}",
        org_unit_id=org_unit_id,
        sent=values,
    )
    kept = interactions.record_interaction(new, by=by, at=at)
    ref = f"interaction:{kept}"
    record(Fact(events.INTAKE_REFUSED, ref, ref, at, by, refusal.message))
    return kept
