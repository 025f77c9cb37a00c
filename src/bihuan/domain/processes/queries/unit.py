"""One unit with all a person needs to work on it: its form, what they may do, where it may go back to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bihuan.domain.billing import queries as billing
from bihuan.domain.billing.ports import DueItem
from bihuan.domain.org import queries as org
from bihuan.domain.org.ports import Access
from bihuan.domain.packs import queries as packs
from bihuan.domain.processes.choices import InstanceState, Operation, TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries import blueprints, copies, routes, rows
from bihuan.domain.processes.queries.extensions import ExtensionRow, extension_of
from bihuan.domain.processes.queries.inbox import UnitRow, row_of
from bihuan.domain.processes.queries.next_units import NOWHERE, NextUnits, next_units
from bihuan.domain.processes.queries.statements import LISTS, SQL
from bihuan.engines import forms
from bihuan.engines.bpmn import run_routes
from bihuan.engines.bpmn.model import Node
from bihuan.kit import db
from bihuan.kit.masking import mask_phone, mask_values


@dataclass(frozen=True, slots=True)
class ReturnTarget:
    """An earlier unit this one may be given back to."""

    node: str
    title: str


@dataclass(frozen=True, slots=True)
class Urges:
    """How often a unit was urged, how often anything of its case was, and when the unit was last."""

    unit: int = 0
    case: int = 0
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit as one person sees it. `values` are the draft, else what was submitted.

    Phone fields are masked for everybody, numbers in other texts for those who may not see them; what
    comes back masked is made whole again by the actions.
    """

    row: UnitRow
    rev: int
    pack: str
    form: forms.Form | None
    values: Mapping[str, Any]
    has_draft: bool
    operations: frozenset[str]
    previous: Mapping[str, Any] = field(default_factory=dict)
    return_targets: Sequence[ReturnTarget] = ()
    colleagues: Sequence[org.StaffRow] = ()
    next: NextUnits = NOWHERE
    closed_at: datetime | None = None
    close_kind: str = ""
    urges: Urges = Urges()
    extension: ExtensionRow | None = None
    delegation: permission.Delegation | None = None
    charges: Sequence[DueItem] = ()

    @property
    def id(self) -> int:
        """Return the unit's id."""
        return self.row.id

    @property
    def node(self) -> str:
        """Return its BPMN id."""
        return self.row.node

    @property
    def title(self) -> str:
        """Return its name."""
        return self.row.title

    @property
    def subject(self) -> str:
        """Return what the process is about."""
        return self.row.subject

    @property
    def instance_id(self) -> int:
        """Return its process instance."""
        return self.row.instance_id

    @property
    def assignee_id(self) -> int | None:
        """Return who works on it."""
        return self.row.assignee_id

    @property
    def assignee(self) -> str:
        """Return the name of who works on it."""
        return self.row.assignee

    @property
    def field_codes(self) -> frozenset[str]:
        """Return the codes of its form's fields."""
        return frozenset(item.code for item in self.form.fields) if self.form else frozenset()


def unit(access: Access, unit_id: int, *, at: datetime) -> UnitView:
    """Return a unit, or refuse with `UnitMissing` when the person may neither work on it nor see it."""
    found = db.one(LISTS["unit"], (unit_id,))
    if found is None:
        raise rows.UnitMissing
    row = row_of(found, at)
    definition_id, instance_unit, rev, form_text, draft_text, closed_at, close_kind = found[19:26]
    place = permission.place_of(found, at)
    standing = permission.standing(access, place)
    if not standing.may_work and not _may_see(access, row, instance_unit):
        raise rows.UnitMissing
    plan = blueprints.blueprint(definition_id)
    node = plan.graph.nodes[row.node]
    allowed = _operations(access, row, place, instance_unit)
    request = extension_of(row.id) if found[31] else None
    allowed |= _about_time(access, row, standing, request)
    around = routes.Surroundings.read(*found[28:31])
    seen = routes.Seen(access, row, standing, instance_unit, plan, around, at)
    allowed |= routes.route_operations(seen)
    allowed -= _barred(access, row, standing, node)
    if routes.is_kept_from(seen):
        allowed -= {Operation.CLAIM, Operation.SUBMIT}
    form = _form(plan, node)
    shown = _Shown(form, whole=access.may_in_any("customer.see_phone", instance_unit, row.unit_id))
    return UnitView(
        extension=request,
        delegation=place.delegation,
        charges=_charges(row, node, instance_unit),
        row=row,
        rev=rev,
        pack=packs.definition(definition_id).pack_key,
        form=form,
        values=shown.values(json.loads(draft_text or form_text or "{}")),
        has_draft=draft_text is not None,
        operations=frozenset(map(str, allowed)),
        previous=shown.values(rows.earlier_values(row.instance_id, plan.graph)) if form else {},
        return_targets=_targets(access, row, plan, node) if Operation.RETURN in allowed else (),
        colleagues=_colleagues(access, row, at) if _hands_over(allowed) else (),
        next=next_units(definition_id, row.node),
        closed_at=closed_at,
        close_kind=close_kind,
        urges=Urges(*found[32:35]),
    )


