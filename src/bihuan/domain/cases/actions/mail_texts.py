"""What our mails to customers say. Pure: values in, subject and text out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from bihuan.domain.interactions.events import FileRefused

_PREFIX = re.compile(
    r"^(?:\s*(?:re|fw|fwd|回复|答复|转发|回覆)\s*(?:\[\d+\])?\s*[:：]\s*|\s*\[\d{6}-\d{4,}\]\s*)+",
    re.IGNORECASE,
)
# What asks for nothing more: it does not wake a closed case.
_THANKS = re.compile(
    r"(?:您好|你好|好的?|嗯|ok|okay|(?:多谢|谢谢|感谢)(?:您们?|你们?|啦|了)?(?:的?(?:回复|答复|处理|帮助|支持))?"
    r"|非常感谢|辛苦(?:您|你们?)?了?|收到了?|已收到|知道了|明白了?|满意|很满意|非常满意|问题已?(?:经)?解决了?|已(?:经)?解决了?"
    r"|没有?(?:其他)?问题了?|祝好|此致|敬礼|[\s,，.。!！~～、;；]|thanks?|thank you)+",
    re.IGNORECASE,
)
_GREETING = re.compile(r"尊敬的|.{0,12}[您你]好")
LONGEST_THANKS = 60
FILES_LEAD = "以下附件没有收下，请处理后回复本邮件再发："


@dataclass(frozen=True, slots=True)
class About:
    """The case a mail is about."""

    number: str
    title: str
    name: str


def plain_subject(subject: str) -> str:
    """Return a subject without 回复：, Re: and our own [number]."""
    return _PREFIX.sub("", subject).strip()


def is_thanks(text: str) -> bool:
    """Tell whether a text only thanks or says "received"."""
    kept = text.strip()
    return 0 < len(kept) <= LONGEST_THANKS and _THANKS.fullmatch(kept) is not None


def subject_of(about: About, what: str = "") -> str:
    """Return our subject: the number in brackets, then what it is."""
    return f"[{about.number}] {what}{plain_subject(about.title)}"


def received(about: About, promised_at: datetime | None, refused: Sequence[FileRefused]) -> str:
    """Say that a mail became a case, and by when it is answered."""
    if promised_at is None:
        promise = "我们会尽快处理并与您联系。"
    else:
        promise = f"我们承诺在 {_moment(promised_at)} 前给您答复。"
    lines = ["您的来信已收到并受理。", "", f"工单编号：{about.number}", promise]
    return _letter(about, [*lines, *_files(refused)])


def reopened(about: About, refused: Sequence[FileRefused]) -> str:
    """Say that a closed case goes on."""
    lines = [f"您关于工单 {about.number} 的来信已收到，工单已重新办理，我们会尽快与您联系。"]
    return _letter(about, [*lines, *_files(refused)])


def files_refused(about: About, refused: Sequence[FileRefused]) -> str:
    """Say which files of a mail were not kept."""
    lines = [f"您关于工单 {about.number} 的来信已收到，正文已转经办人。"]
    return _letter(about, [*lines, *_files(refused)])


def result(about: About, reply: str) -> str:
    """Tell the result, and that nothing is closed without a consent."""
    ask = "我们会再向您核实，经您同意后才办结。如有不同意见，直接回复本邮件即可。"
    return _letter(
        about, [f"您反映的事项（工单 {about.number}）答复如下：", "", reply.strip(), "", ask]
    )


def answer(about: About, text: str) -> str:
    """Put what a handler wrote into a mail."""
    return _letter(about, [text.strip()])


def _files(refused: Sequence[FileRefused]) -> list[str]:
    if not refused:
        return []
    return ["", FILES_LEAD, *(f"  · {one.name}（{_size(one.size)}）：{one.why}" for one in refused)]


def _size(size: int) -> str:
    return f"{size / 1024**2:.1f} MB" if size >= 100_000 else f"{max(size / 1024, 0.1):.1f} KB"


def _letter(about: About, lines: Sequence[str]) -> str:
    """Return a letter: a greeting unless its writer greets, the lines, how to answer, who we are."""
    ending = ["", "直接回复本邮件可以补充情况，请保留主题中的编号。", "", settings.TENANT_NAME]
    if lines and _GREETING.match(lines[0]):
        return "\n".join([*lines, *ending])
    greeting = f"{about.name}，您好：" if about.name else "您好："
    return "\n".join([greeting, "", *lines, *ending])


def _moment(at: datetime) -> str:
    local = at.astimezone(ZoneInfo(settings.TIME_ZONE))
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
