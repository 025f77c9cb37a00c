"""Facts as people read them: what happened, who did it, in which colour (DESIGN.md §4.3)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from bihuan.kit.masking import mask_text
from bihuan.surfaces.workspace.sheets import contacts, words
from bihuan.surfaces.workspace.sheets.chips import ChipSheet
from bihuan.surfaces.workspace.sheets.stories import story


class FactRow(Protocol):
    """A row of the ledger, as `ledger.queries.facts_of` returns it."""

    name: str
    subject: str
    actor: str
    on_behalf_of: str
    at: datetime
    reason: str
    data: Any


@dataclass(frozen=True, slots=True)
class Look:
    """How facts of one name look. `title` may name values of `Names.of`."""

    title: str
    kind: str = "流转"
    sign: str = "point"
    tone: str = ""
    loud: bool = False
    says: str = "原因："


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact, ready to be drawn in the timeline and in the table."""

    at: datetime
    title: str
    who: str
    kind: str
    sign: str
    tone: str
    loud: bool
    text: str = ""
    quote: str = ""
    mark: str = ""

    @property
    def line(self) -> str:
        """Return what happened in one line."""
        rest = self.text.removeprefix(REASON) or self.quote
        return f"{self.title}：{rest}" if rest else self.title


@dataclass(frozen=True, slots=True)
class Facts:
    """Some of a case's facts, newest first, and where older ones are."""

    lines: Sequence[FactLine]
    more_address: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """The words behind the refs that facts carry."""

    staff: Mapping[int, str] = field(default_factory=dict)
    org_units: Mapping[int, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[tuple[str, datetime], str] = field(default_factory=dict)
    opening: str = ""
    sees_phones: bool = False
    clocks: Mapping[str, ChipSheet] = field(default_factory=dict)

    def shown(self, text: str) -> str:
        """Return free text as this reader may see it: people write numbers everywhere."""
        return text if self.sees_phones else mask_text(text)

    def person(self, ref: str) -> str:
        """Return who a ref is: a colleague's name, 客户, the system, or what another system calls somebody."""
        kind, _, key = ref.partition(":")
        if kind == "staff":
            return self.staff.get(int(key), "已离职人员") if key.isdigit() else ref
        return {"customer": "客户", "system": "系统"}.get(kind) or self.shown(key)

    def receiver(self, data: Mapping[str, Any]) -> str:
        """Return who or which org unit something was given to."""
        kind, _, key = str(data.get("to") or "").partition(":")
        if kind == "unit":
            return self.org_units.get(_number(key), "")
        staff = self.staff.get(_number(key if kind == "staff" else data.get("to_staff")))
        return staff or self.org_units.get(_number(data.get("to_org_unit")), "")

    def who(self, row: FactRow) -> str:
        """Return who did it, and for whom."""
        name = self.person(row.actor)
        if row.on_behalf_of and row.on_behalf_of != row.actor:
            return f"{name}（代 {self.person(row.on_behalf_of)}）"
        return name

    def of(self, row: FactRow) -> dict[str, str]:
        """Return the values a title may name."""
        data = row.data or {}
        org_unit = data.get("org_unit", data.get("to_org_unit", data.get("unit")))
        return {
            "unit": str(data.get("title") or self.units.get(row.subject, "") or "环节"),
            "org_unit": self.org_units.get(_number(org_unit), ""),
            "to": self.receiver(data),
            "to_unit": str(data.get("to_title") or data.get("to_node") or ""),
            "cls": self.classes.get(str(data.get("cls", "")), str(data.get("cls", ""))),
            "grade": words.GRADES.get(str(data.get("grade", "")), ""),
            "money": str(data.get("money", "")),
            "warn": str(data.get("warn", "")),
            "count": str(data.get("count", "")),
            "headcount": str(data.get("headcount", "")),
            "sender": self.shown(str(data.get("sender", ""))),
            "number": str(data.get("number") or data.get("parent") or data.get("child") or ""),
            "file": self.shown(str(data.get("name", ""))),
            "score": f"，满意度 {data['score']} / 5" if data.get("score") else "",
            "round": str(data.get("round", data.get("rework", ""))),
            **words.said_in(data),
        }


def _number(value: Any) -> int:
    text = str(value or "").rpartition(":")[2]
    return int(text) if text.isdigit() else 0


REASON: Final = "原因："
PLAIN: Final = Look("有新的记录", kind="其他", sign="point")
REMINDED: Final = Look("{risen}", kind="时钟", sign="bell-ringing", tone="warn", says="")
LOOKS: Final[Mapping[str, Look]] = {
    "case.opened": Look("受理", sign="phone"),
    "case.classified": Look("归类：{cls}", sign="zoom-in"),
    "case.graded": Look("定级：{grade}", sign="zoom-in"),
    "case.dispatched": Look("派单到 {org_unit}", sign="send", says="要求："),
    "case.handled": Look("记下处理情况", sign="tool"),
    "case.resolved": Look("处理完成，待回访", sign="tool"),
    "case.verified": Look("回访客户", kind="客户", sign="phone-outgoing", tone="brand"),
    "case.reworked": Look(
        "客户不同意关闭，返工", kind="返工", sign="arrow-back-up", tone="over", loud=True
    ),
    "case.closed": Look("{closing}", kind="客户", sign="checks", tone="ok"),
    "case.withdrawn": Look("客户撤回", kind="客户", sign="arrow-back", tone="brand"),
    "case.reopened": Look("重开", kind="返工", sign="rotate", tone="over", loud=True),
    "case.noted": Look("内部备注", kind="备注", sign="note"),
    "customer.phone_seen": Look("看了完整号码", kind="客户", sign="eye"),
    "contact.insisted": Look("免打扰或拒绝时仍联系", kind="客户", sign="bell-off", tone="warn"),
    "case.updated": Look("更正信息", kind="备注", sign="pencil"),
    "case.touched": Look("保存了一次", kind="备注", sign="pencil"),
    "case.urged": Look("客户第 {count} 次催办", kind="客户", sign="bell", tone="warn", says=""),
    "case.customer_added": Look("客户补充说明", kind="客户", sign="message-circle", tone="brand"),
    "case.code_sent": Look("向客户发送验证码", kind="客户", sign="message"),
    "case.customer_proven": Look("客户在网上查询", kind="客户", sign="shield-check"),
    "case.referred": Look("{sender} 转来", kind="客户", sign="building-bank", tone="brand"),
    "case.petition_noted": Look("群体诉求，{headcount} 人", kind="客户", sign="users-group"),
    "case.experts_asked": Look("请专家组研判", sign="messages", says=""),
    "case.experts_answered": Look("专家组研判", sign="message-reply", tone="brand", says=""),
    "case.experts_withdrawn": Look("撤回研判请求", sign="arrow-back"),
    "interaction.received": Look("客户来访、来电或来信", kind="客户", sign="message"),
    "case.linked": Look("关联 {number}", kind="备注", sign="link"),
    "case.unlinked": Look("取消关联 {number}", kind="备注", sign="unlink"),
    "case.merged": Look("并入 {into}", sign="git-merge", tone="warn", loud=True),
    "case.took_in": Look("并入了 {number}", sign="git-merge"),
    "case.unmerged": Look("撤销合并", sign="arrow-back", tone="warn"),
    "case.gave_back": Look("{number} 撤销合并", sign="arrow-back"),
    "case.joined": Look("并入群体事件 {number}", sign="sitemap"),
    "case.left": Look("移出群体事件 {number}", sign="arrow-back"),
    "case.answered_together": Look("统一答复子单", sign="messages"),
    "case.burst_detected": Look(
        "短时间出现 {count} 件，已上报", sign="flame", tone="over", loud=True
    ),
    "case.burst_taken": Look("接手处理集中出现的问题", sign="user-check", says=""),
    "case.control_signed": Look(
        "受控关闭第 {signature} 个签字", sign="signature", tone="warn", loud=True, says="理由："
    ),
    "case.control_declined": Look("不同意受控关闭", sign="ban"),
    "case.cause_coded": Look("归因：{attribution}", sign="tag", says=""),
    "case.result_reviewed": Look("合规审核：{result}", sign="gavel"),
    "case.arbitration_asked": Look("提请稽查裁定", sign="scale", tone="warn", says=""),
    "case.arbitrated": Look(
        "稽查裁定：{ruling}", sign="scale", tone="brand", loud=True, says="依据："
    ),
    "case.capa_planned": Look("制订纠正预防措施，由 {to} 完成", sign="tools"),
    "case.capa_done": Look("纠正预防措施已完成", sign="check"),
    "case.capa_checked": Look("验证纠正预防措施：{effective}", sign="checks", says=""),
    "case.study_written": Look("写入案例库", kind="备注", sign="book"),
    "case.study_published": Look("案例已发布", kind="备注", sign="book"),
    "case.grant_proposed": Look("提出{grant} {amount}", sign="coin", says="理由："),
    "case.grant_approved": Look("批准补偿或奖励 {amount}", sign="coin", tone="ok"),
    "case.grant_declined": Look("未批准补偿或奖励 {amount}", sign="coin-off"),
    "case.unanswered": Look("未联系上客户（第 {count} 次）", kind="客户", sign="phone-off"),
    "case.escalated": Look("{risen}", sign="stairs-up", tone="over", loud=True, says=""),
    "case.escalation_repeated": Look(
        "升级没人确认，第 {repeats} 次提醒", kind="时钟", sign="bell", says=""
    ),
    "case.escalation_acknowledged": Look("确认收到升级", sign="user-check", says=""),
    "case.level_raised": Look("级别升高", sign="stairs-up", tone="over"),
    "case.supervision_issued": Look("督办 {to}", sign="eye-check", tone="warn", loud=True, says=""),
    "case.supervision_answered": Look("答复督办", sign="message-reply", says=""),
    "case.supervision_confirmed": Look("督办销号", sign="checks", tone="ok", says=""),
    "case.supervision_returned": Look("督办答复退回 {to}", sign="arrow-back-up", tone="warn"),
    "case.supervision_withdrawn": Look("撤销督办", sign="arrow-back"),
    "case.supervision_overdue": Look("督办逾期：{to} 未答复", sign="alarm", tone="over", loud=True),
    "process.started": Look("流程开始", sign="player-play"),
    "process.suspended": Look("停表", kind="时钟", sign="player-pause", tone="pause"),
    "process.resumed": Look("走表", kind="时钟", sign="player-play"),
    "process.jumped": Look("干预：转到 {to_unit}", sign="arrows-split", tone="warn"),
    "process.terminated": Look("作废", sign="ban", tone="over", loud=True),
    "process.ended": Look("流程走完", sign="circle-check", tone="ok"),
    "process.failed": Look("流程出错，已停在这里", sign="alert-triangle", tone="over", loud=True),
    "process.escalated": Look("升级", sign="stairs-up", tone="warn"),
    "unit.opened": Look("到达{unit}", sign="arrow-right"),
    "unit.claimed": Look("取单：{unit}", sign="hand-grab"),
    "unit.released": Look("放回：{unit}", sign="arrow-back"),
    "unit.assigned": Look("{unit}指派给 {to}", sign="user-check"),
    "unit.transferred": Look("{unit}转办给 {to}", sign="arrows-transfer-up"),
    "unit.drafted": Look("暂存：{unit}", kind="备注", sign="device-floppy"),
    "unit.submitted": Look("{unit}完成", sign="send"),
    "unit.returned": Look("{unit}退回{to_unit}", sign="arrow-back-up", tone="warn"),
    "unit.withdrawn": Look("撤回{unit}", sign="arrow-back-up", tone="warn"),
    "unit.skipped": Look("{unit}超时跳过", sign="player-skip-forward", tone="warn"),
    "unit.cancelled": Look("{unit}取消", sign="ban"),
    "unit.delegated": Look("{unit}委派给 {to}", sign="user-share"),
    "unit.delegation_completed": Look("委派办好，交回 {to}", sign="user-check", tone="ok"),
    "unit.given_back": Look("委派收回：{unit}", sign="arrow-back"),
    "charge.made": Look("收费：{money}", sign="coin"),
    "charge.refunded": Look("退费：{money}", sign="coin", tone="warn"),
    "unit.copied": Look("抄送：{unit}", kind="备注", sign="mail"),
    "unit.copy_read": Look("看了抄送", kind="备注", sign="eye"),
    "unit.urged": Look("催办：{unit}", sign="bell", tone="warn"),
    "unit.extension_requested": Look("申请延期：{unit}", kind="时钟", sign="hourglass"),
    "unit.extension_withdrawn": Look("撤回延期申请", kind="时钟", sign="arrow-back"),
    "unit.extension_refused": Look("延期未批准", kind="时钟", sign="x", tone="warn"),
    "unit.extended": Look("批准延期：{unit}", kind="时钟", sign="hourglass", tone="brand"),
    "unit.timed_out": Look("{unit}到点", kind="时钟", sign="hourglass", tone="warn"),
    "attachment.added": Look("添加附件：{file}", kind="备注", sign="paperclip"),
    "clock.warned": Look(
        "预警：{unit} 用时到 {warn}", kind="时钟", sign="alert-triangle", tone="warn"
    ),
    "clock.overdue": Look("超期：{unit}", kind="时钟", sign="alarm", tone="over"),
    "timer.fired": Look("到点：{unit}", kind="时钟", sign="hourglass"),
}
# What repeats another fact of the same step, or is of no use to a reader.
QUIET: Final = frozenset(
    {
        "unit.opened",
        "unit.drafted",
        "unit.claimed",
        "process.started",
        "case.touched",
        "case.level_raised",
    }
)
FILTERS: Final[Mapping[str, tuple[str, str]]] = {
    "flow": ("流转", "流转"),
    "customer": ("客户", "客户 返工"),
    "clock": ("时钟", "时钟"),
    "note": ("备注", "备注"),
}


def lines(rows: Iterable[FactRow], names: Names, *, numbered: bool = False) -> list[FactLine]:
    """Return facts, newest first, as people read them; numbered when they are all there are."""
    told = _last_reminders(rows)
    shown = [row for row in told if row.name not in QUIET and not _is_repeated(row, names)]
    return [
        _line(row, names, f"#{len(shown) - place:02d}" if numbered else "")
        for place, row in enumerate(shown)
    ]


def _last_reminders(rows: Iterable[FactRow]) -> Iterator[FactRow]:
    """Yield facts, newest first; of an escalation said again and again only the last time, which counts them."""
    told: set[Any] = set()
    for row in rows:
        if row.name == "case.escalation_repeated":
            key = (row.data or {}).get("escalation")
            if key in told:
                continue
            told.add(key)
        yield row


def of_kind(found: Sequence[FactLine], wanted: str) -> list[FactLine]:
    """Return the facts of one of the `FILTERS`; all of them for an unknown one."""
    if wanted not in FILTERS:
        return list(found)
    kinds = FILTERS[wanted][1].split()
    return [line for line in found if line.kind in kinds]


def _line(row: FactRow, names: Names, mark: str) -> FactLine:
    look = _look(row)
    said = names.opening if row.name == "case.opened" else names.said.get((row.name, row.at), "")
    quotes = look.kind == "客户" or row.name == "case.opened"
    return FactLine(
        at=row.at,
        title=look.title.format(**names.of(row)).strip(),
        who="" if row.name == "case.escalated" else names.who(row),
        kind=look.kind,
        sign=look.sign,
        tone=look.tone,
        loud=look.loud,
        text=names.shown(_text(row, look, names) or ("" if quotes else said)),
        quote=names.shown(said) if quotes else "",
        mark=mark,
    )


def _is_repeated(row: FactRow, names: Names) -> bool:
    return contacts.is_repeated(row.name, row.at, row.data or {}, names.said)


def _look(row: FactRow) -> Look:
    contact = contacts.look_of(row.name, row.data or {})
    if contact is not None:
        says = "对方邮箱答复：" if row.name == contacts.RETURNED else ""
        return Look(contact.title, "客户", contact.sign, contact.tone, says=says)
    answer = (row.data or {}).get("answer")
    if row.name == "case.verified" and answer == "AGREED":
        return Look("客户同意关闭{score}", kind="客户", sign="checks", tone="ok")
    if row.name == "case.verified" and answer == "REFUSED":
        return Look("客户不同意关闭", kind="客户", sign="x", tone="over")
    if row.name == "case.escalated" and not (row.data or {}).get("level_name"):
        return REMINDED
    return LOOKS.get(row.name, PLAIN)


def _text(row: FactRow, look: Look, names: Names) -> str:
    """Return the reason given and what else the fact tells, in one line."""
    given = f"{look.says}{row.reason}" if row.reason else ""
    return "。".join(part for part in (given, story(row, names)) if part)
