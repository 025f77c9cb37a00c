"""What a unit that opens is to know: what the diagram says about it, and whose it is from the start."""

import json
from datetime import datetime
from typing import Any

from bihuan.domain.org import queries as org
from bihuan.domain.processes.actions import refusals
from bihuan.domain.processes.choices import TokenState
from bihuan.domain.processes.models import permission
from bihuan.domain.processes.queries.rows import Extra, Instance
from bihuan.domain.processes.queries.statements import SQL
from bihuan.engines import expressions
from bihuan.engines.bpmn.model import Node
from bihuan.engines.bpmn.run_state import Token
from bihuan.kit import db

# Mark in `Token.local`: who gets the unit when it comes straight back.
WHO = "@who"


def unit_details(extra: Extra, node: Node, instance: Instance, values: dict[str, Any]) -> None:
    """Fill in what the diagram says about a unit that opens: its name, post, place and priority.

    `values` are what a condition at the unit may read: of one of several instances also its own item.
    """
    extra.title = node.name or node.id
    rules = node.unit
    if rules is None:
        return
    extra.post = str(expressions.resolve(rules.post, values) or "")
    extra.priority = rules.priority or instance.priority
    extra.unit_id = _place(rules.unit, instance, values)


def assign_as_drawn(
    extra: Extra, token: Token, text: str, instance: Instance, when: tuple[dict[str, Any], datetime]
) -> str:
    """Give a unit that opens to whom `bh:assignee` names; return the person's ref, "" for a post or place.

    The text yields a login name or `staff:12`, the code of a post (`post:agent`), or that of an org unit
    (`unit:east`): so a collection may hold people, posts or org units. `preferred:wish` names a
    variable that may hold a person: they get the unit when they are at work on its post there, else the post keeps it.
    """
    values, at = when
    member = str(expressions.resolve(text, values) or "").strip()
    if not member:
        return ""
    kind, _, name = member.rpartition(":")
    if kind == "preferred":
        return _give_if_at_work(extra, token, str(values.get(name) or ""), instance, at)
    if kind in {"", "unit"} and (place := _found_place(name, instance)) is not None:
        extra.unit_id = place
    elif kind in {"", "post"} and name in org.post_names():
        extra.post = name
    elif kind in {"", "staff"} and (staff_id := _found_person(name, is_id=bool(kind))) is not None:
        _hand_to_named(extra, token, staff_id, instance, at, member)
        return f"staff:{staff_id}"
    else:
        raise refusals.AssigneeUnknown(member)
    return ""


def who_holds(extra: Extra, token_id: int) -> dict[str, Any]:
    """Return what is needed to give a unit back to who has it now."""
    # What a delegate did comes back to the owner, who may delegate it again.
    lent = extra.delegation is not None
    return {
        "unit": token_id,
        "assignee": extra.owner_id if lent else extra.assignee_id,
        "owner": extra.owner_id,
        "delegate_of": None if lent else extra.delegate_of,
        "place": extra.unit_id,
        "post": extra.post,
    }


def hand_back(
    extra: Extra, token: Token, who: dict[str, Any], *, revision: int, at: datetime
) -> None:
    """Give a unit that opens again to who had it, with what they had filled in, if they still may work on it."""
    extra.unit_id, extra.post = who["place"], who["post"]
    row = db.one(SQL["kept_of"], (who["unit"],))
    extra.draft = json.loads(row[0]) if row and row[0] else None
    assignee = who["assignee"]
    if assignee is None:
        return
    access = org.access_of(assignee, at, known_revision=revision)
    place = permission.Place(extra.post, extra.unit_id, None)
    if not permission.by_post(access, place).may_work:
        return
    token.state = TokenState.CLAIMED
    extra.assignee_id, extra.owner_id = assignee, who["owner"]
    extra.delegate_of, extra.claimed_at = who["delegate_of"], at


def _hand_to_named(
    extra: Extra, token: Token, staff_id: int, instance: Instance, at: datetime, member: str
) -> None:
    access = org.access_of(staff_id, at, known_revision=instance.org_revision)
    place = permission.Place(extra.post, extra.unit_id, None)
    if not permission.by_post(access, place).may_work:
        extra.unit_id = _their_place(access, extra.post)
    if extra.unit_id is None:
        raise refusals.AssigneeNotAtWork(member)
    token.state = TokenState.CLAIMED
    extra.assignee_id = extra.owner_id = staff_id
    extra.claimed_at = at


def _give_if_at_work(extra: Extra, token: Token, ref: str, instance: Instance, at: datetime) -> str:
    staff_id = _found_person(ref.removeprefix("staff:"), is_id=True)
    if staff_id is None or _is_away(staff_id, at):
        return ""
    access = org.access_of(staff_id, at, known_revision=instance.org_revision)
    if not permission.by_post(access, permission.Place(extra.post, extra.unit_id, None)).may_work:
        return ""
    token.state = TokenState.CLAIMED
    extra.assignee_id = extra.owner_id = staff_id
    extra.claimed_at = at
    return f"staff:{staff_id}"


def _is_away(staff_id: int, at: datetime) -> bool:
    leave = org.leave_of(staff_id, at)
    return leave is not None and leave.away_from <= at < leave.away_until


def _their_place(access: org.Access, post: str) -> int | None:
    for held, unit_id in access.own_posts:
        if held == post or (not post and access.may("unit.work", unit_id)):
            return unit_id
    return None


def _found_person(name: str, *, is_id: bool) -> int | None:
    try:
        found = org.staff(int(name)) if is_id else org.staff_by_login(name)
    except (org.StaffUnknown, ValueError):
        return None
    return int(found.pk)


def _found_place(code: str, instance: Instance) -> int | None:
    found = org.tree(instance.org_revision).by_code.get(code)
    return found.id if found else None


def _place(variable: str, instance: Instance, values: dict[str, Any]) -> int:
    wanted = values.get(variable) if variable else None
    if wanted is None or wanted == "":
        return instance.unit_id
    tree = org.tree(instance.org_revision)
    found = tree.by_code.get(str(wanted))
    if found is not None:
        return found.id
    if str(wanted).isdigit() and int(str(wanted)) in tree.units:
        return int(str(wanted))
    raise refusals.PlaceUnknown
