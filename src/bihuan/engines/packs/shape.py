"""Read one mapping of a pack file and collect everything that is wrong with it.

A part's checker asks for the keys it knows, one by one; what it did not ask for is reported as
unknown by `done()` with the nearest known word.
"""

import re
from collections.abc import Iterable
from typing import Any

from bihuan.engines.packs.marked import Path
from bihuan.engines.packs.problem import Problem, suggest
from bihuan.engines.packs.source import PackFile

_NAMES: dict[type, str] = {
    str: "文字",
    int: "整数",
    float: "数字",
    bool: "true 或 false",
    list: "列表",
    dict: "键值",
}


class Shape:
    """One mapping under inspection; children share the list of problems."""

    def __init__(
        self, file: PackFile, path: Path = (), problems: list[Problem] | None = None
    ) -> None:
        self.file, self.path = file, path
        self.problems: list[Problem] = [] if problems is None else problems
        value = _at(file.data, path)
        self._asked: set[str] = set()
        self._data: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.report((), "这里应是“键: 值”的写法", "请按 键: 值 逐行书写")

    def report(self, path: Path, message: str, remedy: str) -> None:
        """Add a problem at a key of this mapping."""
        self.problems.append(self.file.problem((*self.path, *path), message, remedy))

    def has(self, key: str) -> bool:
        """Say whether a key is written, without asking for it."""
        return self._data.get(key) is not None

    def keys(self) -> list[str]:
        """Return the keys in file order and treat them all as known."""
        self._asked.update(self._data)
        return list(self._data)

    def text(
        self, key: str, default: str | None = None, *, like: str = "", example: str = ""
    ) -> str:
        """Return a text; without a default it must be there. `like` is a pattern for all of it."""
        value = self._value(key, (str, int, float), default, example)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            return default or ""
        if like and self.has(key) and not re.fullmatch(like, str(value)):
            remedy = f"请写成例如“{example}”" if example else f"请符合 {like}"
            self.report((key,), f"“{key}”的值“{value}”写法不对", remedy)
        return str(value)

    def word(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """Return a text that must be one of the known words."""
        words = list(known)
        value = self.text(key, default, example=words[0] if words else "")
        if value and value not in words and self.has(key):
            self.report((key,), f"“{key}”不能是“{value}”", suggest(value, words))
        return value

    def number(
        self, key: str, default: int | None = None, *, least: int = 0, most: int = 10**9
    ) -> int:
        """Return a whole number between two bounds; without a default it must be there."""
        value = self._value(key, (int,), default, str(least))
        if isinstance(value, bool) or not isinstance(value, int):
            return default or least
        if not least <= value <= most:
            self.report(
                (key,), f"“{key}”是 {value}，超出范围", f"请写 {least} 到 {most} 之间的整数"
            )
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return true or false."""
        return bool(self._value(key, (bool,), default, "true"))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts; without a default it must be there."""
        value = self._value(key, (list,), default, "[甲, 乙]")
        items = value if isinstance(value, (list, tuple)) else ()
        for index, item in enumerate(items):
            if not isinstance(item, (str, int)) or isinstance(item, bool):
                self.report((key, index), "列表里的每一项都应是文字", "请用引号括起来或删去")
        return tuple(str(item) for item in items)

    def child(self, key: str, *, required: bool = True) -> "Shape | None":
        """Return the mapping under a key."""
        value = self._value(key, (dict,), None if required else {}, "")
        return (
            Shape(self.file, (*self.path, key), self.problems) if value and self.has(key) else None
        )

    def children(self, key: str, *, required: bool = True) -> list["Shape"]:
        """Return the mappings listed under a key."""
        value = self._value(key, (list,), None if required else [], "")
        count = len(value) if isinstance(value, list) else 0
        return [Shape(self.file, (*self.path, key, n), self.problems) for n in range(count)]

    def anything(self, key: str) -> Any:
        """Return whatever stands under a key, unchecked."""
        self._asked.add(key)
        return self._data.get(key)

    def done(self) -> list[Problem]:
        """Report keys nobody asked for, and return all problems found so far."""
        for key in self._data:
            if key not in self._asked:
                self.report((key,), f"不认识“{key}”", suggest(key, self._asked))
        return self.problems

    def _value(self, key: str, kinds: tuple[type, ...], default: object, example: str) -> object:
        self._asked.add(key)
        value = self._data.get(key)
        if value is None:
            if default is None:
                remedy = f"请补上 {key}: {example}" if example else f"请补上 {key}"
                self.report((), f"缺少“{key}”", remedy)
            return default
        wrong_bool = isinstance(value, bool) and bool not in kinds
        if wrong_bool or not isinstance(value, kinds):
            self.report((key,), f"“{key}”应是{_NAMES[kinds[0]]}", f"请改成{_NAMES[kinds[0]]}")
            return default
        return value


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data
