"""Two versions of a process for the page that shows them side by side."""

from typing import Any

from bihuan.engines.bpmn import parse
from bihuan.engines.bpmn.compare import Difference, differences
from bihuan.engines.bpmn.document import Unreadable
from bihuan.engines.bpmn.model import Process
from bihuan.surfaces.studio import words
from bihuan.surfaces.studio.diagnosis import FileUnreadable

_HOW = {"added": "新增", "removed": "删去", "changed": "修改"}


def compared(before: str, after: str, code: str) -> list[dict[str, Any]]:
    """Return the differences between two sources, or refuse when one cannot be read."""
    return [_told(one) for one in differences(_process(before, code), _process(after, code))]


def _process(source: str, code: str) -> Process:
    try:
        found = parse.read(source.encode()).processes
    except Unreadable as wrong:
        raise FileUnreadable(wrong.problem.message) from wrong
    named = [one for one in found if one.key == code] or found
    if not named:
        raise FileUnreadable("文件里没有流程。")
    return named[0]


def _told(one: Difference) -> dict[str, Any]:
    return {
        "element": one.element,
        "title": one.title,
        "how": one.how.value,
        "word": _HOW[one.how.value],
        "details": [
            {
                "label": detail.label,
                "before": _text(detail.label, detail.before),
                "after": _text(detail.label, detail.after),
            }
            for detail in one.details
        ],
    }


def _text(label: str, text: str) -> str:
    return (words.limit(text) if label == "时限" else text) or "（空）"
