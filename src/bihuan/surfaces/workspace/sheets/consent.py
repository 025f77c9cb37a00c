"""The consent block: three looks, and who may not ask (DESIGN.md §4.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bihuan.domain.cases.queries import CaseView, Entry
from bihuan.surfaces.workspace.sheets.facts import Names


@dataclass(frozen=True, slots=True)
class Consent:
    """Where the customer's answer stands."""

    word: str
    tone: str
    share: int
    sentence: str
    rework: int
    excluded: Sequence[str]
    rounds: Sequence[Mapping[str, Any]]

    @property
    def aria(self) -> str:
        """Return the ring in words."""
        return f"客户确认：{self.word}"


def consent_sheet(view: CaseView, names: Names) -> Consent:
    """Return the consent block of a case."""
    word, tone, share, sentence = _look(view)
    handlers = dict.fromkeys(names.person(entry.by) for entry in view.handlings)
    ended = view.row.state in {"CLOSED", "CANCELLED"}
    return Consent(
        word=word,
        tone=tone,
        share=share,
        sentence=sentence,
        rework=view.row.rework_count,
        excluded=[] if ended else [name for name in handlers if name],
        rounds=[_round(entry, names) for entry in view.consents],
    )


def _look(view: CaseView) -> tuple[str, str, int, str]:
    """Return word, colour, ring and sentence for where the answer stands."""
    answer = view.consents[-1].answer if view.consents else ""
    ended = view.row.state in {"CLOSED", "CANCELLED"}
    if ended and answer != "AGREED":
        title = view.closures[-1].title if view.closures else "结束"
        return "已结束", "pause", 100, f"{title}，单独统计。"
    if answer == "AGREED":
        return (
            "同意",
            "ok",
            100 if ended else 90,
            "客户同意关闭" + ("。" if ended else "，等归档。"),
        )
    if view.row.state == "RESOLVED":
        return "待回访", "pause", 78, "处理完成，等回访客户。"
    if answer == "REFUSED":
        return "不同意", "over", 78, "没有客户同意，不能关闭。"
    return "未回访", "pause", 25, "没有客户同意，不能关闭。"


def _round(entry: Entry, names: Names) -> dict[str, Any]:
    agreed = entry.answer == "AGREED"
    return {
        "round": entry.round,
        "at": entry.at,
        "who": names.person(entry.by),
        "note": entry.text,
        "answer": entry.title,
        "tone": "c-ok" if agreed else "c-over",
        "score": entry.score,
    }
