"""The panels of a case's loop: ladder, orders, gathered cases, control, improvement, case base."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from django.urls import reverse

from bihuan.domain.cases import queries as cases
from bihuan.domain.cases.queries import CaseView, ControlRow, Improvement
from bihuan.domain.escalations import queries as escalations
from bihuan.domain.escalations.queries import Rung
from bihuan.kit import db
from bihuan.kit.masking import mask_text
from bihuan.surfaces.workspace import case_operations
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.loop import (
    NO_LEVEL,
    Level,
    Loop,
    RungSheet,
    control_lines,
    gathered_groups,
    judged_lines,
    learned_sheet,
    level_of,
    nearest,
    rung_sheets,
    urge_lines,
)
from bihuan.surfaces.workspace.sheets.masks import masked, masked_values
from bihuan.surfaces.workspace.sheets.people import names_behind
from bihuan.surfaces.workspace.sheets.pressing import order_sheet

SOLVED_SHOWN: Final = 3
NEAR: Final = 0.2
AWAITED_COUNTED: Final = 50


def loop_panel(desk: Desk, view: CaseView) -> Loop:
    """Return the whole loop of a case, with what the person may do in each part."""
    codes = cases.case_operations(desk.access, view, at=desk.at)
    buttons = {one["code"]: one for one in case_operations.offered(view.row.number, codes)}
    urges = cases.urges_of_case(view.row.id, open_=view.sees_phones)
    open_ = view.sees_phones
    controls = [masked(one, open_=open_) for one in cases.controls_of(view.row.id)]
    learned = _learned(desk, view)
    names = names_behind([*(row.by for row in urges), *_people(controls, learned)])
    unlink = case_operations.named("unlink").address(view.row.number) if "link" in buttons else ""
    orders = cases.supervision_of_case(desk.access, view.row.id)
    return Loop(
        rungs=_rungs(escalations.rungs_of(desk.access, view.ref)),
        orders=[order_sheet(one, desk.at) for one in reversed(orders)],
        judged=_judged(view, desk),
        urges=urge_lines(urges, names),
        groups=gathered_groups(cases.gathered(desk.access, view.row.id), unlink),
        controls=control_lines(controls, names),
        learned=learned_sheet(learned, names),
        studies=[masked(one) for one in cases.studies_of_case(desk.access, view.row.id)],
        buttons=buttons,
    )


def ladder_panel(desk: Desk, view: CaseView) -> dict[str, Any]:
    """Return the ladder and the open orders of a case, for its side panel."""
    orders = cases.supervision_of_case(desk.access, view.row.id)
    return {
        "rungs": nearest(_rungs(escalations.rungs_of(desk.access, view.ref))),
        "orders": [order_sheet(one, desk.at) for one in orders if one.ended_at is None],
    }


def level(desk: Desk, view: CaseView) -> Level:
    """Return how high a case has risen; nothing where no ladder names levels."""
    name = escalations.level_name(view.pack, view.row.level)
    if not name or (view.row.request_type != "COMPLAINT" and view.row.level == 1):
        return NO_LEVEL
    rungs = escalations.rungs_of(desk.access, view.ref) if view.row.level > 1 else []
    return level_of(name, view.row.level, rungs)


def tombstone(view: CaseView) -> dict[str, str]:
    """Return where a merged case goes on; empty for any other."""
    if view.row.state != "MERGED":
        return {}
    number = cases.survivor_number(view.row.number)
    return {"number": number, "address": case_address(number)}


def ask_awaited(together: db.Together, desk: Desk) -> Callable[[], list[dict[str, str]]]:
    """Ask what waits for this person's own answer: supervision orders, escalations."""
    orders = cases.ask_supervision_awaited(together, desk.access, desk.at, most=AWAITED_COUNTED)
    risen = escalations.ask_unanswered_count(together, desk.access, most=AWAITED_COUNTED)
    return lambda: _awaited(*orders(), risen())


def _awaited(orders: int, late: int, risen: int) -> list[dict[str, str]]:
    found = []
    if orders:
        said = f"{orders} 份督办待答复" + (f"，{late} 份逾期" if late else "")
        tone = "late" if late else ""
        found.append(
            {"title": said, "address": reverse("orders"), "sign": "eye-check", "tone": tone}
        )
    if risen:
        said, address = f"{risen} 件升级待确认", reverse("escalations")
        found.append({"title": said, "address": address, "sign": "stairs-up", "tone": ""})
    return found


def merge_address(desk: Desk, view: CaseView) -> str:
    """Return where merging this case is asked for; empty for who may not, and for what has ended."""
    may = desk.access.may_in_any("case.merge", view.org_unit_id, view.responsible_unit_id)
    if not may or view.row.state not in ("OPEN", "RESOLVED"):
        return ""
    return case_operations.named("merge").address(view.row.number)


def solved_before(desk: Desk, view: CaseView) -> list[dict[str, Any]]:
    """Return what similar problems were solved by (CMP-09), the nearest first."""
    found = cases.search_studies(
        f"{view.row.title} {view.description}",
        pack=view.pack,
        class_code=view.row.class_code,
        region_id=view.responsible_unit_id or view.org_unit_id,
        size=SOLVED_SHOWN,
    )
    near = [one for one in found if one.score >= NEAR and one.case_id != view.row.id]
    return [
        {
            "problem": mask_text(one.problem),
            "cause": mask_text(one.cause),
            "solution": mask_text(one.solution),
            "address": f"{reverse('studies')}?q={one.problem}",
        }
        for one in near
    ]


def _judged(view: CaseView, desk: Desk) -> list[dict[str, Any]]:
    found = [masked(one, open_=view.sees_phones) for one in cases.consultations_of(view.row.id)]
    names = names_behind([ref for one in found for ref in (one.asked_by, one.answered_by) if ref])
    return judged_lines(found, names, desk)


def _rungs(found: Sequence[Rung]) -> list[RungSheet]:
    may = {
        one.reached.id: reverse("escalation-acknowledgement", args=[one.reached.id])
        for one in found
        if one.reached is not None and one.reached.can_acknowledge
    }
    return rung_sheets(found, may)


def _learned(desk: Desk, view: CaseView) -> Improvement:
    """Return what was learned, with numbers in texts as this person may see them."""
    found = cases.improvement(desk.access, view.row.id, view.org_unit_id)
    if view.sees_phones:
        return found
    return replace(
        found,
        causes=tuple(map(masked_values, found.causes)),
        reviews=tuple(map(masked_values, found.reviews)),
        arbitrations=tuple(map(masked_values, found.arbitrations)),
        grants=tuple(map(masked_values, found.grants)),
        capa=masked(found.capa),
    )


def _people(controls: Sequence[ControlRow], learned: Improvement) -> list[str]:
    """Return the refs of everybody named in what was signed and learned."""
    found = [
        ref for one in controls for ref in (one.signed_by, one.countersigned_by, one.declined_by)
    ]
    found += [one["by"] for one in (*learned.causes, *learned.reviews)]
    found += [one["asked_by"] for one in learned.arbitrations]
    found += [one["proposed_by"] for one in learned.grants]
    if learned.capa:
        found += [learned.capa.by, learned.capa.checked_by]
    return [ref for ref in found if ref]
