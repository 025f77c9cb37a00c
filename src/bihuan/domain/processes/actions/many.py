"""One operation on many units at once: each is done or refused by itself, and says which."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bihuan.domain.ledger.events import Actor
from bihuan.domain.processes.actions import copies, interventions, refusals, store, urging, work
from bihuan.domain.processes.choices import MOST_AT_ONCE, Operation
from bihuan.kit.problems import Refused

NOBODY = copies.Recipients()


@dataclass(frozen=True, slots=True)
class ManyUnits:
    """What is to be done with which units. What an operation does not need is left out."""

    operation: str
    unit_ids: tuple[int, ...]
    to_staff_id: int | None = None
    to_org_unit_id: int | None = None
    reason: str = ""
    until: datetime | None = None
    for_customer: bool = False
    copy_to: copies.Recipients = NOBODY


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit: done, or refused with the situation's code and a sentence."""

    unit_id: int
    code: str = ""
    message: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether the operation was carried out on the unit."""
        return not self.code


@transaction.atomic
def do_many(wanted: ManyUnits, *, by: Actor, at: datetime) -> list[Outcome]:
    """Carry an operation out on up to 200 units; return what became of each, in the order asked.

    A unit that is refused leaves the others alone. Units are worked off in order of their instances,
    so that two who do this at once wait for each other and not in a ring.
    """
    verb = VERBS.get(wanted.operation)
    if verb is None:
        raise refusals.NotForMany
    units = list(dict.fromkeys(wanted.unit_ids))
    if len(units) > MOST_AT_ONCE:
        raise refusals.TooManyUnits
    outcomes = {unit_id: _one(verb, unit_id, wanted, by, at) for unit_id in sorted(units)}
    return [outcomes[unit_id] for unit_id in units]


Verb = Callable[[int, ManyUnits, Actor, datetime], object]


def _one(verb: Verb, unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> Outcome:
    try:
        with transaction.atomic():
            verb(unit_id, wanted, by, at)
    except Refused as refused:
        return Outcome(unit_id, refused.code, refused.message)
    return Outcome(unit_id)


def _claim(unit_id: int, _wanted: ManyUnits, by: Actor, at: datetime) -> object:
    return work.claim(unit_id, by=by, at=at)


def _release(unit_id: int, _wanted: ManyUnits, by: Actor, at: datetime) -> object:
    return work.release(unit_id, by=by, at=at)


def _assign(unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> object:
    if wanted.to_staff_id is None:
        raise refusals.ReceiverMissing
    return work.assign(unit_id, to_staff_id=wanted.to_staff_id, reason=wanted.reason, by=by, at=at)


def _transfer(unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> object:
    return work.transfer(
        unit_id,
        to_staff_id=wanted.to_staff_id,
        to_org_unit_id=wanted.to_org_unit_id,
        reason=wanted.reason,
        by=by,
        at=at,
    )


def _urge(unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> object:
    customer = wanted.for_customer
    return urging.urge(unit_id, note=wanted.reason, for_customer=customer, by=by, at=at)


def _copy(unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> object:
    return copies.carbon_copy(unit_id, to=wanted.copy_to, note=wanted.reason, by=by, at=at)


def _suspend(unit_id: int, wanted: ManyUnits, by: Actor, at: datetime) -> object:
    instance = store.instance_of(unit_id)
    return interventions.suspend(instance, reason=wanted.reason, until=wanted.until, by=by, at=at)


def _resume(unit_id: int, _wanted: ManyUnits, by: Actor, at: datetime) -> object:
    return interventions.resume(store.instance_of(unit_id), by=by, at=at)


VERBS: dict[str, Verb] = {
    Operation.CLAIM: _claim,
    Operation.RELEASE: _release,
    Operation.ASSIGN: _assign,
    Operation.TRANSFER: _transfer,
    Operation.URGE: _urge,
    Operation.CARBON_COPY: _copy,
    Operation.SUSPEND: _suspend,
    Operation.RESUME: _resume,
}
