"""What keeps a case from being forgotten and what is learned from it, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bihuan.domain.cases.choices import CapaState, GrantState
from bihuan.domain.cases.queries import (
    CaseRow,
    ConsultationRow,
    ControlRow,
    Gathered,
    Improvement,
    StudyRow,
    UrgeRow,
)
from bihuan.domain.escalations.queries import Rung
from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.desk import Desk
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.cases import case_address
from bihuan.surfaces.workspace.sheets.pressing import OrderSheet

GRANT_STATES: Final = {str(key): str(title) for key, title in GrantState.choices}
CAPA_STATES: Final = {str(key): str(title) for key, title in CapaState.choices}
TONES: Final = {"APPROVED": "ok", "DECLINED": "over", "PASSED": "ok", "REJECTED": "over"}


@dataclass(frozen=True, slots=True)
class RungSheet:
    """One rung of the ladder: reached, next or later (DESIGN.md §4.6)."""

    title: str
    when: str
    level_name: str
    look: str
    at: datetime | None
    told: str = ""
    answer: str = ""
    repeats: int = 0
    acknowledge_address: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """How high a complaint has risen, and why."""

    name: str = ""
    tone: str = ""
    why: str = ""


NO_LEVEL: Final = Level()


@dataclass(frozen=True, slots=True)
class Loop:
    """Everything beside the process: who was told, who must answer, what belongs together, what was learned."""

    rungs: Sequence[RungSheet]
    orders: Sequence[OrderSheet]
    judged: Sequence[Mapping[str, Any]]
    urges: Sequence[Mapping[str, Any]]
    groups: Sequence[tuple[str, str, Sequence[Mapping[str, Any]]]]
    controls: Sequence[Mapping[str, Any]]
    learned: Mapping[str, Any]
    studies: Sequence[StudyRow]
    buttons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def level_of(name: str, level: int, rungs: Sequence[Rung]) -> Level:
    """Return the tag of a level: amber from 较大, red from 重大 up."""
    why = next(
        (
            f"{when(one)}，{phrases.moment(one.reached.at)} 升级"
            for one in reversed(rungs)
            if one.reached and one.reached.level == level
        ),
        "",
    )
    tone = "over" if level >= 3 else "warn" if level == 2 else "line"
    return Level(name, tone, why)


def rung_sheets(rungs: Sequence[Rung], acknowledge: Mapping[int, str]) -> list[RungSheet]:
    """Return the ladder; the first rung ahead is the next one. `acknowledge` by escalation."""
    ahead = [one.at for one in rungs if one.reached is None and one.at is not None]
    following = min(ahead) if ahead else None
    return [_rung(one, following, acknowledge) for one in rungs]


def when(one: Rung) -> str:
    """Say what makes a rung be reached."""
    if one.used:
        return f"时限用到 {one.used}"
    if one.reworks:
        return f"客户第 {one.reworks} 次不同意"
    return f"定为{words.GRADES.get(one.grade, '')}等级"


def nearest(rungs: Sequence[RungSheet]) -> list[RungSheet]:
    """Return what a side panel has room for: the rungs reached, and those that have a moment."""
    return [one for one in rungs if one.at is not None]


def _rung(one: Rung, following: datetime | None, acknowledge: Mapping[int, str]) -> RungSheet:
    row = one.reached
    if row is None:
        look = "next" if one.at is not None and one.at == following else "later"
        who = "、".join(name or "经办人" for name in one.posts)
        return RungSheet(who, when(one), one.level_name, look, one.at)
    said = f"{row.acknowledged_by} 已确认" if row.acknowledged_at else ""
    note = f"：{row.note}" if row.note else ""
    return RungSheet(
        title="",
        when=when(one),
        level_name=one.level_name,
        look="reached",
        at=row.at,
        told="、".join(name for name in row.told if name),
        answer=f"{said}{note}" if said else "",
        repeats=row.repeats,
        acknowledge_address=acknowledge.get(row.id, ""),
    )


def urge_lines(rows: Sequence[UrgeRow], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the customer's urges, newest first."""
    return [
        {
            "at": row.at,
            "channel": words.CHANNELS.get(row.channel, ""),
            "note": row.note,
            "who": names.get(row.by, "客户" if row.by.startswith("customer:") else "系统"),
        }
        for row in rows
    ]


