"""A case's progress in sentences: where it stands, what was promised and kept, what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bihuan.domain.cases.queries.progress import Progress, PublicStep, Said
from bihuan.surfaces.portal import phrases

_ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "CONSENT": ("已办结", "您已同意关闭，谢谢。"),
    "WITHDRAWN": ("已撤回", "您已撤回，这件事不再办理。"),
    "CONTROLLED": ("已结束", "经两级审核结束，未经您同意的会单独登记；有不同意见请拨打服务电话。"),
    "IMPORTED": ("已结束", "这件事在原来的系统里已经结束。"),
}
_SAID: Final[Mapping[str, tuple[str, str]]] = {
    "note": ("您补充了说明", "message-circle"),
    "urge": ("您催了一次", "bell"),
    "agreed": ("您同意关闭", "circle-check"),
    "refused": ("您要求返工", "repeat"),
}


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step as a line: its word, what stands beside it, when, and how its promise went."""

    position: int
    word: str
    beside: str
    when: str
    state: str
    promise: str
    tone: str
    visits: int


@dataclass(frozen=True, slots=True)
class SaidLine:
    """Something the customer said, as a line."""

    word: str
    sign: str
    when: str
    text: str
    score: int | None


@dataclass(frozen=True, slots=True)
class ProgressSheet:
    """All that the progress page shows."""

    case: Progress
    head: str
    sentence: str
    tone: str
    promise: str
    kept: str
    kept_tone: str
    steps: Sequence[StepLine]
    said: Sequence[SaidLine]

    @property
    def total(self) -> int:
        """Return how many steps there are."""
        return len(self.steps)

    @property
    def share(self) -> int:
        """Return how much is behind, in percent."""
        return round(100 * self.case.done / self.total) if self.total else 0

    @property
    def next(self) -> str:
        """Return what comes next, in words; empty when nothing does or it is the customer's turn."""
        after = self.case.next
        if after is None or self.case.is_over or "answer" in self.case.may:
            return ""
        return after.later


def progress_sheet(progress: Progress, at: datetime) -> ProgressSheet:
    """Return the page of a case at a moment."""
    head, sentence, tone = _head(progress)
    kept, kept_tone = _kept(progress, at)
    return ProgressSheet(
        case=progress,
        head=head,
        sentence=sentence,
        tone=tone,
        promise=phrases.promised(progress.promised_at, at) if progress.promised_at else "",
        kept=kept,
        kept_tone=kept_tone,
        steps=[_step(n, one, at) for n, one in enumerate(progress.steps, 1)],
        said=[_said(one, at) for one in progress.said],
    )


def _head(progress: Progress) -> tuple[str, str, str]:
    """Return what the page says first, the sentence below it, and its colour."""
    if progress.is_over:
        head, sentence = _ENDS.get(progress.closed_as, _ENDS["IMPORTED"])
        return head, sentence, "ok" if progress.closed_as == "CONSENT" else "rest"
    if progress.state == "RESOLVED":
        return _resolved(progress)
    if progress.state == "MERGED":
        return "合并办理中", "与相同的问题一起办理，结果会一并告诉您。", ""
    now = progress.now
    head = now.doing if now else "正在办理"
    return ("重新办理：" if progress.rework_count else "") + head, "", ""


def _resolved(progress: Progress) -> tuple[str, str, str]:
    if progress.answered == "AGREED":
        return "您已同意，正在归档", "归档后这件事就办结了。", "ok"
    if "answer" in progress.may:
        return "已办好，请您确认", "您不同意，这件事就不会关闭。", "ask"
    return "已办好，等您确认", "会有没经手的同事给您打电话。", "ask"


def _kept(progress: Progress, at: datetime) -> tuple[str, str]:
    """Return whether the whole kept its promise so far, and the sentence's colour."""
    due, done = progress.promised_at, progress.resolved_at
    if due is None or (done is None and progress.is_over):
        return "", ""
    seconds = (due - (done or at)).total_seconds()
    gap, tone = phrases.length(seconds), "c-ok" if seconds >= 0 else "c-over"
    if done is None:
        return (f"还有 {gap}" if seconds >= 0 else f"已超过承诺 {gap}，正在加急办理"), tone
    word = "提前" if seconds >= 0 else "晚了"
    return f"实际 {phrases.moment(done, at)} 办好，{word} {gap}", tone


def _step(position: int, step: PublicStep, at: datetime) -> StepLine:
    promise, tone = _promise(step, at)
    return StepLine(
        position=position,
        word={"done": step.name, "now": step.doing, "later": step.later}[step.state],
        beside=step.where,
        when=_when(step, at),
        state=step.state,
        promise=promise,
        tone=tone,
        visits=step.visits,
    )


def _when(step: PublicStep, at: datetime) -> str:
    if step.state == "done":
        return phrases.moment(step.at, at)
    if step.state == "now" and step.due_at is not None:
        return f"{phrases.moment(step.due_at, at)} 前"
    return ""


def _promise(step: PublicStep, at: datetime) -> tuple[str, str]:
    """Return whether a step kept its promise (QA-14), and its colour."""
    if step.is_paused:
        return "暂停计时", ""
    if step.kept is None or not step.time:
        return "", ""
    if step.state == "now":
        late = (at - step.due_at).total_seconds() if step.due_at else 0
        return (f"已超时 {phrases.length(late)}", "c-over") if late > 0 else ("", "")
    words = phrases.plain(step.time)
    return (f"按时：{words}", "c-ok") if step.kept else (f"超时：{words}", "c-over")


def _said(one: Said, at: datetime) -> SaidLine:
    word, sign = _SAID[one.kind]
    return SaidLine(word, sign, phrases.moment(one.at, at), one.text, one.score)
