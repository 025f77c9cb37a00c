"""What a person is told about a mistake in a pack."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it is, what is wrong, and what to write instead (Chinese sentences).

    A warning is worth a look and keeps nobody from installing the pack.
    """

    file: str
    line: int
    message: str
    remedy: str
    is_warning: bool = False

    def __str__(self) -> str:
        """Return one line that an editor can jump to."""
        return f"{self.file}:{self.line}: {self.message}。{self.remedy}。"


class PackUnreadable(Exception):
    """A file could not be read at all; `problems` says why."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def suggest(word: str, known: Iterable[str]) -> str:
    """Return a remedy naming the nearest known word, else all of them."""
    words = sorted(known)
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"是否想写“{near[0]}”"
    shown = "、".join(words[:12])
    return f"请改用其中之一：{shown}" if shown else "目前没有可用的值，请先定义它"
