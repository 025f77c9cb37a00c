"""Supervision orders, escalations, bursts and notices as pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.urls import reverse

from bihuan.domain.cases.choices import OrderState
from bihuan.domain.cases.queries import BurstRow, SupervisionRow
from bihuan.domain.escalations.queries import EscalationRow
from bihuan.surfaces.workspace.phrases import countdown
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.masks import masked

STATES: Final[Mapping[str, str]] = {str(key): str(title) for key, title in OrderState.choices}
VERBS: Final[Mapping[str, tuple[str, str]]] = {
    "answer": ("答复", "message-reply"),
    "confirm": ("销号", "checks"),
    "return": ("退回", "arrow-back-up"),
    "withdraw": ("撤销", "arrow-back"),
}
TONES: Final[Mapping[str, str]] = {"ANSWERED": "brand", "CONFIRMED": "ok"}


@dataclass(frozen=True, slots=True)
class OrderSheet:
    """One supervision order. `late` says it stands out; `left` is what remains, or how much over."""

    row: SupervisionRow
    address: str
    state: str
    tone: str
    late: bool
    left: str
    buttons: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class EscalationSheet:
    """One escalation that waits for somebody to say "mine", or was answered."""

    row: EscalationRow
    number: str
    address: str
    acknowledge_address: str


def order_sheet(row: SupervisionRow, at: datetime) -> OrderSheet:
    """Return an order as it stands at `at`; numbers in its texts are masked for everybody."""
    row = masked(row)
    waiting = row.state == OrderState.ISSUED
    late = waiting and row.due_at <= at
    seconds = abs((row.due_at - at).total_seconds())
    return OrderSheet(
        row=row,
        address=case_address(row.number),
        state=STATES[row.state],
        tone="over" if late else TONES.get(row.state, "warn" if waiting else ""),
        late=late,
        left=f"{'超' if late else '余'} {countdown(seconds, elapsed=True)}" if waiting else "",
        buttons=[
            {
                "title": VERBS[verb][0],
                "sign": VERBS[verb][1],
                "address": reverse("order-operation", args=[row.id, verb]),
                "verb": verb,
            }
            for verb in row.operations
        ],
    )


def escalation_sheet(row: EscalationRow, number: str) -> EscalationSheet:
    """Return an escalation; `number` is its case's."""
    row = masked(row)
    acknowledge = reverse("escalation-acknowledgement", args=[row.id])
    return EscalationSheet(
        row=row,
        number=number,
        address=case_address(number),
        acknowledge_address=acknowledge if row.can_acknowledge else "",
    )


def burst_sheet(row: BurstRow) -> dict[str, Any]:
    """Return a burst with its cases."""
    return {
        "row": row,
        "take_address": reverse("burst-taking", args=[row.id]) if row.can_take else "",
        "cases": [(case_address(one.number), one) for one in row.cases],
    }
