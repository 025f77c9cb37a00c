"""Keep what an outside system says happened to a case, where nothing moves in ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bihuan.domain.cases import events
from bihuan.domain.cases.events import case_ref
from bihuan.domain.ledger.actions import record_many
from bihuan.domain.ledger.events import Actor, Fact


@dataclass(frozen=True, slots=True)
class Told:
    """One thing told: what changed, or nothing but that the record was saved."""

    at: datetime
    by: Actor
    changed: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def told_facts(*, case_id: int, told: Sequence[Told]) -> list[Fact]:
    """Return each as a fact: `case.updated` with the changed fields, or `case.touched`."""
    ref = case_ref(case_id)
    return [
        Fact(
            events.UPDATED if one.changed else events.TOUCHED,
            ref,
            ref,
            one.at,
            one.by,
            one.reason,
            dict(one.changed),
        )
        for one in told
    ]


def record_told(*, case_id: int, told: Sequence[Told]) -> None:
    """Record what was told about a case."""
    record_many(told_facts(case_id=case_id, told=told))
