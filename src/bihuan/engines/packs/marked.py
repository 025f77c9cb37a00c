"""YAML for people: plain values only, and every key knows its line.

Read by YAML 1.2's rules, so `no` is a word, `13:30` and `2026-03-02` are texts, and `0595` keeps its
zero. Refused: tags, anchors and aliases, the same key twice, more than `DEEPEST` levels.
"""

import re
from typing import Any

import yaml

from bihuan.engines.packs.problem import PackUnreadable, Problem

DEEPEST = 24
Path = tuple[str | int, ...]

_NULL, _BOOL, _INT, _FLOAT = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")
)
_PATTERNS = (
    (_NULL, re.compile(r"(?:~|null|)$"), ["~", "n", ""]),
    (_BOOL, re.compile(r"(?:true|false)$"), list("tf")),
    (_INT, re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789")),
    (_FLOAT, re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789")),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Refused(mark, "不支持 & 和 * 引用", "请把内容完整写出来")
        if getattr(event, "tag", None):
            raise _Refused(mark, f"不支持类型标记“{event.tag}”", "请去掉以 ! 开头的标记")
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Refused(mark, f"嵌套超过 {DEEPEST} 层", "请减少层次")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, _pattern, _first in _PATTERNS:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)


class _Refused(yaml.MarkedYAMLError):
    def __init__(self, mark: Any, message: str, remedy: str) -> None:
        super().__init__(problem=message, problem_mark=mark)
        self.remedy = remedy


def read_yaml(path: str, text: str) -> tuple[Any, dict[Path, int]]:
    """Return the values of a file and the line of every key and list item.

    Raises `PackUnreadable` naming the line when the text is not this YAML.
    """
    lines: dict[Path, int] = {}
    try:
        node = yaml.compose(text, Loader=_Loader)
        values = None if node is None else _Walk(lines).value(node, ())
    except yaml.MarkedYAMLError as error:
        raise PackUnreadable([_problem(path, error)]) from error
    except yaml.YAMLError as error:
        raise PackUnreadable(
            [Problem(path, 1, "文件里有 YAML 不允许的字符", "请删除不可见的控制字符")]
        ) from error
    return values, lines


def _problem(path: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if isinstance(error, _Refused):
        return Problem(path, line, str(error.problem), error.remedy)
    return Problem(path, line, "这一行不符合 YAML 写法", _hint(str(error.problem)))


def _hint(technical: str) -> str:
    if "\\t" in technical or "'\t'" in technical:
        return "请用空格缩进，不要用制表符"
    if "mapping values are not allowed" in technical:
        return "值里含有冒号时请用引号括起来"
    if "could not find expected ':'" in technical:
        return "请在键名后写英文冒号加一个空格"
    return "请检查缩进是否对齐、引号和括号是否成对"


class _Walk:
    """Turn composed nodes into values, noting lines."""

    def __init__(self, lines: dict[Path, int]) -> None:
        self.lines = lines

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in values:
                raise _Refused(key_node.start_mark, f"“{key}”写了两次", "请只保留一处")
            self.lines[*path, key] = key_node.start_mark.line + 1
            values[key] = self.value(value_node, (*path, key))
        return values

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _Refused(node.start_mark, "键名必须是一个词", "请检查缩进和冒号")
        return str(node.value)


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    if node.tag == _NULL:
        return None
    if node.tag == _BOOL:
        return bool(node.value == "true")
    if node.tag == _INT:
        return int(node.value) if len(node.value) < 19 else str(node.value)
    return float(node.value) if node.tag == _FLOAT else str(node.value)
