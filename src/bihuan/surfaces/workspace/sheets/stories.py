"""What a fact tells beside its title and reason: who was told, by when, how long it took, within the limit or not."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from bihuan.surfaces.workspace import phrases
from bihuan.surfaces.workspace.sheets import words
from bihuan.surfaces.workspace.sheets.chips import ChipSheet


class Told(Protocol):
    """The parts of a fact that tell something."""

    name: str
    subject: str
    data: Any


class Knows(Protocol):
    """What is known of the people and clocks behind facts."""

    @property
    def clocks(self) -> Mapping[str, ChipSheet]:
        """Return the clocks of the case by owner."""

    def person(self, ref: str) -> str:
        """Return who a ref is."""


def story(row: Told, names: Knows) -> str:
    """Return what else a fact tells in one sentence, nothing for most."""
    tell = _STORIES.get(row.name)
    return tell(row, names) if tell else ""


def _submitted(row: Told, names: Knows) -> str:
    """How long a unit took, and whether that was within its limit."""
    chip = names.clocks.get(row.subject)
    if chip is None or chip.state != "done":
        return ""
    return f"{chip.text}，{'超过时限' if chip.late else '在时限内'}"


def _escalated(row: Told, names: Knows) -> str:
    data = row.data or {}
    why = f"时限用到 {data['used']}" if data.get("used") else ""
    if data.get("reworks"):
        why = f"客户第 {data['reworks']} 次不同意"
    people = _people(data, names)
    return "，".join(part for part in (why, f"已通知 {people}" if people else "") if part)


def _ordered(row: Told, names: Knows) -> str:
    due = (row.data or {}).get("due_at")
    return f"{phrases.moment(datetime.fromisoformat(due))} 前答复" if due else ""


def _reported(row: Told, names: Knows) -> str:
    people = _people(row.data or {}, names)
    return f"已上报 {people}" if people else ""


def _cause(row: Told, names: Knows) -> str:
    return words.cause(str((row.data or {}).get("cause", "")))


def _planned(row: Told, names: Knows) -> str:
    due = (row.data or {}).get("due_date", "")
    return f"{due} 前完成" if due else ""


def _together(row: Told, names: Knows) -> str:
    data = row.data or {}
    kept = data.get("kept") or []
    missed = f"，{len(kept)} 张没有答复：{'、'.join(map(str, kept))}" if kept else ""
    return f"答复了 {data.get('answered', 0)} 张子单{missed}"


def _updated(row: Told, names: Knows) -> str:
    """What a record says now, field by field, as the system it comes from calls the fields."""
    return "，".join(f"{name}：{value or '空'}" for name, value in (row.data or {}).items())


def _people(data: Mapping[str, Any], names: Knows) -> str:
    return "、".join(filter(None, (names.person(str(ref)) for ref in data.get("told", []))))


_STORIES: Final[Mapping[str, Callable[[Told, Knows], str]]] = {
    "case.updated": _updated,
    "unit.submitted": _submitted,
    "case.escalated": _escalated,
    "case.supervision_issued": _ordered,
    "case.supervision_returned": _ordered,
    "case.supervision_overdue": _reported,
    "case.burst_detected": _reported,
    "case.cause_coded": _cause,
    "case.capa_planned": _planned,
    "case.answered_together": _together,
}
