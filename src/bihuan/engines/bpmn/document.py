"""What reading one BPMN file yields: its processes, and everything that was not understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bihuan.engines.bpmn.model import Process


class Severity(StrEnum):
    """An ERROR keeps a definition from being published; a WARNING is only shown."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where it is, what is wrong, what to write instead (Chinese)."""

    message: str
    remedy: str = ""
    element: str = ""
    line: int = 0
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Correct BPMN that the engine cannot run. It stays in the XML and blocks publication."""

    id: str
    kind: str
    detail: str = ""
    name: str = ""
    line: int = 0

    def problem(self) -> Problem:
        """Say it to the person who drew the diagram."""
        if self.kind == "unknownVerb":
            found = f"“{self.detail}”" if self.detail else "（空）"
            message = f"自动环节{label(self.id, self.name)}绑定的动作{found}没有登记"
            remedy = "用 bh:verb 写一个已登记的动作名"
        else:
            message = f"{label(self.id, self.name)}用了不支持的元素 {self.kind}"
            remedy = "改用支持的 BPMN 元素画出同样的意思"
        return Problem(message=message, remedy=remedy, element=self.id, line=self.line)


class Unreadable(Exception):
    """The bytes are not a BPMN file that can be read at all; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        """Carry the problem; its message is the exception's text."""
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """One BPMN file. `xml` is the file as it came, so nothing is ever lost.

    `counts` counts the elements of the BPMN namespace by local name. `lines` gives the source line
    of every element id.
    """

    xml: bytes
    processes: list[Process]
    unsupported: list[Unsupported] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counts: Mapping[str, int] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    diagram: bool = False

    @property
    def publishable(self) -> bool:
        """Whether reading alone found nothing that forbids publication."""
        return not self.unsupported and not any(
            problem.severity is Severity.ERROR for problem in self.problems
        )

    def process(self, key: str) -> Process:
        """Return the process with this id; a KeyError lists the ids there are."""
        for process in self.processes:
            if process.key == key:
                return process
        there = "、".join(process.key for process in self.processes)
        raise KeyError(f"文件里没有流程 {key}，只有：{there}")


def label(id_: str, name: str) -> str:
    """Name an element the way problems do: 「派单」（dispatch）, or （dispatch） if it has no name."""
    return f"「{name}」（{id_}）" if name else f"（{id_}）"
