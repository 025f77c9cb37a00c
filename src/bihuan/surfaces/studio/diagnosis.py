"""What is wrong with a diagram while it is drawn, and what a file holds that the engine cannot run."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bihuan.domain.packs import queries as packs
from bihuan.domain.processes.pack_parts import ProcessPart
from bihuan.engines.bpmn import export, parse
from bihuan.engines.bpmn.document import Problem, Severity, Unreadable
from bihuan.engines.packs.problem import PackUnreadable
from bihuan.engines.packs.source import PackSource, with_file
from bihuan.kit.problems import Invalid

_ATTRIBUTE = re.compile(r"bh:(\w+)")
LABELS = {
    "post": "岗位",
    "limit": "限时",
    "warnAt": "预警",
    "excludes": "回避",
    "returnTo": "可退回到",
    "priority": "优先级",
    "verb": "动作",
    "collection": "名单变量",
    "form": "表单",
    "vote": "表决项",
    "assignee": "直接派给",
    "operators": "只许这些人办",
    "skipOnOverdue": "超期自动跳过",
}


class FileUnreadable(Invalid):
    """The file is not BPMN at all."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a diagram lies: in which pack, under which path."""

    pack_key: str
    path: str

    @property
    def code(self) -> str:
        """Return the name of the file, which is the id of its process."""
        return self.path.rpartition("/")[2].rpartition(".")[0]


def problems(place: Place, source: str) -> list[dict[str, Any]]:
    """Return what a diagram's checks find, each with the element it is about."""
    try:
        pack = with_file(packs.source_of(place.pack_key), place.path, source)
    except PackUnreadable as wrong:
        first = wrong.problems[0]
        return told([Problem(first.message, first.remedy, line=first.line)])
    return told(findings(pack, place.path))


def findings(pack: PackSource, path: str) -> list[Problem]:
    """Return the problems of one diagram of a pack."""
    file = next(file for file in pack.files if file.path == path)
    return ProcessPart().findings(file, pack)


def told(found: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems for the page, errors first, each sentence once per element."""
    rows = {
        (one.element, one.message): {
            "element": one.element,
            "message": _in_words(one.message),
            "remedy": _in_words(one.remedy),
            "line": one.line,
            "error": one.severity is Severity.ERROR,
        }
        for one in found
    }
    return sorted(rows.values(), key=lambda row: not row["error"])


def _in_words(text: str) -> str:
    """Write attributes under the names they have in the panel: bh:post is 岗位."""
    return _ATTRIBUTE.sub(lambda found: f"“{LABELS.get(found[1], found[0])}”", text)


def readable(data: bytes) -> str:
    """Return a file's XML so that the designer can open it; what is not understood stays in it."""
    try:
        written = export.write(parse.read(data))
        return (written if b"BPMNShape" in written else export.connected(written)).decode()
    except Unreadable as wrong:
        problem = wrong.problem
        raise FileUnreadable(f"{problem.message}。{problem.remedy}") from wrong


def process_codes(data: bytes) -> list[tuple[str, str]]:
    """Return the ids and names of the processes in a file."""
    try:
        return [(one.key, one.name) for one in parse.read(data).processes]
    except Unreadable as wrong:
        raise FileUnreadable(wrong.problem.message) from wrong


def title_of(source: str, code: str) -> str:
    """Return the name of the process a diagram holds, "" when it cannot be read."""
    try:
        found = parse.read(source.encode()).processes
    except Unreadable:
        return ""
    return next((one.name for one in found if one.key == code), "")
