"""Limits, warnings and conditions as people read them (requirement FLW-10)."""

import re
from collections.abc import Mapping
from typing import Final

from bihuan.engines import worktime
from bihuan.engines.expressions import is_wrapped

_SIGNS: Final[Mapping[str, str]] = {
    "==": "为",
    "!=": "不为",
    ">=": "不小于",
    "<=": "不大于",
    ">": "大于",
    "<": "小于",
    "&&": "且",
    "||": "或",
    "and": "且",
    "or": "或",
    "not": "非",
    "!": "非",
    "in": "属于",
    "null": "空",
    "true": "是",
    "false": "否",
}
_PARTS: Final = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_]\w*|[=!<>]=|&&|\|\||[<>!]|\s+|.")
_WORKING: Final = re.compile(r"(?:(\d+)wd)?(?:(\d+)h)?(?:(\d+)m)?")
_ELAPSED: Final = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def limit(text: str, names: Mapping[str, str] | None = None) -> str:
    """Write a limit: 2 个工作日, 1 工时 30 分, 4 小时（自然时间）, 按“办理时限”."""
    if not text:
        return ""
    if is_wrapped(text):
        code = text.strip()[2:-1].strip()
        return f"按“{(names or {}).get(code, code)}”"
    try:
        read = worktime.parse_limit(text)
    except worktime.LimitUnreadable:
        return text
    return _elapsed(text) if read.elapsed else _working(text)


def _working(text: str) -> str:
    match = _WORKING.fullmatch(text.strip())
    units = ("个工作日", "工时", "分")
    return _joined(match.groups() if match else (), units) or text


def _elapsed(text: str) -> str:
    match = _ELAPSED.fullmatch(text.strip())
    units = ("周", "天", "小时", "分", "秒")
    return f"{_joined(match.groups() if match else (), units) or text}（自然时间）"


def _joined(amounts: tuple[str | None, ...], units: tuple[str, ...]) -> str:
    pairs = zip(amounts, units, strict=False)
    return " ".join(f"{amount} {unit}" for amount, unit in pairs if amount and int(amount))


def warning(text: str) -> str:
    """Write a warning: 用到 80%, 到期前 30 分."""
    return f"用到 {text}" if text.endswith("%") else f"到期前 {limit(text)}"


def condition(text: str, names: Mapping[str, str]) -> str:
    """Write a condition with the labels of its variables: “重要程度”为“重要”且…"""
    plain = text.strip()
    if is_wrapped(plain):
        plain = plain[2:-1].strip()
    return "".join(_part(part, names) for part in _PARTS.findall(plain)).strip()


def _part(part: str, names: Mapping[str, str]) -> str:
    if part in _SIGNS:
        return f" {_SIGNS[part]} "
    if part[0] in "'\"":
        return f"“{names.get(part[1:-1], part[1:-1])}”"
    return f"“{names[part]}”" if part in names else part.strip()