def gathered_groups(
    found: Gathered, unlink: str
) -> list[tuple[str, str, Sequence[Mapping[str, Any]]]]:
    """Return the cases around one, by what they are to it. `unlink` asks to take a link back."""
    groups = [
        ("已并入", "git-merge", [found.survivor] if found.survivor else []),
        ("并入本单的", "git-merge", list(found.merged)),
        ("母单", "sitemap", [found.parent] if found.parent else []),
        ("子单", "sitemap", list(found.children)),
        ("关联", "link", list(found.linked)),
    ]
    return [
        (title, sign, [_beside(row, unlink if sign == "link" else "") for row in rows])
        for title, sign, rows in groups
        if rows
    ]


def _beside(row: CaseRow, unlink: str) -> dict[str, Any]:
    return {
        "number": row.number,
        "address": case_address(row.number),
        "title": row.title,
        "state": row.state_title,
        "agreed": row.state == "CLOSED",
        "unlink": f"{unlink}?other={row.number}" if unlink else "",
    }


def control_lines(rows: Sequence[ControlRow], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the controlled closures asked for, newest first."""
    return [
        {
            "reason": row.reason,
            "first": (names.get(row.signed_by, "—"), row.signed_at),
            "second": (names.get(row.countersigned_by, "—"), row.countersigned_at)
            if row.countersigned_at
            else None,
            "declined": (names.get(row.declined_by, "—"), row.declined_at, row.decline_reason)
            if row.declined_at
            else None,
        }
        for row in reversed(rows)
    ]


def learned_sheet(found: Improvement, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what was learned and made good, in words."""
    return {
        "causes": [_cause(one, names) for one in found.causes],
        "reviews": [_review(one, names) for one in found.reviews],
        "arbitrations": [_arbitration(one, names) for one in found.arbitrations],
        "grants": [_grant(one, names) for one in found.grants],
        "capa": found.capa,
        "capa_state": CAPA_STATES.get(found.capa.state, "") if found.capa else "",
    }


def _cause(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    what = words.ATTRIBUTIONS.get(one["attribution"], one["attribution"])
    who = names.get(one["by"], "系统")
    return {**one, "what": what, "cause": words.cause(one["cause"]), "who": who}


def _review(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    result = one["result"]
    who = names.get(one["by"], "系统")
    return {
        **one,
        "what": words.REVIEWS.get(result, ""),
        "tone": TONES.get(result, ""),
        "who": who,
    }


def _arbitration(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    what = words.RULINGS.get(one["ruling"], "待裁定")
    return {**one, "what": what, "who": names.get(one["asked_by"], "—")}


def _grant(one: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        **one,
        "what": words.GRANTS.get(one["kind"], ""),
        "state_title": GRANT_STATES.get(one["state"], ""),
        "tone": TONES.get(one["state"], "warn"),
        "who": names.get(one["proposed_by"], "—"),
    }


def judged_lines(
    rows: Sequence[ConsultationRow], names: Mapping[str, str], desk: Desk
) -> list[dict[str, Any]]:
    """Return what experts were asked and judged, newest first."""
    return [_judged(row, names, desk) for row in reversed(rows)]


def _judged(row: ConsultationRow, names: Mapping[str, str], desk: Desk) -> dict[str, Any]:
    late = row.answered_at is None and row.due_at is not None and desk.at > row.due_at
    state, tone = ("待答复", "warn") if not late else ("逾期未答复", "over")
    if row.withdrawn_at:
        state, tone = "已撤回", ""
    if row.answered_at:
        state, tone = "已答复", "ok"
    unit = desk.access.tree.units.get(row.responsible_unit_id or 0)
    said = (("应属 ", row.class_name), ("应由 ", unit.name if unit else ""))
    return {
        "state": state,
        "tone": tone,
        "group": row.group,
        "question": row.question,
        "who": names.get(row.asked_by, "—"),
        "at": row.asked_at,
        "due": row.due_at,
        "opinion": row.opinion,
        "judged": "；".join(f"{before}{name}" for before, name in said if name),
        "expert": names.get(row.answered_by, "—"),
        "answered_at": row.answered_at,
    }