@dataclass(frozen=True, slots=True)
class OpenUnit:
    """An open unit and the fields its form asks for."""

    id: int
    node: str
    title: str
    field_codes: frozenset[str]


def open_unit_of(access: Access, instance_id: int) -> OpenUnit | None:
    """Return the first open unit of an instance that the person may work on, None if there is none."""
    for (unit_id,) in db.rows(LISTS["open_units"], {"instance": instance_id}):
        found = db.one(LISTS["unit"], (unit_id,))
        if found is None:
            continue
        place = permission.Place(found[7], found[8], found[9], found[26])
        if permission.standing(access, place).may_work:
            plan = blueprints.blueprint(found[19])
            form = _form(plan, plan.graph.nodes[found[4]])
            codes = frozenset(item.code for item in form.fields) if form else frozenset()
            return OpenUnit(unit_id, found[4], found[5], codes)
    return None


@dataclass(frozen=True, slots=True)
class _Shown:
    """How one person sees what was filled in."""

    form: forms.Form | None
    whole: bool

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values with the numbers hidden that must not be on a page."""
        found = dict(values) if self.whole else {k: mask_values(v) for k, v in values.items()}
        for item in self.form.fields if self.form else ():
            if item.type is forms.FieldType.PHONE and values.get(item.code):
                found[item.code] = mask_phone(str(values[item.code]))
        return found


def _charges(row: UnitRow, node: Node, instance_unit: int) -> list[DueItem]:
    """What submitting an open unit will charge."""
    is_open = row.state in {TokenState.OPEN, TokenState.CLAIMED}
    items = node.unit.charge_items if node.unit and is_open else ()
    return billing.due(items, row.unit_id or instance_unit, row.opened_at) if items else []


def _may_see(access: Access, row: UnitRow, instance_unit: int) -> bool:
    if access.may_in_any("case.view", instance_unit, row.unit_id):
        return True
    return copies.is_copied_to(access, row.root)


def _form(plan: blueprints.Blueprint, node: Node) -> forms.Form | None:
    key = plan.forms.get(node.unit.form) if node.unit else None
    return blueprints.form(key) if key else None


def _operations(
    access: Access, row: UnitRow, place: permission.Place, instance_unit: int
) -> set[str]:
    standing = permission.standing(access, place)
    live = row.state in {TokenState.OPEN, TokenState.CLAIMED}
    found = set(_on_the_whole(access, row, instance_unit))
    found |= _beside(access, row, standing, instance_unit)
    if not live or row.instance_state != InstanceState.RUNNING:
        return found
    claimed = row.state == TokenState.CLAIMED
    if place.delegation is not None:
        return found | _delegated(access, standing, place.delegation, row)
    if standing.may_work or (claimed and access.may("unit.assign", row.unit_id)):
        found.add(Operation.DELEGATE)
    if standing.may_work:
        found |= {Operation.SUBMIT, Operation.SAVE_DRAFT, Operation.RETURN, Operation.TRANSFER}
        found.add(Operation.RELEASE if claimed else Operation.CLAIM)
    if access.may("unit.assign", row.unit_id):
        found |= {Operation.ASSIGN, Operation.TRANSFER}
        found |= {Operation.RELEASE} if claimed else set()
    if access.may("unit.return", row.unit_id):
        found.add(Operation.RETURN)
    return found


def _beside(
    access: Access, row: UnitRow, standing: permission.Standing, instance_unit: int
) -> set[Operation]:
    """What may be done about the unit without moving it."""
    places = (row.unit_id, instance_unit)
    found = set()
    if standing.may_work or access.may_in_any("unit.copy", *places):
        found.add(Operation.CARBON_COPY)
    live = row.state in {TokenState.OPEN, TokenState.CLAIMED}
    if live and access.may_in_any("unit.urge", *places):
        found.add(Operation.URGE)
    return found


def _about_time(
    access: Access, row: UnitRow, standing: permission.Standing, request: ExtensionRow | None
) -> set[Operation]:
    """What may be done about the unit's limit; a request for the first time, or once the last is decided."""
    if row.state not in {TokenState.OPEN, TokenState.CLAIMED}:
        return set()
    if request is None or not request.is_pending:
        return {Operation.REQUEST_EXTENSION} if standing.may_work and row.due_at else set()
    if request.was_asked_by(access):
        return {Operation.WITHDRAW_EXTENSION}
    may_decide = access.may("unit.extend", row.unit_id)
    return {Operation.DECIDE_EXTENSION} if may_decide else set()


