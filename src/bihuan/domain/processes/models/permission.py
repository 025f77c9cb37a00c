"""Pure decisions: whose work a unit is, and where it may be returned to."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bihuan.domain.org.ports import Access
from bihuan.domain.processes.choices import Tier
from bihuan.engines.bpmn.run_state import Token

PREVIOUS, INITIATOR, ANY = "previous", "initiator", "any"
DEFAULT_RETURNS = (PREVIOUS, INITIATOR)


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody works on a unit that stays its owner's (委派), until a moment if one is set.

    `leave_id` names the owner's leave when the unit comes back with its end.
    """

    to: int
    until: datetime | None = None
    may_submit: bool = False
    leave_id: int | None = None

    def holds(self, at: datetime) -> bool:
        """Tell whether it is in force at a moment."""
        return self.until is None or at < self.until

    def to_json(self) -> dict[str, Any]:
        """Return what the column holds."""
        values: dict[str, Any] = {"to": self.to, "may_submit": self.may_submit}
        if self.until is not None:
            values["until"] = self.until.isoformat()
        return values | ({} if self.leave_id is None else {"leave": self.leave_id})

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> "Delegation | None":
        """Return what the column holds as a value."""
        if values is None:
            return None
        until = values.get("until")
        moment = datetime.fromisoformat(until) if until else None
        return cls(values["to"], moment, values["may_submit"], values.get("leave"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit is done and by whom: what permission to work on it depends on."""

    post: str
    unit_id: int | None
    assignee_id: int | None
    owner_id: int | None = None
    delegation: Delegation | None = None


def place_of(row: Sequence[Any], at: datetime) -> Place:
    """Return the place of a unit in a row of the statement `unit`, as it is at a moment."""
    delegation = Delegation.from_json(json.loads(row[27]) if row[27] else None)
    if delegation is not None and not delegation.holds(at):
        delegation = None
    return Place(row[7], row[8], row[9], row[26], delegation)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is to a unit. `on_behalf_of` is the colleague whose work it is, if not their own."""

    may_work: bool
    on_behalf_of: int | None = None
    is_delegate: bool = False


NO_STANDING = Standing(may_work=False)


def standing(access: Access, place: Place) -> Standing:
    """Say whether a person may work on a unit: by their post and, once it is taken, as its owner.

    A post held at an org unit counts for everything below it. Whoever covers for a colleague on leave may do
    what that colleague may, as long as the leave lasts; then the unit is the colleague's again. Nobody works
    on a unit whose post they no longer hold, although it is still in their name. To whom a unit is delegated
    works on it without its post, on the owner's behalf.
    """
    if place.delegation is not None and _is_delegate(access, place, place.delegation):
        return Standing(may_work=True, on_behalf_of=place.owner_id, is_delegate=True)
    here = by_post(access, place)
    whose = place.owner_id or place.assignee_id
    if whose is None or not here.may_work:
        return here
    return _of_owner(access, whose)


def by_post(access: Access, place: Place) -> Standing:
    """Say whether a person holds the unit's post there, themselves or for a colleague on leave."""
    if not place.post:
        return Standing(may_work=access.may("unit.work", place.unit_id))
    above = places_above(access, place.unit_id)
    held = [post for post in access.posts if post[0] == place.post and post[1] in above]
    if not held:
        return NO_STANDING
    for post in held:
        if access.behind(post) is None:
            return Standing(may_work=True)
    return Standing(may_work=True, on_behalf_of=access.behind(held[0]))


def is_operator(operators: object, access: Access, login_name: str) -> bool:
    """Tell whether a person is among those `bh:operators` names: people, or posts they hold anywhere."""
    found = (
        operators if isinstance(operators, list) else re.split(r"[,，\s]+", str(operators or ""))
    )
    names = {str(one) for one in found if one}
    held = {post for post, _ in access.posts}
    mine = {login_name, access.ref, *held, *(f"post:{post}" for post in held)}
    return not names.isdisjoint(mine)


def places_above(access: Access, unit_id: int | None) -> frozenset[int]:
    """Return an org unit and all it lies under."""
    unit = access.tree.units.get(unit_id) if unit_id is not None else None
    return frozenset(int(part) for part in unit.path.split("/") if part) if unit else frozenset()


def tier(due_at: datetime | None, warn_at: datetime | None, at: datetime) -> Tier:
    """Say how a unit stands with its time; without a running clock it is paused."""
    if due_at is None:
        return Tier.PAUSED
    if due_at <= at:
        return Tier.OVERDUE
    return Tier.WARN if warn_at is not None and warn_at <= at else Tier.NORMAL


def return_target(
    to: str, *, nearest: Sequence[Token], ancestors: Sequence[Token], allowed: Sequence[str]
) -> Token | None:
    """Return the finished unit that `to` names (`previous`, `initiator`, a node), None if not allowed.

    `nearest` and `ancestors` are latest first; `allowed` is the unit's `bh:returnTo`.
    """
    target = _named(to, nearest, ancestors)
    if target is None or ANY in allowed:
        return target
    reachable = {name: _named(name, nearest, ancestors) for name in allowed or DEFAULT_RETURNS}
    return target if target in reachable.values() else None


def _named(to: str, nearest: Sequence[Token], ancestors: Sequence[Token]) -> Token | None:
    if to == PREVIOUS:
        return nearest[0] if nearest else None
    if to == INITIATOR:
        return ancestors[-1] if ancestors else None
    return next((unit for unit in ancestors if unit.node == to), None)


def _is_delegate(access: Access, place: Place, delegation: Delegation) -> bool:
    covered = (access.staff_id, *access.delegated_from)
    return delegation.to in covered and place.owner_id not in covered


def _of_owner(access: Access, owner_id: int) -> Standing:
    if owner_id == access.staff_id:
        return Standing(may_work=True)
    if owner_id in access.delegated_from:
        return Standing(may_work=True, on_behalf_of=owner_id)
    return NO_STANDING
