"""What is new in a mail, and what it repeats of older ones, as Chinese clients write it."""

import re
from typing import Final

_MARK: Final = re.compile(
    r"^[\s>*]*[-—_－]{2,}\s*(?:原始邮件|邮件原件|原邮件|回复的?原邮件|Original(?:\s+Message)?|原始郵件)"
    r"\s*[-—_－]{2,}[\s*]*$",
    re.IGNORECASE,
)
# 在 2026年3月2日 星期一 10:00，张三 <a@b.cn> 写道： — on one line or two (iPhone, 163, Gmail, Thunderbird).
_WROTE: Final = re.compile(
    r"^[\s>]*(?:(?:在|于)\s*\d{4}\s*[年/.-].{0,300}?(?:写道|寫道|编写)\s*[:：]"
    r"|\d{4}\s*[年/.-].{4,250}?(?:写道|寫道)\s*[:：]"
    r"|.{0,120}?(?:于|在)\s*\d{4}\s*[年/.-].{0,160}?(?:写道|寫道)\s*[:：]"
    r"|On\s.{6,300}?\swrote:)[\s>]*$",
    re.IGNORECASE | re.DOTALL,
)
_SENDER: Final = re.compile(r"^[\s>*]*(?:发件人|寄件者|寄件人|From)\*?\s*[:：]", re.IGNORECASE)
_OTHERS: Final = re.compile(
    r"^[\s>*]*(?:发送时间|发送日期|日期|时间|收件人|主题|抄送|Date|Sent|To|Subject|Cc)\*?\s*[:：]",
    re.IGNORECASE,
)
_FORWARD: Final = re.compile(
    r"^[\s>*]*[-—_－]*\s*(?:转发的?邮件(?:信息)?|转发邮件信息|Forwarded\s+message|以下为转发|被转发的邮件)",
    re.IGNORECASE,
)
_DEVICE: Final = re.compile(
    r"^\s*(?:发自|来自|發自|Sent from|从)\s*(?:我的\s*)?.{0,30}?"
    r"(?:iPhone|iPad|手机|手機|邮箱|邮箱大师|郵箱|Outlook|Mail|Foxmail|Windows|安卓|Android|HUAWEI|小米|OPPO|vivo|荣耀|华为"
    r"|邮件发送|客户端).{0,20}$",
    re.IGNORECASE,
)
_LOOKS_AHEAD: Final = 6
_RULE: Final = re.compile(r"^\s*[_＿]{10,}\s*$")


def split(text: str) -> tuple[str, str]:
    """Return what is new and what is quoted. Who writes below or inside the quotation is given whole.

    A forwarded mail is not quoted: it is what its sender wants to show.
    """
    lines = text.split("\n")
    cut = next((n for n in range(len(lines)) if _begins_here(lines, n)), len(lines))
    new, old = lines[:cut], lines[cut:]
    while new and (new[-1].startswith(">") or not new[-1].strip()):
        old.insert(0, new.pop())
    kept = _without_devices(new).strip()
    if not kept and _is_answered_inside(old):
        return _without_devices(lines).strip(), ""
    return kept, "\n".join(old).strip()


def _begins_here(lines: list[str], n: int) -> bool:
    line = lines[n]
    if not line.strip() or _after_forward(lines, n):
        return False
    if _MARK.match(line):
        return True
    two = f"{line} {lines[n + 1].strip()}" if n + 1 < len(lines) else line
    if _WROTE.match(line) or _wrote_over_two(line, two):
        return True
    return _is_head(lines, n)


def _wrote_over_two(line: str, two: str) -> bool:
    starts = re.match(r"^[\s>]*(?:(?:在|于)\s*\d{4}|\d{4}\s*[年/.-]|On\s)", line, re.IGNORECASE)
    return starts is not None and _WROTE.match(two) is not None


def _is_head(lines: list[str], n: int) -> bool:
    """Tell whether a block 发件人 / 发送时间 / 收件人 / 主题 begins here (Outlook, Foxmail)."""
    first = n + 1 if _RULE.match(lines[n]) and n + 1 < len(lines) else n
    if not _SENDER.match(lines[first]):
        return False
    ahead = lines[first + 1 : first + 1 + _LOOKS_AHEAD]
    return sum(_OTHERS.match(line) is not None for line in ahead) >= 2


def _after_forward(lines: list[str], n: int) -> bool:
    """Tell whether the head that begins here is that of a forwarded mail."""
    before = [line for line in lines[max(0, n - 2) : n + 1] if line.strip()]
    return any(_FORWARD.match(line) for line in before)


def _without_devices(lines: list[str]) -> str:
    return "\n".join(line for line in lines if not _DEVICE.match(line))


def _is_answered_inside(old: list[str]) -> bool:
    """Tell whether the sender wrote below or inside the quotation."""
    plain = [line for line in old if line.strip()]
    marked = [line for line in plain if line.lstrip().startswith(">")]
    return bool(marked) and len(marked) < len(plain) - 1