def _delegated(
    access: Access,
    standing: permission.Standing,
    delegation: permission.Delegation,
    row: UnitRow,
) -> set[Operation]:
    """What may be done with a unit somebody works on for its owner."""
    found: set[Operation] = set()
    if access.may("unit.assign", row.unit_id):
        found |= {Operation.ASSIGN, Operation.TRANSFER, Operation.RELEASE, Operation.GIVE_BACK}
    if access.may("unit.return", row.unit_id):
        found.add(Operation.RETURN)
    if not standing.may_work:
        return found
    found |= {Operation.SAVE_DRAFT, Operation.GIVE_BACK}
    if standing.is_delegate:
        found.add(Operation.COMPLETE_DELEGATION)
    if not standing.is_delegate or delegation.may_submit:
        found |= {Operation.SUBMIT, Operation.RETURN, Operation.TRANSFER, Operation.RELEASE}
    return found


def _on_the_whole(access: Access, row: UnitRow, instance_unit: int) -> list[str]:
    """What may be done with the instance, whichever unit one looks at."""
    running = row.instance_state == InstanceState.RUNNING
    suspended = row.instance_state == InstanceState.SUSPENDED
    offered = {
        Operation.SUSPEND: ("unit.suspend", running),
        Operation.RESUME: ("unit.suspend", suspended),
        Operation.JUMP: ("unit.jump", running),
        Operation.TERMINATE: ("unit.terminate", running or suspended),
    }
    return [
        operation
        for operation, (verb, possible) in offered.items()
        if possible and access.may(verb, instance_unit)
    ]


def _barred(access: Access, row: UnitRow, standing: permission.Standing, node: Node) -> set[str]:
    """What separation of duty takes away from this person."""
    excluded = node.unit.excludes if node.unit else ()
    if not excluded or not standing.may_work:
        return set()
    staff = [one for one in (access.staff_id, standing.on_behalf_of) if one is not None]
    params = {"subject": row.subject, "nodes": list(excluded), "staff": staff}
    return {Operation.CLAIM, Operation.SUBMIT} if db.one(SQL["closed_by"], params) else set()


def _targets(
    access: Access, row: UnitRow, plan: blueprints.Blueprint, node: Node
) -> list[ReturnTarget]:
    work = routes.instance_work(row, plan)
    token = work.tokens[row.id]
    ancestors = run_routes.ancestors(work, token)
    nearest = run_routes.nearest(work, token)
    allowed = node.unit.return_to if node.unit else ()
    if access.may("unit.return", row.unit_id):
        allowed = (permission.ANY,)
    found: dict[str, ReturnTarget] = {}
    for earlier in ancestors:
        target = permission.return_target(
            earlier.node, nearest=nearest, ancestors=ancestors, allowed=allowed
        )
        if target is not None and target.node not in found:
            title = plan.graph.nodes[target.node].name or target.node
            found[target.node] = ReturnTarget(target.node, title)
    return list(found.values())


def _hands_over(allowed: set[str]) -> bool:
    return bool(allowed & {Operation.TRANSFER, Operation.ASSIGN})


def _colleagues(access: Access, row: UnitRow, at: datetime) -> list[org.StaffRow]:
    """Who else holds the unit's post, here or above."""
    places = permission.places_above(access, row.unit_id)
    if not row.post or not places:
        return []
    found = org.staff_holding(row.post, sorted(places), at)
    return [one for one in found if one.id != row.assignee_id]
